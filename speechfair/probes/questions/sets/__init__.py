"""Loaders of question sets, one file for each set; each is a function that gives a `QuestionSet`."""

"""Debiasing: fine-tune a speech recogniser under a method, and prove what it changed for whom.

Our code here is the choice of rows, the objective, the augmentation and the proof; the training loop is
transformers' `Trainer`. A method is one file in ``methods``, found through the entry-point group
``speechfair.debias``. Nothing heavy is imported before it is needed.
"""

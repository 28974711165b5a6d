"""The one place that ties corpus, model and metric together: a recipe, its run folder, its result.

(The verbs `audit`, `score`, … are functions of the package `speechfair`; a room therefore never bears a
verb's name.)
"""

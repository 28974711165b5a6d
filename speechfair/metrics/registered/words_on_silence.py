"""Words that a model writes where nobody speaks."""

import polars as pl

from speechfair.metrics.metric import Metric

METRIC = Metric(
    name="words_on_silence",
    title="utterances of silence with words",
    short="invented",
    event="texts for silence",
    trial="utterances without words",
    events=pl.col("hypothesis") != "",
    trials=pl.lit(1),
    kind="proportion",
    rare=True,
    rows="empty_reference",
    about="Of the utterances with an empty reference, those for which the model writes something. No error rate "
    "counts these utterances.",
)
"""The metric."""

"""Word error rate, also where the run was scored by characters."""

import polars as pl

from speechfair.metrics.metric import Metric

METRIC = Metric(
    name="word_error_rate",
    title="word error rate",
    short="WER",
    event="word errors",
    trial="words",
    events=pl.col("errors"),
    trials=pl.col("reference_length"),
    tokens="words",
    about="Substituted, deleted and inserted words per reference word. A failure counts as all words deleted.",
)
"""The metric."""

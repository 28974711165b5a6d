"""Sentence error rate: the share of utterances with an error."""

import polars as pl

from speechfair.metrics.metric import Metric

METRIC = Metric(
    name="sentence_error_rate",
    title="sentence error rate",
    short="SER",
    event="utterances with an error",
    trial="utterances",
    events=pl.col("errors") > 0,
    trials=pl.lit(1),
    kind="proportion",
    about="Utterances with one error or more. It depends on how long utterances are: compare groups that read the "
    "same texts.",
)
"""The metric."""

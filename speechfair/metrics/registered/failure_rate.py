"""Failure rate: the share of utterances that gave no hypothesis."""

import polars as pl

from speechfair.metrics.metric import Metric

METRIC = Metric(
    name="failure_rate",
    title="failure rate",
    short="failed",
    event="failures",
    trial="utterances",
    events=pl.col("failed"),
    trials=pl.lit(1),
    kind="proportion",
    rare=True,
    about="Utterances for which the model returned no text, whatever the reason.",
)
"""The metric."""

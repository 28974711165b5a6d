"""Runaway rate: the share of utterances with more insertions than reference tokens."""

import polars as pl

from speechfair.metrics.metric import Metric

METRIC = Metric(
    name="runaway_rate",
    title="runaway rate",
    short="runaway",
    event="runaways",
    trial="utterances",
    events=pl.col("runaway"),
    trials=pl.lit(1),
    kind="proportion",
    rare=True,
    about="Utterances whose hypothesis has more insertions than the reference has tokens: loops and invented text.",
)
"""The metric."""

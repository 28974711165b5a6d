"""Runaway share: how many of the errors are made by runaway hypotheses."""

import polars as pl

from speechfair.metrics.metric import Metric

_ERRORS = pl.col("substitutions") + pl.col("deletions") + pl.col("insertions")

METRIC = Metric(
    name="runaway_share",
    title="share of the errors in runaways",
    short="in runaways",
    event="errors in runaways",
    trial="errors",
    events=_ERRORS * pl.col("runaway").cast(pl.Int64),
    trials=_ERRORS,
    kind="proportion",
    unseen="no runaway was seen; how many errors one would make is not known: use runaway_rate",
    about="Of all errors, those in hypotheses with more insertions than the reference has tokens.",
)
"""The metric."""

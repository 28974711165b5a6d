"""Real-time factor: seconds of compute per second of audio."""

import polars as pl

from speechfair.metrics.metric import Metric

_MEASURED = pl.when((pl.col("seconds") > 0) & (pl.col("duration_s") > 0))

METRIC = Metric(
    name="real_time_factor",
    title="real-time factor",
    short="RTF",
    event="seconds of compute",
    trial="seconds of audio with a measured time",
    events=_MEASURED.then(pl.col("seconds")),
    trials=_MEASURED.then(pl.col("duration_s")),
    kind="amount",
    unit="×",
    about="Seconds of compute per second of audio; below 1 the model is faster than speech.",
)
"""The metric."""

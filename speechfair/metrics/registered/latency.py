"""Latency: seconds of compute per utterance."""

import polars as pl

from speechfair.metrics.metric import Metric

_MEASURED = pl.when(pl.col("seconds") > 0)

METRIC = Metric(
    name="latency",
    title="compute time per utterance",
    short="latency",
    event="seconds",
    trial="utterances with a measured time",
    events=_MEASURED.then(pl.col("seconds")),
    trials=_MEASURED.then(1),
    kind="amount",
    unit="s",
    about="Seconds of compute per utterance; a batch's time is shared out by audio length. Imported transcripts have "
    "no times.",
)
"""The metric."""

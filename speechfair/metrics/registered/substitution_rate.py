"""The rate of substitutions alone."""

import polars as pl

from speechfair.metrics.metric import Metric

METRIC = Metric(
    name="substitution_rate",
    title="substitution rate",
    short="sub.",
    event="substituted tokens",
    trial="tokens",
    events=pl.col("substitutions"),
    trials=pl.col("reference_length"),
    kind="proportion",
    about="Reference tokens for which the hypothesis has another one.",
)
"""The metric."""

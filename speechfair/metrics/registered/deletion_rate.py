"""The rate of deletions alone."""

import polars as pl

from speechfair.metrics.metric import Metric

METRIC = Metric(
    name="deletion_rate",
    title="deletion rate",
    short="del.",
    event="deleted tokens",
    trial="tokens",
    events=pl.col("deletions"),
    trials=pl.col("reference_length"),
    kind="proportion",
    about="Reference tokens that the hypothesis leaves out. A failure counts as all tokens deleted.",
)
"""The metric."""

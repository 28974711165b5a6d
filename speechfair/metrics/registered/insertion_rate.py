"""The rate of insertions alone."""

import polars as pl

from speechfair.metrics.metric import Metric

METRIC = Metric(
    name="insertion_rate",
    title="insertion rate",
    short="ins.",
    event="inserted tokens",
    trial="tokens",
    events=pl.col("insertions"),
    trials=pl.col("reference_length"),
    kind="count",
    about="Tokens of the hypothesis that the reference does not have, per reference token. "
    "A rate far above that of other groups is the mark of invented text.",
)
"""The metric."""

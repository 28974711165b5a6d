"""Character error rate, also where the run was scored by words."""

import polars as pl

from speechfair.metrics.metric import Metric

METRIC = Metric(
    name="character_error_rate",
    title="character error rate",
    short="CER",
    event="character errors",
    trial="characters",
    events=pl.col("errors"),
    trials=pl.col("reference_length"),
    tokens="characters",
    about="Substituted, deleted and inserted characters per reference character, without the spaces. A failure "
    "counts as all characters deleted.",
)
"""The metric."""

"""Number error rate: numbers of the reference that the hypothesis does not have."""

import re
from collections import Counter

import polars as pl

from speechfair.metrics.metric import Metric

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def _missed(texts: pl.Series) -> pl.Series:
    """Numbers of each reference that are not in the hypothesis, each as often as it is said; null without numbers."""
    missed: list[int | None] = []
    for reference, hypothesis in texts.struct.unnest().iter_rows():
        said = Counter(_NUMBER.findall(reference or ""))
        left = said - Counter(_NUMBER.findall(hypothesis or ""))
        missed.append(left.total() if said else None)
    return pl.Series(missed, dtype=pl.Int64)


METRIC = Metric(
    name="number_error_rate",
    title="number error rate",
    short="numbers",
    event="missed numbers",
    trial="numbers",
    events=pl.struct("reference", "hypothesis").map_batches(_missed, return_dtype=pl.Int64),
    trials=pl.col("reference").str.count_matches(_NUMBER.pattern),
    kind="proportion",
    about="Numbers in digits in the normalised reference that the hypothesis lacks, wherever they stand. Number words "
    "count only where the normaliser writes them in digits, as english does.",
)
"""The metric."""

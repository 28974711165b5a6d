"""How strongly a covariate is associated with a grouping of the speakers: 0 not at all, 1 completely.

Categories: Cramér's V with the bias correction of Bergsma (Journal of the Korean Statistical Society 42, 2013).
Numbers: the square root of epsilon squared, the correlation ratio freed of its upward bias (Kelley, PNAS 21, 1935).
The unit is the speaker throughout. Intervals (95 %) invert the noncentral distributions of the test statistics
(Steiger, Psychological Methods 9, 2004). For the upper limit, a statistic below its median without association counts
as that median: otherwise the limit shrinks to 0 where groups agree better than chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Association", "associations", "correlation_ratio", "cramers_v"]


@dataclass(frozen=True, slots=True)
class Association:
    """A point figure and its 95 % interval, all from 0 to 1."""

    value: float
    low: float
    high: float


def cramers_v(one: Sequence[str], other: Sequence[str]) -> Association | None:
    """Bias-corrected Cramér's V of two labellings; None where either has a single value.

    The interval is that of the noncentrality of chi squared, divided by n and the smaller number of values less one.

    >>> cramers_v(["a", "a", "b", "b"] * 10, ["x", "x", "y", "y"] * 10).value
    1.0
    """
    import numpy as np
    from scipy.stats import chi2, ncx2

    rows, columns = sorted(set(one)), sorted(set(other))
    n = len(one)
    if len(rows) < 2 or len(columns) < 2 or n < 3:
        return None
    table = np.zeros((len(rows), len(columns)))
    for a, b in zip(one, other, strict=True):
        table[rows.index(a), columns.index(b)] += 1
    expected = np.outer(table.sum(1), table.sum(0)) / n
    squared = float(((table - expected) ** 2 / expected).sum())
    r, k = table.shape
    free = (r - 1) * (k - 1)
    phi = max(0.0, squared / n - free / (n - 1))
    r_corrected, k_corrected = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    value = math.sqrt(phi / max(min(r_corrected, k_corrected) - 1, 1e-12))
    at_least = max(squared, float(chi2.median(free)))

    def limit(x: float, chance: float) -> float:
        return math.sqrt(
            _noncentrality(lambda nc: float(ncx2.cdf(x, free, nc)), chance) / n / (min(r, k) - 1)
        )

    low, high = limit(squared, 0.975), limit(at_least, 0.025)
    return _ordered(round(value, 12), low, high)


def correlation_ratio(groups: Sequence[str], values: Sequence[float]) -> Association | None:
    """Square root of epsilon squared; None with one group, too few values, or values that never differ.

    The interval is that of the noncentrality of F, as a share of itself and the number of values.

    >>> correlation_ratio(["a", "a", "b", "b"], [1.0, 1.0, 2.0, 2.0]).value
    1.0
    """
    import numpy as np
    from scipy.stats import f, ncf

    numbers = np.asarray(values, dtype=float)
    names = sorted(set(groups))
    n, k = len(numbers), len(names)
    total = float(((numbers - numbers.mean()) ** 2).sum()) if n else 0.0
    if k < 2 or n <= k or not total:
        return None
    member = np.asarray([names.index(group) for group in groups])
    within = sum(float(((numbers[member == i] - numbers[member == i].mean()) ** 2).sum()) for i in range(k))
    value = math.sqrt(min(1.0, max(0.0, 1 - (within / (n - k)) / (total / (n - 1)))))
    if within <= 1e-12 * total:
        return Association(value, value, 1.0)
    ratio = ((total - within) / (k - 1)) / (within / (n - k))
    at_least = max(ratio, float(f.median(k - 1, n - k)))

    def limit(x: float, chance: float) -> float:
        noncentrality = _noncentrality(lambda nc: float(ncf.cdf(x, k - 1, n - k, nc)), chance)
        return math.sqrt(noncentrality / (noncentrality + n))

    low, high = limit(ratio, 0.975), limit(at_least, 0.025)
    return _ordered(value, low, high)


def _noncentrality(distribution: Callable[[float], float], chance: float) -> float:
    """The noncentrality at which a statistic as small as the observed one has this chance; 0 if there is none."""
    from scipy.optimize import brentq

    if distribution(0.0) <= chance:
        return 0.0
    most = 1.0
    while distribution(most) > chance and most < 1e9:
        most *= 4
    return float(brentq(lambda nc: distribution(nc) - chance, 0.0, most))


def _ordered(value: float, low: float, high: float) -> Association:
    value = min(1.0, value)
    return Association(value, min(low, value), min(1.0, max(high, value)))


def associations(manifest: pl.DataFrame, axis: str) -> dict[str, Association]:
    """The association of every covariate in a manifest with a label axis, speakers as units, largest first.

    Covariates are the other label axes, the sample rate, and per speaker the mean duration (seconds), words per
    utterance and words per second. One that never varies is left out: it cannot confound.
    """
    import polars as pl

    from speechfair.running.scoring import add_axis, axes_of

    table = manifest.filter(pl.col("speaker").is_not_null() & pl.col("text").is_not_null())
    if table.is_empty():
        return {}
    words = pl.col("text").str.split(" ").list.len().cast(pl.Float64)
    table = table.with_columns(
        words.alias("words per utterance"), (words / pl.col("duration_s")).alias("words per second")
    ).rename({"duration_s": "duration"})
    own = _per_speaker(add_axis(table, axis).rename({"group": "own"}), "own")
    found: dict[str, Association | None] = {}
    for other in [name for name in axes_of(table) if name not in axis.split("+")]:
        theirs = _per_speaker(add_axis(table, other).rename({"group": "theirs"}), "theirs")
        both = own.join(theirs, on="speaker")
        found[other] = cramers_v(both["own"].to_list(), both["theirs"].to_list())
    rates = own.join(
        _per_speaker(table.with_columns(pl.col("sample_rate").cast(pl.String)), "sample_rate"), on="speaker"
    )
    found["sample rate"] = cramers_v(rates["own"].to_list(), rates["sample_rate"].to_list())
    for name in ("duration", "words per utterance", "words per second"):
        means = own.join(table.group_by("speaker").agg(pl.col(name).mean()), on="speaker").drop_nulls(name)
        found[name] = correlation_ratio(means["own"].to_list(), means[name].to_list())
    known = {name: value for name, value in found.items() if value is not None}
    return dict(sorted(known.items(), key=lambda pair: (-pair[1].value, pair[0])))


def _per_speaker(table: pl.DataFrame, column: str) -> pl.DataFrame:
    """A speaker's most frequent value, the first in the alphabet of equally frequent ones."""
    import polars as pl

    return (
        table.group_by("speaker", column)
        .len()
        .sort(["speaker", "len", column], descending=[False, True, False])
        .group_by("speaker", maintain_order=True)
        .agg(pl.col(column).first())
        .with_columns(pl.col(column).fill_null("unknown"))
    )

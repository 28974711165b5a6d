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

__all__ = ["Association", "NotComputable", "association_of", "associations", "correlation_ratio"]


@dataclass(frozen=True, slots=True)
class Association:
    """A point figure and its 95 % interval, all from 0 to 1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class NotComputable:
    """No figure: these are too few speakers or too few groups. It does not mean that there is no association."""

    speakers: int
    groups: int


def association_of(one: Sequence[str], other: Sequence[str]) -> Association | NotComputable | None:
    """Bias-corrected Cramér's V of a grouping and a covariate; None where the covariate never varies.

    `NotComputable` for fewer than two groups, and for too few speakers to correct the bias.

    The interval is that of the noncentrality of chi squared, divided by n and the smaller number of values less one.

    >>> association_of(["a", "a", "b", "b"] * 10, ["x", "x", "y", "y"] * 10).value
    1.0
    """
    import numpy as np
    from scipy.stats import chi2, ncx2

    from speechfair.metrics.contingency import chi_squared, cramers_v

    rows, columns = sorted(set(one)), sorted(set(other))
    n = len(one)
    if len(rows) < 2 or n < 3:
        return NotComputable(n, len(rows))
    if len(columns) < 2:
        return None
    table = np.zeros((len(rows), len(columns)))
    for a, b in zip(one, other, strict=True):
        table[rows.index(a), columns.index(b)] += 1
    value = cramers_v(table)
    if value is None:
        return NotComputable(n, len(rows))
    squared = chi_squared(table)
    r, k = table.shape
    free = (r - 1) * (k - 1)
    at_least = max(squared, float(chi2.median(free)))

    def limit(x: float, chance: float) -> float:
        return math.sqrt(
            _noncentrality(lambda nc: float(ncx2.cdf(x, free, nc)), chance) / n / (min(r, k) - 1)
        )

    low, high = limit(squared, 0.975), limit(at_least, 0.025)
    return _ordered(round(value, 12), low, high)


def correlation_ratio(groups: Sequence[str], values: Sequence[float]) -> Association | NotComputable | None:
    """Square root of epsilon squared; None where the values never differ.

    The interval is that of the noncentrality of F, as a share of itself and the number of values.

    >>> correlation_ratio(["a", "a", "b", "b"], [1.0, 1.0, 2.0, 2.0]).value
    1.0
    """
    import numpy as np
    from scipy.stats import f, ncf

    numbers = np.asarray(values, dtype=float)
    names = sorted(set(groups))
    n, k = len(numbers), len(names)
    if k < 2 or n <= k:
        return NotComputable(n, k)
    total = float(((numbers - numbers.mean()) ** 2).sum())
    if not total:
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


def associations(manifest: pl.DataFrame, axis: str) -> dict[str, Association | NotComputable]:
    """The association of every covariate in a manifest with a label axis, speakers as units, largest first.

    Covariates are the other label axes, the sample rate, and per speaker the mean duration (seconds), words per
    utterance and words per second; characters instead of words in languages that do not space words. A covariate that
    never varies is left out: it cannot confound. Those that cannot be computed come last.
    """
    import polars as pl

    from speechfair.running.scoring import add_axis, axes_of

    table = manifest.filter(pl.col("speaker").is_not_null() & pl.col("text").is_not_null())
    table, lengths = _with_lengths(table)
    own = _per_speaker(add_axis(table, axis).rename({"group": "own"}), "own")
    found: dict[str, Association | NotComputable | None] = {}
    for other in [name for name in axes_of(table) if name not in axis.split("+")]:
        theirs = _per_speaker(add_axis(table, other).rename({"group": "theirs"}), "theirs")
        both = own.join(theirs, on="speaker")
        found[other] = association_of(both["own"].to_list(), both["theirs"].to_list())
    rates = own.join(
        _per_speaker(table.with_columns(pl.col("sample_rate").cast(pl.String)), "sample_rate"), on="speaker"
    )
    found["sample rate"] = association_of(rates["own"].to_list(), rates["sample_rate"].to_list())
    for name in ("duration", *lengths):
        means = own.join(table.group_by("speaker").agg(pl.col(name).mean()), on="speaker").drop_nulls(name)
        found[name] = correlation_ratio(means["own"].to_list(), means[name].to_list())
    varying = {name: one for name, one in found.items() if one is not None}
    return dict(sorted(varying.items(), key=lambda pair: (-getattr(pair[1], "value", -1.0), pair[0])))


def _with_lengths(table: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The table with the length of each text in the unit of its language and per second; and the new columns."""
    import polars as pl

    from speechfair.text.language_tags import mostly_without_spaces
    from speechfair.text.normalizers import default_tokens

    languages = pl.col("language").fill_null("und")
    units = {
        language: "characters" if mostly_without_spaces(rows["text"]) else default_tokens(language)
        for (language,), rows in table.group_by(languages.alias("language"))
    } or {"und": "words"}
    columns = []
    seconds = pl.when(pl.col("duration_s") > 0).then(pl.col("duration_s"))
    for unit, pattern in (("words", r"\S+"), ("characters", r"\S")):
        named = [language for language, its in units.items() if its == unit]
        if named:
            length = pl.when(languages.is_in(named)).then(pl.col("text").str.count_matches(pattern))
            table = table.with_columns(
                length.cast(pl.Float64).alias(f"{unit} per utterance"),
                (length / seconds).alias(f"{unit} per second"),
            )
            columns += [f"{unit} per utterance", f"{unit} per second"]
    return table.rename({"duration_s": "duration"}), columns


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

"""Did the worst group get better, when nobody knows for sure which group is the worst?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speechfair.metrics.pairing import Pair
    from speechfair.types import Estimate

__all__ = ["worst_change"]

METHOD = "extremes-of-group-changes-bonferroni"


def worst_change(groups: Mapping[str, Pair], level: float) -> Estimate:
    """Change of the worst group's rate, whichever group that is before and after.

    Notes
    -----
    It is ``after[a] - before[b]`` for the group a that is worst after and the group b that is worst before, and
    lies between the changes of b and of a. Which those are is not known for sure: a tenth of the error is spent on
    ruling out groups that are surely not (one-sided Welch tests, Bonferroni); all others are candidates. Paired
    intervals of each group's change and Welch intervals of ``after[a] - before[b]`` hold together at the rest of
    the error (Bonferroni), and the bounds are the widest that any candidates allow. Wide where groups are close,
    never too narrow there.
    """
    from speechfair.metrics.paired import paired_difference
    from speechfair.metrics.pairing import join

    pairs, error = list(groups.values()), 1 - level
    every = join(pairs)
    for name, pair in groups.items():
        if pair.no_rate:
            return every.estimate(level, None, None, METHOD, f"{name}: {pair.no_rate}")
    value = max(pair.rates[1] for pair in pairs) - max(pair.rates[0] for pair in pairs)
    share = 0.9 * error / len(pairs) ** 2
    before, after = (_could_be_worst(groups, side, error / 20) for side in (0, 1))
    limits: dict[str, tuple[float, float]] = {}
    for name in sorted(before | after):
        change = paired_difference(groups[name], 1 - share)
        if change.low is None or change.high is None:
            return every.estimate(level, value, None, "none", f"{name}: {change.reason}")
        limits[name] = change.low, change.high
    crossed = {(a, b): _crossed(groups[a], groups[b], share) for a in after for b in before if a != b}
    crossed.update({(name, name): limits[name] for name in before & after})
    low = min(max(limits[b][0], min(crossed[a, b][0] for a in after)) for b in before)
    high = max(min(limits[a][1], max(crossed[a, b][1] for b in before)) for a in after)
    return every.estimate(level, value, (min(low, value), max(high, value)), METHOD, None)


def _could_be_worst(groups: Mapping[str, Pair], side: int, error: float) -> set[str]:
    """Groups whose rate before (`side` 0) or after (1) is not shown to lie below the highest one."""
    rates = {name: pair.rates[side] for name, pair in groups.items()}
    worst = max(rates, key=lambda name: rates[name])
    found = {worst}
    for name in groups:
        reach = _reach(groups[name], side, groups[worst], side, error / max(1, len(groups) - 1))
        if reach is None or rates[worst] - rates[name] <= reach:
            found.add(name)
    return found


def _crossed(one: Pair, other: Pair, error: float) -> tuple[float, float]:
    """Limits of the rate of `one` after minus that of `other` before."""
    reach = _reach(one, 1, other, 0, error / 2)
    value = one.rates[1] - other.rates[0]
    return (-1e9, 1e9) if reach is None else (value - reach, value + reach)


def _reach(one: Pair, side: int, other: Pair, other_side: int, error: float) -> float | None:
    """One-sided Welch reach of a difference of two groups' rates; None where it cannot be measured."""
    from scipy import stats

    parts = [_rate_variance(one, side), _rate_variance(other, other_side)]
    known = [part for part in parts if part is not None]
    variance = float(sum(part[0] for part in known))
    if len(known) < 2 or variance == 0:
        return None
    freedom: float = variance**2 / sum(v**2 / (n - 1) for v, n in known)
    return float(stats.t.ppf(1 - error, freedom) * variance**0.5)


def _rate_variance(pair: Pair, side: int) -> tuple[float, int] | None:
    """Variance of a pooled rate with the speaker as the unit, and the number of speakers; None with fewer than two."""
    sums = pair.after if side else pair.before
    if pair.n_speakers < 2 or pair.no_interval:
        return None
    off = sums.errors - pair.rates[side] * sums.words
    n = pair.n_speakers
    return float((off**2).sum()) * n / (n - 1) / float(sums.words.sum()) ** 2, n

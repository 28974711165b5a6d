"""How the gap between the worst and the best group changes from one model to another on the same audio.

Compares the gaps of any number of groups; single groups and pairs of groups are compared in `paired`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from speechfair.metrics.bootstrap import bootstrap_rates
from speechfair.metrics.jackknife import poisson_limits, t_quantile
from speechfair.metrics.paired import degrees_of_freedom
from speechfair.metrics.pairing import Pair, join
from speechfair.metrics.rates import DESIGN_EFFECT, MIN_SPEAKERS, require_level
from speechfair.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["gap_change"]

_METHOD = "paired-speaker-bootstrap-max-t"
_AT_A_TIME = 4_000_000
_MOST = 400_000_000


def gap_change(
    groups: Mapping[str, Pair],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_replicates: int = 10_000,
) -> Estimate:
    """Gap between the worst and the best group after, minus the gap before; below 0, it shrank.

    Parameters
    ----------
    groups : pairs by the name of the group.
    rng : source of the resamples.
    n_replicates : fewer are drawn, but at least 1,000, where more than some ten groups are compared.

    Notes
    -----
    Percentiles of the resampled change miss the truth where a gap closes, since noise only ever widens a gap that is
    gone. Write C(ij, kl) for groups i minus j after, less k minus l before. The change of the gap

    - is the largest over ij of the smallest over kl of C(ij, kl), so that intervals of all C that hold together
      (max-t over whole speakers, resampled with what both models made of them; Westfall & Young 1993) give one;
    - lies between C(kl, kl) of the worst and best group before and C(ij, ij) of those after, hence between the
      smallest lower and the largest upper limit of these changes.

    Each end is the tighter of the two, each at half the error, and no error is smaller than if errors came and went
    independently, so that models that never differ do not get [0, 0]. The level holds, at the price of width where
    more than two groups are close together.
    """
    require_level(level)
    reason = f"a gap needs two groups; there is {len(groups)}" if len(groups) < 2 else None
    if not groups:
        return Estimate(None, None, None, level, 0, 0, _METHOD, reason)
    every = join(groups.values())
    reason = reason or next(
        (f"{name}: {pair.no_rate}" for name, pair in groups.items() if pair.no_rate), None
    )
    if reason:
        return every.estimate(level, None, None, _METHOD, reason)
    rates = np.array([pair.rates for pair in groups.values()]).T
    value = float(np.ptp(rates[1]) - np.ptp(rates[0]))
    reason = next((f"{name}: {pair.no_interval}" for name, pair in groups.items() if pair.no_interval), None)
    if reason:
        return every.estimate(level, value, None, "none", reason)
    sums = [pair.before for pair in groups.values()] + [pair.after for pair in groups.values()]
    n_contrasts = (len(groups) * (len(groups) - 1)) ** 2
    drawn = bootstrap_rates(sums, min(n_replicates, max(1_000, _MOST // n_contrasts)), rng)
    if not np.isfinite(drawn).all():
        return every.estimate(
            level, value, None, "none", "a resample has no reference words of a group: no interval"
        )
    freedom = min(degrees_of_freedom(pair) for pair in groups.values())
    least = np.array([_least_variance(pair, level) for pair in groups.values()])
    low, high = _limits(rates, drawn, level, freedom, least)
    return every.estimate(level, value, (min(low, value), max(high, value)), _METHOD, None)


def _limits(
    rates: NDArray[np.float64],
    drawn: NDArray[np.float64],
    level: float,
    freedom: float,
    least: NDArray[np.float64],
) -> tuple[float, float]:
    """Limits of the change of the gap.

    Parameters
    ----------
    rates : shape (2, n_groups), before and after.
    drawn : resampled rates, shape (n_replicates, 2 n_groups), before and then after.
    least : variance of each group's change if errors came and went independently, shape (n_groups,).
    """
    from scipy.special import ndtri

    count = rates.shape[1]
    pairs = np.array([(i, j) for i in range(count) for j in range(count) if i != j])
    old, new = ((side[pairs[:, 0]] - side[pairs[:, 1]]) for side in rates)
    centred = drawn - drawn.mean(axis=0)
    moved_old, moved_new = (
        centred[:, start + pairs[:, 0]] - centred[:, start + pairs[:, 1]] for start in (0, count)
    )
    inside = np.zeros((len(pairs), count), dtype=bool)
    inside[np.arange(len(pairs))[:, None], pairs] = True
    both = inside @ least
    floor = both[:, None] + both[None] - (inside * least) @ inside.T
    errors = np.sqrt(np.maximum(_variances(moved_new, moved_old), floor))
    # Axis 0 is the pair after (i, j), axis 1 the pair before (k, l).
    lower, upper = (np.empty((len(drawn), len(pairs))) for _ in range(2))
    step = max(1, _AT_A_TIME // errors.size)
    for begin in range(0, len(drawn), step):
        part = slice(begin, begin + step)
        contrasts = moved_new[part, :, None] - moved_old[part, None, :]
        standard = np.divide(contrasts, errors, out=np.zeros_like(contrasts), where=errors > 0)
        lower[part], upper[part] = standard.max(axis=1), standard.min(axis=2)
    tail = (3 + level) / 4
    # Resampling knows the shape of the maximum; the small-sample widening is that of t against the normal.
    single = t_quantile(freedom, 2 * tail - 1)
    widening = single / float(ndtri(tail))
    # Resamples that hardly move, or too few of them, must not ask for less than one comparison does.
    from_above = np.maximum(single, widening * np.quantile(lower, tail, axis=0))
    from_below = np.maximum(single, widening * np.quantile(-upper, tail, axis=0))
    contrast = new[:, None] - old[None, :]
    low = (contrast - from_above[None, :] * errors).min(axis=1).max()
    high = (contrast + from_below[:, None] * errors).min(axis=1).max()
    change, error = new - old, single * errors.diagonal()
    return max(float(low), float((change - error).min())), min(float(high), float((change + error).max()))


def _least_variance(pair: Pair, level: float) -> float:
    """Variance of the change of a rate if errors came and went as Poisson counts.

    Where fewer than `MIN_SPEAKERS` speakers changed, there may be as many changes as the exact limit of none allows.
    """
    from scipy.special import ndtri

    changed = float((pair.gained + pair.lost).sum())
    if pair.n_changed < MIN_SPEAKERS:
        unseen = DESIGN_EFFECT * poisson_limits(0, level)[1] / float(ndtri((1 + level) / 2))
        changed = max(changed, unseen**2)
    return changed / pair.before.total_words**2


def _variances(new: NDArray[np.float64], old: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance of new[:, p] - old[:, q] for all p and q, from centred replicates."""
    count = len(new)
    crossed = new.T @ old / count
    variances = (new**2).mean(axis=0)[:, None] + (old**2).mean(axis=0)[None, :] - 2 * crossed
    floor = 1e-18 * max(1.0, math.fsum(variances.ravel()) / variances.size)
    result: NDArray[np.float64] = np.where(variances > floor, variances, 0.0)
    return result

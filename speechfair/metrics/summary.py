"""How far apart several groups' error rates are: worst/best ratio, max-min gap, standard deviation between groups.

The worst and best of noisy rates lie further apart than the true ones, so the gap comes with what it would be if the
groups did not differ (`permutation`). Which labels make the groups, and whether the gap matters, is decided elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from speechfair.metrics.bootstrap import bootstrap_rates, first_reason, overall_estimate
from speechfair.metrics.disparity import rate_difference, rate_ratio
from speechfair.metrics.gap_limit import LUCKY, largest_gap, largest_ratio, log_scatter
from speechfair.metrics.independent_errors import independent_difference, independent_ratio
from speechfair.metrics.rates import TOO_FAR, TOO_WIDE, SpeakerSums, require_level
from speechfair.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["between_group_sd", "max_min_gap", "worst_best_ratio"]

_METHOD = "max-t-pairs-inverted-gap"
_PAIRS = "jackknife-log-t-max-t-pairs"
_STEPS, _MOST = 24, 100.0
_FEWEST_IN_TAIL = 5  # resamples; of fewer a quantile is a matter of luck


def worst_best_ratio(
    groups: Sequence[SpeakerSums],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_replicates: int = 10_000,
) -> Estimate:
    """Highest pooled rate / lowest, with an interval from the pairs' log ratios.

    The value is None where a group has no reference words, or the lowest rate is 0. See `max_min_gap`.
    """
    problem = _problem(groups, level)
    rates = np.array([sums.rate or 0.0 for sums in groups])
    if problem is None and not rates.min():
        problem = "the best group has no errors: no ratio"
    elif problem is None and rates.min() < rates.max() * 1e-300:
        problem = TOO_FAR
    if problem:
        return overall_estimate(groups, level, None, problem, method=_METHOD)
    value = float(rates.max() / rates.min())
    return _with_limits(
        groups, value, (rate_ratio, largest_ratio, independent_ratio, 1.0), level, rng, n_replicates
    )


def max_min_gap(
    groups: Sequence[SpeakerSums],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_replicates: int = 10_000,
) -> Estimate:
    """Highest pooled rate minus lowest, with an interval that holds a gap of 0 as well.

    Parameters
    ----------
    groups : at least two groups' sums; they may share speakers.
    rng : source of the resamples.

    Notes
    -----
    Percentiles of the resampled gap miss the truth where groups differ little, since noise only ever widens a
    gap. If every pair's true difference is above its simultaneous lower limit, so is the true gap above the largest
    of them: that is the lower limit, with the limits of `rate_difference` at the level that max-t (Westfall & Young
    1993) on the resamples asks for. The upper limit inverts a test of the observed gap (`gap_limit`), and is at least
    that of independent errors for the worst and the best group: groups that tie by luck never have [0, 0]. Each
    tail is at most (1 - `level`) / 2. Where a group has (almost) no errors, or the level asks for more than the
    resamples can tell, the upper limit is the largest of any pair's, which covers more.
    """
    if problem := _problem(groups, level):
        return overall_estimate(groups, level, None, problem, method=_METHOD)
    rates = np.array([sums.rate for sums in groups], dtype=np.float64)
    value = float(rates.max() - rates.min())
    return _with_limits(
        groups, value, (rate_difference, largest_gap, independent_difference, 0.0), level, rng, n_replicates
    )


def between_group_sd(
    groups: Sequence[SpeakerSums],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_replicates: int = 10_000,
) -> Estimate:
    """Standard deviation of the groups' rates (n - 1), less what sampling the speakers adds to it.

    The variance that resampling adds, at least that of independent errors, is subtracted from the observed variance;
    below 0 it is 0. Without a bootstrap (fewer than 5 speakers in a group) neither correction nor interval is possible,
    and the value is None.

    Notes
    -----
    The limits invert a test of the observed standard deviation, as in `gap_limit`: log rates scatter as t around true
    ones that lie as the observed do, closer together or further apart. The limits are those true deviations
    under which one as large, or as small, as the observed has probability (1 - `level`) / 2.
    """
    method = "inverted-between-group-sd"
    if problem := _problem(groups, level) or first_reason(groups):
        return overall_estimate(groups, level, None, problem, method=method)
    rates = np.array([sums.rate for sums in groups], dtype=np.float64)
    observed = float(rates.std(ddof=1))
    drawn = bootstrap_rates(groups, n_replicates, rng)
    kept = drawn[np.isfinite(drawn).all(axis=1)]
    lost = n_replicates - len(kept)
    if lost > n_replicates // 100:
        return overall_estimate(groups, level, None, _too_many(lost, n_replicates), method=method, lost=lost)
    added = float(kept.var(axis=1, ddof=1).mean()) - observed**2
    apart = len({name for sums in groups for name in sums.speakers}) == sum(s.n_speakers for s in groups)
    if apart:
        added = max(added, float(np.mean([sums.total_errors / sums.total_words**2 for sums in groups])))
    value = math.sqrt(max(0.0, observed**2 - added))
    scatter = log_scatter(groups, kept)
    if scatter is None:
        reason = (
            "in a group at most one speaker has errors: the spread of its speakers is not known, no interval"
        )
        return overall_estimate(groups, level, value, reason, method="none", lost=lost)
    limits = _sd_limits(rates, scatter, observed, (1 - level) / 2)
    if limits is None:
        return overall_estimate(groups, level, value, TOO_WIDE, method="none", lost=lost)
    span = min(limits[0], value), max(limits[1], math.hypot(value, math.sqrt(max(0.0, added))))
    return overall_estimate(groups, level, value, None, limits=span, method=method, lost=lost)


def _sd_limits(
    rates: NDArray[np.float64], scatter: NDArray[np.float64], observed: float, tail: float
) -> tuple[float, float] | None:
    """True standard deviations that the observed one does not refute; None where the resamples cannot tell.

    Parameters
    ----------
    rates : observed, all above 0, shape (n_groups,).
    scatter : deviations of log rates from the truth, shape (n_replicates, n_groups).
    """
    if tail * len(scatter) < _FEWEST_IN_TAIL:
        return None
    logs = np.log(rates)
    centred = logs - logs.mean()
    # Groups that tie show no shape, so one is made up.
    shape = np.linspace(-1, 1, len(rates)) if np.ptp(centred) < 1e-9 else centred / centred.std(ddof=1)
    middle = math.exp(float(logs.mean()))

    def spread(log_sd: float) -> float:
        found = np.exp(np.clip(log_sd * shape, -300, 300))
        return middle * float(found.std(ddof=1))

    def drawn(log_sd: float) -> NDArray[np.float64]:
        logs = np.clip(scatter + log_sd * shape, -300, 300)
        values: NDArray[np.float64] = (middle * np.exp(logs)).std(axis=1, ddof=1)
        return values

    least = max(observed, float(np.quantile(drawn(0.0), LUCKY)))

    def crossing(enough: Callable[[NDArray[np.float64]], bool]) -> tuple[float, float]:
        low, high = 0.0, 0.1
        while not enough(drawn(high)) and high < _MOST:
            low, high = high, 2 * high
        for _ in range(_STEPS):
            half = (low + high) / 2
            low, high = (low, half) if enough(drawn(half)) else (half, high)
        return spread(low), spread(high)

    above = crossing(lambda values: bool((values <= least).mean() <= tail))[1]
    if (drawn(0.0) >= observed).mean() > tail:
        return 0.0, above
    return crossing(lambda values: bool((values >= observed).mean() > tail))[0], above


def _problem(groups: Sequence[SpeakerSums], level: float) -> str | None:
    require_level(level)
    if len(groups) < 2:
        return f"{len(groups)} group: nothing to compare"
    for index, sums in enumerate(groups):
        if sums.rate is None:
            return f"group {index} has no reference words: no rate"
    return None


def _too_many(lost: int, n_replicates: int) -> str:
    return f"undefined in {lost} of {n_replicates} replicates: no interval"


def _with_limits(
    groups: Sequence[SpeakerSums],
    value: float,
    how: tuple[
        Callable[..., Estimate],
        Callable[..., float | None],
        Callable[[SpeakerSums, SpeakerSums, float], tuple[float, float]],
        float,
    ],
    level: float,
    rng: np.random.Generator,
    n_replicates: int,
) -> Estimate:
    """The estimate, without limits where over 1 % of the replicates are lost.

    Parameters
    ----------
    how : a pair's comparison, the upper limit, a pair's limits under independent errors, and the value where groups do
        not differ.
    """
    compare, largest, independent, none = how
    if reason := first_reason(groups):
        return overall_estimate(groups, level, value, reason, method="none")
    drawn = bootstrap_rates(groups, n_replicates, rng)
    kept = drawn[np.isfinite(drawn).all(axis=1)]
    lost = n_replicates - len(kept)
    if lost * 100 > n_replicates:
        return overall_estimate(groups, level, value, _too_many(lost, n_replicates), method="none", lost=lost)
    order = sorted(groups, key=lambda sums: sums.rate or 0.0, reverse=True)
    pairs = list(combinations(order, 2))
    pair_level = _pair_level(kept, level)
    # A pair without a lower limit says nothing of how large the gap must be.
    lows = [low for one, other in pairs if (low := compare(one, other, pair_level).low) is not None]
    tail = (1 - level) / 2
    least_tail = min(0.5, _FEWEST_IN_TAIL / len(kept))
    high = largest(groups, kept, max(tail, least_tail))
    method = _METHOD
    if high is None or tail < least_tail:
        method = _PAIRS
        highs = [compare(one, other, level).high for one, other in pairs]
        known = [limit for limit in highs if limit is not None]
        if not lows and not known:
            return overall_estimate(groups, level, value, TOO_WIDE, method="none", lost=lost)
        # No narrower than at the highest level that the resamples can tell.
        high = max(*known, high or 0.0) if known and len(known) == len(highs) else None
    low = max(none, *lows) if lows else none
    if high is None:
        reason = "a pair of groups has no upper limit, so the widest has none"
        return _estimate(groups, level, value, (low, None), method, reason, lost)
    at_least = max(independent(one, other, level)[1] for one, other in _extremes(order))
    return _estimate(groups, level, value, (low, max(high, at_least)), method, None, lost)


def _extremes(order: Sequence[SpeakerSums]) -> list[tuple[SpeakerSums, SpeakerSums]]:
    """Every worst with every best group, of which several may tie; groups come in the order of their rates."""
    places = range(len(order))
    worst = [place for place in places if order[place].rate == order[0].rate]
    best = [place for place in places if order[place].rate == order[-1].rate]
    return [(order[one], order[other]) for one in worst for other in best if one != other]


def _estimate(
    groups: Sequence[SpeakerSums],
    level: float,
    value: float,
    limits: tuple[float, float | None],
    method: str,
    reason: str | None,
    lost: int,
) -> Estimate:
    found = overall_estimate(groups, level, value, reason, method=method, lost=lost)
    return replace(found, low=limits[0], high=limits[1])


def _pair_level(drawn: NDArray[np.float64], level: float) -> float:
    """The level at which each pair must be judged so that all hold at `level` (max-t, from centred replicates)."""
    from scipy.special import ndtr

    centred = drawn - drawn.mean(axis=0)
    worst = np.zeros(len(drawn))
    for one, other in combinations(range(drawn.shape[1]), 2):
        moved = centred[:, one] - centred[:, other]
        error = moved.std()
        if error > 0:
            np.maximum(worst, np.abs(moved) / error, out=worst)
    count = math.comb(drawn.shape[1], 2)
    if (1 - level) * len(drawn) < _FEWEST_IN_TAIL:
        return min(1 - (1 - level) / count, 1 - 1e-12)
    # Rare jumps of many groups ask for more standard errors than a coverage below 1 can express as a float.
    return min(max(level, float(2 * ndtr(np.quantile(worst, level)) - 1)), 1 - 1e-12)

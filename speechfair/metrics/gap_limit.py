"""The upper limit of a gap or worst/best ratio over groups, by inverting a test; `summary` puts it to use.

Noise widens a gap, so the largest upper limit of any pair of groups lies far above what the data can hold. A true gap
is refuted if one as small as the observed had a probability of at most the tail under it; the limit is the largest one
that is not refuted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from speechfair.metrics.rates import SpeakerSums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["LUCKY", "largest_gap", "largest_ratio", "log_scatter"]

LUCKY = 0.16
"""Share of audits without any gap in which the observed one is smaller than what an upper limit reckons with."""

_STEPS = 18
_MOST_DOUBLINGS = 40
_FARTHEST = 300.0  # of a log rate; further would overflow


def largest_gap(groups: Sequence[SpeakerSums], drawn: Array, tail: float) -> float | None:
    """Upper limit of the highest minus the lowest true rate.

    Parameters
    ----------
    groups : sums of at least two groups.
    drawn : their rates in resamples of the speakers, shape (n_replicates, n_groups), all finite.
    tail : probability that the true gap is above the limit, such as 0.025.

    Returns
    -------
    float or None
        Never below the observed gap. An observed gap that is smaller than chance makes it in 84 of 100 audits without
        any gap counts as that one: two groups that tie by luck do not show that they are equal (a power-constrained
        limit; Cowan et al., arXiv:1105.3166). None where a group has no jackknife, because (almost) all of its speakers
        are without errors.

    Notes
    -----
    Under the hypothesis of a gap two groups lie apart by it, and all others in the middle, where they add least to
    the smallness of the observed gap (the geometric middle of the highest and the lowest rate, so that the highest and
    lowest are as observed where the gap is). Which two they are is as uncertain as the resamples say: each replicate of
    the test takes the worst and the best group of another resample. Log rates scatter as t with the jackknife's
    standard error and the effective speakers' degrees of freedom; speakers of several groups keep their dependence,
    since the scatter has the ranks of the resamples. See docs/results/coverage.md for what it covers.
    """
    rates = np.array([sums.rate for sums in groups], dtype=np.float64)
    middle = math.sqrt(float(rates.max()) * float(rates.min()))
    if not middle:
        return None

    def shifted(gap: float) -> float:
        # middle * (exp(shift) - exp(-shift)) is the gap
        return math.asinh(gap / (2 * middle))

    return _invert(groups, drawn, tail, float(np.ptp(rates)), shifted, lambda logs: middle * np.exp(logs))


def largest_ratio(groups: Sequence[SpeakerSums], drawn: Array, tail: float) -> float | None:
    """Upper limit of the highest over the lowest true rate; as `largest_gap`, on the logarithms."""
    logs = np.log(np.array([sums.rate for sums in groups], dtype=np.float64))
    found = _invert(
        groups, drawn, tail, float(np.ptp(logs)), lambda gap: gap / 2, lambda scattered: scattered
    )
    return None if found is None or found > _FARTHEST else math.exp(found)


def _invert(
    groups: Sequence[SpeakerSums],
    drawn: Array,
    tail: float,
    observed: float,
    shift_of: Callable[[float], float],
    scale: Callable[[Array], Array],
) -> float | None:
    """The largest gap, on the scale of `scale`, under which the observed is not improbably small."""
    scatter = log_scatter(groups, drawn)
    if scatter is None:
        return None
    # A row for each group: highest and lowest of a few long rows are found ten times as fast as of many short ones.
    scatter = np.ascontiguousarray(scatter.T)
    least = max(observed, float(np.quantile(np.ptp(scale(scatter), axis=0), LUCKY)))
    replicates = np.arange(len(drawn))
    worst, best = _extremes(np.roll(drawn, 1, axis=0))

    def probability(gap: float) -> float:
        logs = scatter.copy()
        logs[worst, replicates] += shift_of(gap)
        logs[best, replicates] -= shift_of(gap)
        return float((np.ptp(scale(logs), axis=0) <= least).mean())

    low, high = observed, max(2 * observed, 1e-6)
    if probability(low) <= tail:
        low = 0.0
        high = observed
    for _ in range(_MOST_DOUBLINGS):
        if probability(high) <= tail:
            break
        low, high = high, 2 * high
    for _ in range(_STEPS):
        half = (low + high) / 2
        low, high = (half, high) if probability(half) > tail else (low, half)
    return max(high, observed)


def _extremes(drawn: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Worst and best group of each replicate; never the same."""
    worst = drawn.argmax(axis=1)
    others = drawn.copy()
    others[np.arange(len(drawn)), worst] = np.inf
    return worst, others.argmin(axis=1)


def log_scatter(groups: Sequence[SpeakerSums], drawn: Array) -> Array | None:
    """Deviations of the log rates from the truth: t-distributed, in the order of the resampled rates.

    Parameters
    ----------
    drawn : resampled rates, shape (n_replicates, n_groups).

    Returns
    -------
    NDArray or None
        The same shape; None where a group has no jackknife.
    """
    scatter = np.empty_like(drawn)
    # Resamples that are equal have no order; any other than at random would tie the groups to each other.
    lots = np.random.default_rng(len(drawn)).random(drawn.shape)
    for column, sums in enumerate(groups):
        jackknife = sums.jackknife
        if jackknife is None:
            return None
        deviations = _t_scores(jackknife.degrees_of_freedom, len(drawn)) * math.sqrt(jackknife.variance)
        order = np.lexsort((lots[:, column], drawn[:, column]))
        scatter[order, column] = np.clip(deviations, -_FARTHEST, _FARTHEST)
    return scatter


@lru_cache(maxsize=32)
def _t_scores(degrees_of_freedom: float, count: int) -> Array:
    """Quantiles of t at `count` evenly spaced levels. Gap, ratio and standard deviation of an axis ask for the same."""
    from scipy.special import stdtrit

    scores: Array = np.asarray(
        stdtrit(degrees_of_freedom, (np.arange(count) + 0.5) / count), dtype=np.float64
    )
    scores.flags.writeable = False
    return scores

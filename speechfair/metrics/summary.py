"""How far apart several groups' error rates are: worst/best ratio, max-min gap, standard deviation between groups.

The worst and best of noisy rates lie further apart than the true ones, so the gap comes with what it would be if the
groups did not differ (`permute_gap`). Which labels make the groups, and whether the gap matters, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.bootstrap import (
    ALIKE,
    all_alike,
    bootstrap_rates,
    expanded_level,
    first_reason,
    overall_estimate,
)
from speechfair.metrics.disparity import rate_difference, rate_ratio
from speechfair.metrics.gap_limit import largest_gap, largest_ratio
from speechfair.metrics.rates import SpeakerSums, require_level
from speechfair.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GapPermutation", "between_group_sd", "max_min_gap", "permute_gap", "worst_best_ratio"]

_METHOD = "max-t-pairs-inverted-gap"
_PAIRS = "jackknife-log-t-max-t-pairs"
_PERMUTED_AT_A_TIME = 2_000_000


@dataclass(frozen=True, slots=True)
class GapPermutation:
    """The max-min gap beside what it would be if speakers belonged to no group.

    Parameters
    ----------
    gap : worst rate minus best rate, as observed.
    expected : mean gap over permutations: the part that noise alone makes.
    p_value : share of permutations with at least this gap, the observed order counted as one.
    n_permutations, n_lost : permutations made, and those in which a group had no reference words.
    reason : why the test was refused; then the figures are None.
    """

    gap: float | None
    expected: float | None
    p_value: float | None
    n_permutations: int
    n_lost: int = 0
    reason: str | None = None


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
    if problem:
        return overall_estimate(groups, level, None, problem, method=_METHOD)
    value = float(rates.max() / rates.min())
    return _with_limits(groups, value, (rate_ratio, largest_ratio, 1.0), level, rng, n_replicates)


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
    1993) on the resamples asks for. Of the probability that this leaves, with a pair's lower tail taken off, the
    upper limit has the rest: it inverts a test of the observed gap (`gap_limit`). The two tails are unequal, together
    they are 1 - `level`; who needs at most half of it on one side asks for the level (1 + `level`) / 2. Where a group
    has (almost) no errors the upper limit is the largest of any pair's, which covers more.
    """
    if problem := _problem(groups, level):
        return overall_estimate(groups, level, None, problem, method=_METHOD)
    rates = np.array([sums.rate for sums in groups], dtype=np.float64)
    value = float(rates.max() - rates.min())
    return _with_limits(groups, value, (rate_difference, largest_gap, 0.0), level, rng, n_replicates)


def between_group_sd(
    groups: Sequence[SpeakerSums],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_replicates: int = 10_000,
) -> Estimate:
    """Standard deviation of the groups' rates (n - 1), less what sampling the speakers adds to it.

    The variance that resampling adds is subtracted from the observed variance, and twice from the resampled ones, whose
    expanded percentiles are the limits; below 0 it is 0. Without a bootstrap (fewer than 5 speakers in a group)
    neither correction nor interval is possible, and the value is None.
    """
    method = "speaker-bootstrap-bias-corrected-percentile"
    if problem := _problem(groups, level) or first_reason(groups):
        return overall_estimate(groups, level, None, problem, method=method)
    observed = float(np.var([sums.rate or 0.0 for sums in groups], ddof=1))
    drawn = bootstrap_rates(groups, n_replicates, rng)
    kept = drawn[np.isfinite(drawn).all(axis=1)]
    lost = n_replicates - len(kept)
    if lost > n_replicates // 100:
        return overall_estimate(groups, level, None, _too_many(lost, n_replicates), method=method, lost=lost)
    variances = kept.var(axis=1, ddof=1)
    if all_alike(kept - kept[0] + 1):
        return overall_estimate(groups, level, float(np.sqrt(observed)), ALIKE, method="none", lost=lost)
    added = float(variances.mean()) - observed
    tail = (1 - expanded_level(groups, level)) / 2
    limits = np.sqrt(np.maximum(0.0, np.quantile(variances, [tail, 1 - tail]) - 2 * added)).tolist()
    value = float(np.sqrt(max(0.0, observed - added)))
    span = min(limits[0], value), max(limits[1], value)
    return overall_estimate(groups, level, value, None, limits=span, method=method, lost=lost)


def permute_gap(
    groups: Sequence[SpeakerSums], *, rng: np.random.Generator, n_permutations: int = 10_000
) -> GapPermutation:
    """Deal the speakers out to groups of the same sizes at random, and see how wide the gap becomes.

    Speakers move whole, with all of their utterances. Refused, with the reason, where speakers occur in several
    groups (they cannot be dealt out to one) or are not known.
    """
    if n_permutations < 1:
        raise InputError(f"n_permutations is {n_permutations}; it must be at least 1")
    problem = _problem(groups, 0.95) or _not_exchangeable(groups)
    if problem:
        return GapPermutation(None, None, None, 0, reason=problem)
    rates = np.array([sums.rate for sums in groups], dtype=np.float64)
    gap = float(rates.max() - rates.min())
    errors = np.concatenate([sums.errors for sums in groups])
    words = np.concatenate([sums.words for sums in groups])
    starts = np.cumsum([0, *(sums.n_speakers for sums in groups[:-1])])
    permuted = np.empty(n_permutations)
    step = max(1, _PERMUTED_AT_A_TIME // len(words))
    for begin in range(0, n_permutations, step):
        part = permuted[begin : begin + step]
        order = rng.permuted(np.tile(np.arange(len(words)), (len(part), 1)), axis=1)
        numerator = np.add.reduceat(errors[order], starts, axis=1)
        denominator = np.add.reduceat(words[order], starts, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = np.where(denominator > 0, numerator / denominator, np.nan)
        part[:] = drawn.max(axis=1) - drawn.min(axis=1)
    kept = permuted[np.isfinite(permuted)]
    if not len(kept):
        return GapPermutation(
            gap, None, None, n_permutations, n_permutations, "no permutation had words for all"
        )
    # The same speakers in another order can differ in the last bit and must count as a tie.
    as_wide = int((kept >= gap * (1 - 1e-9)).sum())
    p_value = (1 + as_wide) / (1 + len(kept))
    return GapPermutation(gap, float(kept.mean()), p_value, n_permutations, n_permutations - len(kept))


def _problem(groups: Sequence[SpeakerSums], level: float) -> str | None:
    require_level(level)
    if len(groups) < 2:
        return f"{len(groups)} group: nothing to compare"
    for index, sums in enumerate(groups):
        if sums.rate is None:
            return f"group {index} has no reference words: no rate"
    return None


def _not_exchangeable(groups: Sequence[SpeakerSums]) -> str | None:
    for index, sums in enumerate(groups):
        if sums.n_without_speaker or not sums.n_speakers:
            return f"group {index} has utterances without a speaker id: speakers cannot be permuted"
    names = [name for sums in groups for name in sums.speakers]
    if shared := len(names) - len(set(names)):
        return f"speakers occur in several groups ({shared} times): they cannot be permuted across groups"
    return None


def _too_many(lost: int, n_replicates: int) -> str:
    return f"undefined in {lost} of {n_replicates} replicates: no interval"


def _with_limits(
    groups: Sequence[SpeakerSums],
    value: float,
    how: tuple[Callable[..., Estimate], Callable[..., float | None], float],
    level: float,
    rng: np.random.Generator,
    n_replicates: int,
) -> Estimate:
    """The estimate: `how` is a pair's comparison, the upper limit, and the value where groups do not differ.

    No limits where over 1 % of the replicates are lost.
    """
    compare, largest, none = how
    if reason := first_reason(groups):
        return overall_estimate(groups, level, value, reason, method="none")
    drawn = bootstrap_rates(groups, n_replicates, rng)
    kept = drawn[np.isfinite(drawn).all(axis=1)]
    lost = n_replicates - len(kept)
    if lost * 100 > n_replicates:
        return overall_estimate(groups, level, value, _too_many(lost, n_replicates), method="none", lost=lost)
    pair_level = _pair_level(kept, level)
    order = sorted(groups, key=lambda sums: sums.rate or 0.0, reverse=True)
    pairs = list(combinations(order, 2))
    lows = [compare(higher, lower, pair_level).low for higher, lower in pairs]
    high, method = largest(groups, kept, (1 - level) - (1 - pair_level) / 2), _METHOD
    highs = [high] if high is not None else [compare(higher, lower, level).high for higher, lower in pairs]
    if high is None:
        method = _PAIRS
    known = [limit for limit in (*lows, *highs) if limit is not None]
    if len(known) < len(lows) + len(highs):  # pragma: no cover - each group has an interval
        return overall_estimate(groups, level, value, "a pair of groups has no interval", method="none")
    limits = max(none, *known[: len(lows)]), max(known[len(lows) :])
    return overall_estimate(groups, level, value, None, limits=limits, method=method, lost=lost)


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
    # Rare jumps of many groups ask for more standard errors than a coverage below 1 can express as a float.
    return min(max(level, float(2 * ndtr(np.quantile(worst, level)) - 1)), 1 - 1e-12)

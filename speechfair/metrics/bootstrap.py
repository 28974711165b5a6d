"""The speaker bootstrap: whole speakers are drawn, from their sums, so nothing is scored again.

For statistics without a closed form, such as the gap between the worst and the best group. Rates, ratios and
differences have the jackknife, which covers better with few speakers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.jackknife import effective_speakers, t_quantile
from speechfair.metrics.rates import SpeakerSums, require_level
from speechfair.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Statistic",
    "bootstrap_estimate",
    "bootstrap_rates",
    "expanded_level",
    "first_reason",
    "overall_estimate",
]

Statistic = Callable[["NDArray[np.float64]"], "NDArray[np.float64]"]
"""Maps rates of shape (..., n_groups) to values of shape (...); NaN where undefined."""

ALIKE = "every resample of the speakers gives the same value: no interval, since it would have width zero"

# Draws held at a time; their indices, counts and weights together take about 24 bytes each.
_CHUNK = 2_000_000


def bootstrap_rates(
    groups: Sequence[SpeakerSums], n_replicates: int, rng: np.random.Generator, *, rescaled: bool = True
) -> NDArray[np.float64]:
    """Pooled error rates of the groups in each of `n_replicates` resamples of the speakers.

    Parameters
    ----------
    groups : sums of each group. Groups that share speakers are resampled together, so that a drawn speaker comes
        with what they said in every group; the others are independent strata.
    rng : the only source of randomness.
    rescaled : draw one speaker fewer than there are. The variance of a rate is then unbiased instead of
        (n - 1) / n of what it should be (Rao & Wu, JASA 83, 1988); False gives the textbook bootstrap.

    Returns
    -------
    NDArray[np.float64]
        Shape (n_replicates, n_groups); NaN where a resample holds no reference words of a group.

    Raises
    ------
    InputError
        If a group has no known speaker, or `n_replicates` is not positive.
    """
    if n_replicates < 1:
        raise InputError(f"n_replicates is {n_replicates}; it must be at least 1")
    for index, sums in enumerate(groups):
        if not sums.n_speakers:
            raise InputError(f"group {index} has no utterance with a speaker id: there is nobody to resample")
    rates = np.empty((n_replicates, len(groups)))
    for members in _linked(groups):
        totals = _resample([groups[index] for index in members], n_replicates, rng, rescaled)
        half = len(members)
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = totals[:, :half] / totals[:, half:]
        rates[:, members] = np.where(totals[:, half:] > 0, drawn, np.nan)
    return rates


def bootstrap_estimate(
    statistic: Statistic,
    groups: Sequence[SpeakerSums],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_replicates: int = 10_000,
) -> Estimate:
    """A statistic of the groups' pooled rates, with an expanded-percentile speaker-bootstrap interval.

    Parameters
    ----------
    statistic : works on the last axis, such as ``lambda rates: rates.max(axis=-1) - rates.min(axis=-1)``.

    Returns
    -------
    Estimate
        `n_lost_replicates` counts the resamples in which the statistic was not finite. If that is more than half
        the tail left outside the interval, there is no interval.

    Notes
    -----
    With n effective speakers in the smallest group, the normal tail of the percentiles is replaced by that of t
    with n - 1 degrees of freedom (Hesterberg, The American Statistician 69, 2015), and replicates are rescaled as
    in `bootstrap_rates`. Where all resamples give the same value, as when speakers have the same rates by chance,
    they say nothing of how sure it is, and there is no interval. For a maximum or a gap use `summary`:
    percentiles of those miss a truth near 0.
    """
    require_level(level)
    rates = [sums.rate for sums in groups]
    if not groups or any(rate is None for rate in rates):
        return overall_estimate(groups, level, None, "a group without reference words: no value")
    value = float(statistic(np.array(rates, dtype=np.float64)))
    if not np.isfinite(value):
        return overall_estimate(groups, level, None, "the statistic is not defined for these rates")
    if reason := first_reason(groups):
        return overall_estimate(groups, level, value, reason)
    replicates = statistic(bootstrap_rates(groups, n_replicates, rng))
    kept = replicates[np.isfinite(replicates)]
    lost = n_replicates - len(kept)
    if lost > n_replicates * (1 - level) / 4:
        reason = f"the statistic was undefined in {lost} of {n_replicates} replicates: no interval"
        return overall_estimate(groups, level, value, reason, lost=lost)
    if all_alike(kept):
        return overall_estimate(groups, level, value, ALIKE, lost=lost)
    tail = (1 - expanded_level(groups, level)) / 2
    low, high = np.quantile(kept, [tail, 1 - tail])
    # A gap cannot be estimated without bias; the interval must still hold the number next to it.
    limits = min(float(low), value), max(float(high), value)
    return overall_estimate(groups, level, value, None, limits=limits, lost=lost)


def expanded_level(groups: Sequence[SpeakerSums], level: float) -> float:
    """The level of percentiles that stands for `level` under t with the fewest effective speakers, less one."""
    from scipy.special import ndtr

    least = min(effective_speakers(sums.words) for sums in groups) - 1
    return float(2 * ndtr(t_quantile(least, level)) - 1)


def all_alike(replicates: NDArray[np.float64]) -> bool:
    """Whether the replicates differ by no more than rounding."""
    return bool(np.ptp(replicates) <= 1e-12 * np.abs(replicates).max())


def first_reason(groups: Sequence[SpeakerSums]) -> str | None:
    """Why one of the groups forbids an interval, or None."""
    for index, sums in enumerate(groups):
        if reason := sums.no_interval:
            return f"group {index}: {reason}"
    return None


def overall_estimate(
    groups: Sequence[SpeakerSums],
    level: float,
    value: float | None,
    reason: str | None,
    *,
    limits: tuple[float, float] | None = None,
    method: str = "speaker-bootstrap-expanded-percentile",
    lost: int = 0,
) -> Estimate:
    """An estimate that rests on all of the groups."""
    low, high = limits or (None, None)
    speakers = len({speaker for sums in groups for speaker in sums.speakers})
    utterances = sum(sums.n_utterances for sums in groups)
    return Estimate(value, low, high, level, utterances, speakers, method, reason, lost)


def _resample(
    groups: Sequence[SpeakerSums], n_replicates: int, rng: np.random.Generator, rescaled: bool
) -> NDArray[np.float64]:
    """Resampled errors, then words, of groups that share speakers: shape (n_replicates, 2 n_groups)."""
    speakers = {name: row for row, name in enumerate(sorted({s for sums in groups for s in sums.speakers}))}
    table = np.zeros((len(speakers), 2 * len(groups)))
    for column, sums in enumerate(groups):
        rows = [speakers[name] for name in sums.speakers]
        table[rows, column] = sums.errors
        table[rows, column + len(groups)] = sums.words
    count = len(speakers)
    draws = max(1, count - 1) if rescaled else count
    totals = np.empty((n_replicates, table.shape[1]))
    step = max(1, _CHUNK // count)
    for start in range(0, n_replicates, step):
        part = totals[start : start + step]
        chosen = rng.integers(count, size=(len(part), draws))
        chosen += count * np.arange(len(part))[:, None]
        weights = np.bincount(chosen.ravel(), minlength=count * len(part)).reshape(len(part), count)
        np.matmul(weights.astype(np.float64), table, out=part)
    return totals


def _linked(groups: Sequence[SpeakerSums]) -> list[list[int]]:
    """Indices of groups, gathered so that groups with a speaker in common are together."""
    gathered: list[tuple[list[int], set[str]]] = []
    for index, sums in enumerate(groups):
        members, names = [index], set(sums.speakers)
        apart = []
        for other in gathered:
            if other[1].isdisjoint(names):
                apart.append(other)
            else:
                members, names = [*other[0], *members], names | other[1]
        gathered = [*apart, (members, names)]
    return [sorted(members) for members, _ in gathered]

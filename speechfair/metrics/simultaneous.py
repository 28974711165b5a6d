"""Intervals of many groups' ratios to one reference that hold all at once, for plots and for reading many lines.

The max-t bootstrap says how many independent comparisons the groups amount to; the intervals are those of
`rate_ratio` at the level which that asks for. P-values of many groups are in `multiplicity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from speechfair.metrics.bootstrap import bootstrap_rates, first_reason
from speechfair.metrics.disparity import rate_ratio
from speechfair.metrics.rates import SpeakerSums, require_level
from speechfair.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["simultaneous_ratios"]


def simultaneous_ratios(
    groups: Sequence[SpeakerSums],
    reference: SpeakerSums,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_replicates: int = 4_000,
) -> list[Estimate]:
    """The ratio of each group to the reference, with intervals that all hold together with probability `level`.

    Parameters
    ----------
    groups : sums of the groups that are compared; each has an interval of its own.
    rng : source of the resamples.

    Returns
    -------
    list[Estimate]
        As `rate_ratio` gives them at the level of the single comparison, which their `level` names; with one group
        that is `level`, with more at most Bonferroni's 1 - (1 - level) / number of groups.

    Notes
    -----
    Max-t (Westfall & Young 1993): of each resample of the speakers the largest standardised deviation of any log
    ratio; its quantile at `level` is the normal quantile of the single level. All groups share the reference, so their
    deviations go together and the intervals are narrower than Bonferroni's.
    """
    require_level(level)
    everyone = [reference, *groups]
    if len(groups) < 2 or first_reason(everyone):
        return [rate_ratio(group, reference, level) for group in groups]
    drawn = bootstrap_rates(everyone, n_replicates, rng)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(drawn[:, 1:]) - np.log(drawn[:, :1])
    kept = logs[np.isfinite(logs).all(axis=1)]
    single = _single_level(kept, level, len(groups))
    return [rate_ratio(group, reference, single) for group in groups]


def _single_level(logs: NDArray[np.float64], level: float, n: int) -> float:
    """The level of one comparison; Bonferroni's where too few resamples have a ratio for all groups."""
    from scipy.special import ndtr

    bonferroni = 1 - (1 - level) / n
    error = logs.std(axis=0) if len(logs) >= 1_000 else np.zeros(1)
    if not (error > 0).all():
        return bonferroni
    largest = np.abs((logs - logs.mean(axis=0)) / error).max(axis=1)
    return min(bonferroni, max(level, float(2 * ndtr(np.quantile(largest, level)) - 1)))

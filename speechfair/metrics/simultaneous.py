"""Intervals of many groups' ratios to one reference that hold all at once, for plots and for reading many lines.

A simulation of what the groups' standard errors allow says how many independent comparisons they amount to; the
intervals are those of `rate_ratio` at the level which that asks for. P-values of many groups are in `multiplicity`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from speechfair.metrics.bootstrap import first_reason
from speechfair.metrics.disparity import rate_ratio
from speechfair.metrics.rates import SpeakerSums, require_level
from speechfair.types import Estimate

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
    rng : source of the draws.

    Returns
    -------
    list[Estimate]
        As `rate_ratio` gives them at the level of the single comparison, which their `level` names; with one group
        that is `level`, with more at most Bonferroni's 1 - (1 - level) / number of groups.

    Notes
    -----
    Studentised max-t: log rates are drawn as normal with the jackknife variances, and their variances as chi-square
    with the jackknife's degrees of freedom, so that a group of 8 speakers has the tails of 8 speakers next to one of
    60; the least p-value of the comparisons has the single level at its quantile (Westfall & Young 1993, with
    Satterthwaite's degrees of freedom for each comparison). All groups share the reference, so their deviations go
    together and the intervals are narrower than Bonferroni's. Where groups share speakers, or one has no jackknife,
    they are Bonferroni's. In the far tails a comparison has fewer degrees of freedom (`jackknife.far_quantile`).
    """
    require_level(level)
    everyone = [reference, *groups]
    if len(groups) < 2 or first_reason(everyone):
        return [rate_ratio(group, reference, level) for group in groups]
    bonferroni = 1 - (1 - level) / len(groups)
    single = _single_level(everyone, level, rng, n_replicates)
    single = bonferroni if single is None else min(bonferroni, max(level, single))
    return [rate_ratio(group, reference, single) for group in groups]


def _single_level(
    everyone: Sequence[SpeakerSums], level: float, rng: np.random.Generator, n_draws: int
) -> float | None:
    """The level of one comparison of the first with each other; None where it cannot be told."""
    from scipy.special import stdtr

    names = [name for sums in everyone for name in sums.speakers]
    found = [sums.jackknife for sums in everyone]
    known = [jackknife for jackknife in found if jackknife is not None]
    if len(set(names)) < len(names) or len(known) < len(found) or (1 - level) * n_draws < 20:
        return None
    variances = np.array([jackknife.variance for jackknife in known])
    freedoms = np.array([jackknife.degrees_of_freedom for jackknife in known])
    moved = rng.standard_normal((n_draws, len(known))) * np.sqrt(variances)
    estimated = variances * rng.chisquare(freedoms, (n_draws, len(known))) / freedoms
    both = estimated[:, 1:] + estimated[:, :1]
    spread = estimated**2 / freedoms
    freedom = both**2 / (spread[:, 1:] + spread[:, :1])
    p_values = 2 * stdtr(freedom, -np.abs(moved[:, 1:] - moved[:, :1]) / np.sqrt(both))
    return float(1 - np.quantile(p_values.min(axis=1), 1 - level))

"""How long replies are where voices and items are both samples: words per reply, and the ratio of two groups.

As `speechfair.metrics.two_way` for error rates, on sums by voice and by item.
"""

from __future__ import annotations

import math
from dataclasses import replace

from speechfair.metrics.disparity import log_ratio_error, rate_ratio
from speechfair.metrics.jackknife import far_quantile, spanning
from speechfair.metrics.rates import TOO_WIDE, pooled_rate
from speechfair.metrics.two_way import two_way_variance
from speechfair.probes.crossed import METHOD, Crossed
from speechfair.types import Estimate

__all__ = ["length_ratio_with_p", "mean_length"]


def mean_length(crossed: Crossed, level: float = 0.95) -> Estimate:
    """Events (words) per trial (reply), with an interval for other voices and other items."""
    by_voice = pooled_rate(crossed.voices, level)
    if by_voice.value is None:
        return replace(by_voice, reason="nothing was asked")
    if by_voice.low is None or by_voice.high is None:
        return by_voice
    if reason := crossed.problem():
        return _without(by_voice, reason)
    if not crossed.shared:
        return by_voice
    known = [way.jackknife for way in crossed.ways if way.jackknife is not None]
    if len(known) < len(crossed.ways):
        return _without(by_voice, "all words are in the replies to one voice or to one item")
    error = math.sqrt(two_way_variance([jackknife.variance for jackknife in known]))
    return _spanned(by_voice, error, min(jackknife.degrees_of_freedom for jackknife in known[:2]))


def length_ratio_with_p(
    group: Crossed, reference: Crossed, level: float = 0.95
) -> tuple[Estimate, float | None]:
    """The group's words per reply / the reference's, and the p-value of there being no difference."""
    from scipy.special import stdtr

    ratio = rate_ratio(group.voices, reference.voices, level)
    if not ratio.value or ratio.low is None or ratio.high is None:
        return ratio, None
    for name, crossed in (("group", group), ("reference group", reference)):
        if reason := crossed.problem():
            return _without(ratio, f"{name}: {reason}"), None
    shared = group.shared and reference.shared
    known = []
    for ours, theirs in zip(group.ways, reference.ways, strict=True):
        found = log_ratio_error(ours, theirs)
        if isinstance(found, str):
            return _without(ratio, found), None
        known.append(found)
    variances = [error**2 for error, _ in known]
    error = math.sqrt(two_way_variance(variances) if shared else variances[0])
    freedom = min(free for _, free in known[: 2 if shared else 1])
    p_value = float(2 * stdtr(freedom, -abs(math.log(ratio.value)) / error)) if error else None
    return _spanned(ratio, error, freedom), p_value


def _without(estimate: Estimate, reason: str) -> Estimate:
    return replace(estimate, low=None, high=None, method="none", reason=reason)


def _spanned(estimate: Estimate, error: float, freedom: float) -> Estimate:
    assert estimate.value is not None
    half = error * far_quantile(freedom, estimate.level)
    limits = spanning(estimate.value, half) if math.isfinite(half) else None
    if limits is None:
        return _without(estimate, TOO_WIDE)
    return replace(estimate, low=limits[0], high=limits[1], method=METHOD)

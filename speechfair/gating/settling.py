"""How many more speakers would settle a comparison that its interval leaves open."""

from __future__ import annotations

import math

from speechfair.gating.criteria import AGAINST_REFERENCE, OVER_ALL_GROUPS, Criterion
from speechfair.types import Estimate

__all__ = ["more_speakers"]

_MOST = 1_000_000
_ASSUMES = "if the estimate stayed at {value:.4g} and the interval narrowed as 1 / sqrt(number of speakers)"
_DIFFERENCES = frozenset({"rate_difference", "gap"})


def more_speakers(criterion: Criterion, estimate: Estimate, n_speakers: int) -> tuple[int | None, str]:
    """Speakers to add until the whole interval lies on the estimate's side of the limit.

    Parameters
    ----------
    estimate : with the interval that was judged, which contains the limit.
    n_speakers : speakers now, in the group, or in all groups together for a metric of all groups.

    Returns
    -------
    tuple[int | None, str]
        The number and what it assumes; or None and why there is no number.

    Notes
    -----
    The distance of the estimate from its interval's limit, on the log scale for rates and ratios, is taken to fall
    as 1 / sqrt(n); without any error in a group the upper limit falls as 1 / n.
    """
    value, low, high, limit = estimate.value, estimate.low, estimate.high, criterion.limit
    if value is None or low is None or high is None:
        return None, f"not known without an interval: {estimate.reason}"
    linear = criterion.metric in _DIFFERENCES
    growth: float | None
    if not linear and value == 0:
        growth = high / limit
    else:
        side = high if value <= limit else low
        half, distance = _distance(value, side, linear), _distance(value, limit, linear)
        growth = (half / distance) ** 2 if half is not None and distance else None
    if growth is None or (growth - 1) * n_speakers > _MOST:
        return None, f"the estimate {value:.4g} sits on the limit: no number of speakers would settle it"
    text = _ASSUMES.format(value=value)
    if criterion.metric in AGAINST_REFERENCE:
        text += ", the reference group growing in proportion"
    elif criterion.metric in OVER_ALL_GROUPS:
        text += ", all groups growing in proportion"
    return max(1, math.ceil(n_speakers * growth) - n_speakers), text


def _distance(one: float, other: float, linear: bool) -> float | None:
    if linear:
        return abs(one - other)
    return abs(math.log(one) - math.log(other)) if one > 0 and other > 0 else None

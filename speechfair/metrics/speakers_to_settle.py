"""How many speakers would settle a comparison that its interval leaves open."""

from __future__ import annotations

import math

from speechfair.types import Estimate

__all__ = ["speakers_to_settle"]

_MOST = 1_000_000
_ASSUMES = "if the estimate stayed at {value:.4g} and the interval narrowed as 1 / sqrt(number of speakers)"


def speakers_to_settle(
    estimate: Estimate, limit: float, n_speakers: int, *, linear: bool
) -> tuple[int | None, str]:
    """Speakers to add until the whole interval lies on the estimate's side of the limit.

    Parameters
    ----------
    estimate : with the interval that was judged, which contains the limit.
    n_speakers : speakers now.
    linear : the estimate is a difference; else a rate or a ratio, whose interval is judged on the log scale.

    Returns
    -------
    tuple[int | None, str]
        The number and what it assumes; or None and why there is no number.

    Notes
    -----
    The distance of the estimate from its interval's limit is taken to fall as 1 / sqrt(n). Without any error in a
    group, 1 minus the upper limit is taken to be a power of 1 / n, as it is for the exact limit of a share.
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return None, f"not known without an interval: {estimate.reason}"
    growth: float | None
    if not linear and value == 0:
        shares = high < 1 and limit < 1  # 1 - high falls as a power of 1 / n
        growth = math.log1p(-high) / math.log1p(-limit) if shares else high / limit
    else:
        side = high if value <= limit else low
        half, distance = _distance(value, side, linear), _distance(value, limit, linear)
        growth = (half / distance) ** 2 if half is not None and distance else None
    if growth is None or (growth - 1) * n_speakers > _MOST:
        return None, f"the estimate {value:.4g} sits on the limit: no number of speakers would settle it"
    return max(1, math.ceil(n_speakers * growth) - n_speakers), _ASSUMES.format(value=value)


def _distance(one: float, other: float, linear: bool) -> float | None:
    if linear:
        return abs(one - other)
    return abs(math.log(one) - math.log(other)) if one > 0 and other > 0 else None

"""The error rate of a population whose groups are not as large as the corpus's: weights such as census shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from speechfair.errors import InputError
from speechfair.metrics.bootstrap import overall_estimate
from speechfair.metrics.rates import SpeakerSums, pooled_rate, require_level
from speechfair.types import Estimate

__all__ = ["post_stratified_rate", "shared_speakers"]


def post_stratified_rate(
    groups: Mapping[str, SpeakerSums],
    weights: Mapping[str, float],
    *,
    level: float = 0.95,
    rate_of: Callable[[SpeakerSums, float], Estimate] = pooled_rate,
) -> Estimate:
    """Weighted mean of the groups' pooled rates, with an interval.

    Parameters
    ----------
    groups : sums by group; no speaker may be in two.
    weights : of every group, such as its share of the population, not negative; they are divided by their sum.
    level : nominal coverage.
    rate_of : a group's rate at a level, such as `rare_events.rare_event_rate` for events that strike few speakers.

    Returns
    -------
    Estimate
        The value is None where a group of positive weight has no reference words, the interval is None where one has
        none; `reason` names the group.

    Raises
    ------
    InputError
        If weights and groups do not fit, a weight is negative or not finite, all are 0, or a speaker is in two groups.

    Notes
    -----
    MOVER (Zou & Donner, Statistics in Medicine 27, 2008) for a weighted sum of independent rates: the distances of the
    groups' limits, weighted, are added as squares.
    """
    require_level(level)
    _check(groups, weights)
    total = math.fsum(weights.values())
    used = {name: sums for name, sums in groups.items() if weights[name] > 0}
    method, chosen = "mover-post-stratified", list(used.values())
    rates = {name: rate_of(sums, level) for name, sums in used.items()}
    for name, rate in rates.items():
        if rate.value is None:
            return overall_estimate(chosen, level, None, f"{name}: {rate.reason}", method=method)
    shares = {name: weights[name] / total for name in used}
    value = math.fsum(shares[name] * (rate.value or 0.0) for name, rate in rates.items())
    below = above = 0.0
    for name, rate in rates.items():
        if rate.value is None or rate.low is None or rate.high is None:
            return overall_estimate(chosen, level, value, f"{name}: {rate.reason}", method="none")
        below = math.hypot(below, shares[name] * (rate.value - rate.low))
        above = math.hypot(above, shares[name] * (rate.high - rate.value))
    limits = max(0.0, value - below), value + above
    return overall_estimate(chosen, level, value, None, limits=limits, method=method)


def _check(groups: Mapping[str, SpeakerSums], weights: Mapping[str, float]) -> None:
    if set(groups) != set(weights):
        raise InputError(
            f"weights are for {sorted(weights)} and groups are {sorted(groups)}: give one weight for each group"
        )
    for name, weight in weights.items():
        if not (math.isfinite(weight) and weight >= 0):
            raise InputError(f"the weight of {name!r} is {weight}; give a share that is not negative")
    if not any(weight > 0 for weight in weights.values()):
        raise InputError("all weights are 0: there is no population")
    if why := shared_speakers(groups):
        raise InputError(why)


def shared_speakers(groups: Mapping[str, SpeakerSums]) -> str | None:
    """Why the groups' rates cannot be weighted, where a speaker is in two of them; else None."""
    names = [speaker for sums in groups.values() for speaker in sums.speakers]
    if len(set(names)) == len(names):
        return None
    return "a speaker is in two groups: their rates are not independent; use other groups"

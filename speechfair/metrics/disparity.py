"""Compare one group's pooled error rate with another's: ratio and difference, with speaker-level intervals.

Handles groups of different speakers and designs in which the same speakers occur in both groups (one voice in
several accents, one reading through two devices). It compares two groups at a time; see `summary` for many.
"""

from __future__ import annotations

import math

import numpy as np

from speechfair.metrics.independent_errors import independent_ratio
from speechfair.metrics.jackknife import (
    LogJackknife,
    far_quantile,
    poisson_limits,
    satterthwaite,
    spanning,
    wider,
)
from speechfair.metrics.rates import (
    DESIGN_EFFECT,
    TOO_FAR,
    TOO_WIDE,
    SpeakerSums,
    pooled_rate,
    require_level,
)
from speechfair.types import Estimate

__all__ = [
    "MIN_SPEAKERS_WITH_ERRORS",
    "difference_p_value",
    "log_ratio_error",
    "rate_difference",
    "rate_ratio",
    "shares_speakers",
]

MIN_SPEAKERS_WITH_ERRORS = 3
"""Where fewer speakers of a reference group have errors, its rate may be almost 0: a ratio has no upper limit."""


def rate_ratio(
    group: SpeakerSums, reference: SpeakerSums, level: float = 0.95, *, design_effect: float = DESIGN_EFFECT
) -> Estimate:
    """The group's pooled rate / the reference's, with an interval on the log scale.

    Parameters
    ----------
    group, reference : sums of the two groups.
    level : nominal coverage.
    design_effect : see `speechfair.metrics.pooled_rate`; used only where a group has (almost) no errors.

    Returns
    -------
    Estimate
        `n_speakers` counts a speaker of both groups once. The value is None when a rate is, or when the reference
        has no errors; the interval is None when a group's own interval is. Where fewer than
        `MIN_SPEAKERS_WITH_ERRORS` speakers of the reference have errors there is a lower limit and no upper one.
        `reason` says which.

    Notes
    -----
    The variance of the log ratio is the sum of the two jackknife variances, with Satterthwaite's degrees of
    freedom (Biometrics Bulletin 2, 1946). If speakers occur in both groups, twice their jackknife covariance is
    subtracted and the degrees of freedom are those of the smaller group; the half-width is then at least what one
    can say when the two groups' errors do not differ at all, the exact Poisson limit of no event times
    `design_effect`, so that equal sums give no interval of width zero. Of different speakers the interval holds the
    exact one of independent errors (a binomial share of the errors; Clopper & Pearson 1934). Where a group has no
    jackknife because (almost) all of its speakers are without errors, the two groups' own limits are divided, low by
    high and high by low, which covers at least as much.
    """
    require_level(level)
    value, reason = _values(group, reference)
    if value is None or reason is not None:
        return _estimate(group, reference, level, None, None, "jackknife-log-t-ratio", reason)
    if not value[1]:
        reason = "the reference group has no errors: no ratio"
        return _estimate(group, reference, level, None, None, "jackknife-log-t-ratio", reason)
    ratio = value[0] / value[1]
    if math.isinf(ratio):
        return _estimate(group, reference, level, None, None, "jackknife-log-t-ratio", TOO_FAR)
    if reason := _no_interval(group, reference):
        return _estimate(group, reference, level, ratio, None, "none", reason)
    limits, method = _ratio_limits(group, reference, ratio, level, design_effect)
    if limits is None:
        return _estimate(group, reference, level, ratio, None, method, TOO_WIDE)
    if (wrong := int(np.count_nonzero(reference.errors))) < MIN_SPEAKERS_WITH_ERRORS:
        lower = (limits[0], None)
        reason = f"only {wrong} of the reference group's {reference.n_speakers} speakers have errors: no upper limit"
        return _estimate(group, reference, level, ratio, lower, f"{method}-lower", reason)
    return _estimate(group, reference, level, ratio, limits, method, None)


def _ratio_limits(
    group: SpeakerSums, reference: SpeakerSums, ratio: float, level: float, design_effect: float
) -> tuple[tuple[float, float] | None, str]:
    ours, theirs = group.jackknife, reference.jackknife
    few = np.count_nonzero(reference.errors) < MIN_SPEAKERS_WITH_ERRORS
    found = None
    if ours is not None and theirs is not None:
        half = _log_ratio_half_width(group, reference, ours, theirs, level, design_effect)
        if (found := spanning(ratio, half)) is None:
            return None, "none"
        if not shares_speakers(group, reference):
            found = wider(found, independent_ratio(group, reference, level))
        if not few:
            return found, "jackknife-log-t-ratio"
    own = [_own_limits(sums, level, design_effect) for sums in (group, reference)]
    if own[0] is None or own[1] is None:
        return None, "none"
    outer = own[0][0] / own[1][1], own[0][1] / own[1][0]
    if found is None:
        return outer, "outer-limits-ratio"
    return wider(found, outer), "jackknife-log-t-ratio"


def rate_difference(
    group: SpeakerSums, reference: SpeakerSums, level: float = 0.95, *, design_effect: float = DESIGN_EFFECT
) -> Estimate:
    """The group's pooled rate minus the reference's, with an interval from the two rates' own limits.

    Parameters, result and reasons are as for `rate_ratio`; without errors in the reference there is a difference.

    Notes
    -----
    MOVER, the method of variance estimates recovery (Zou & Donner, Statistics in Medicine 27, 2008): the
    asymmetry of the two log-scale limits is carried over. Speakers of both groups enter by their jackknife correlation,
    with the least half-width of `rate_ratio`.
    """
    require_level(level)
    method = "mover-jackknife-log-t"
    value, reason = _values(group, reference)
    if value is None or reason is not None:
        return _estimate(group, reference, level, None, None, method, reason)
    difference = value[0] - value[1]
    if reason := _no_interval(group, reference):
        return _estimate(group, reference, level, difference, None, "none", reason)
    own = [_own_limits(sums, level, design_effect) for sums in (group, reference)]
    if own[0] is None or own[1] is None:
        return _estimate(group, reference, level, difference, None, "none", TOO_WIDE)
    (ours_low, ours_high), (theirs_low, theirs_high) = own[0], own[1]
    correlation = _correlation(group, reference)
    least = 0.0
    if shares_speakers(group, reference):
        least = _least_errors(level, design_effect) / min(group.total_words, reference.total_words)
    limits = (
        difference - max(least, _combine(value[0] - ours_low, theirs_high - value[1], correlation)),
        difference + max(least, _combine(ours_high - value[0], value[1] - theirs_low, correlation)),
    )
    return _estimate(group, reference, level, difference, limits, method, None)


def difference_p_value(group: SpeakerSums, reference: SpeakerSums) -> float | str:
    """Two-sided p-value that two groups' rates are equal; or, in words, why there is none.

    Notes
    -----
    That of the t test of the log ratio: 1 less the highest level at which the interval of `rate_ratio` excludes 1.
    Where a group has no jackknife, the same of `rate_difference` and 0, to 1e-6.
    """
    from scipy.special import stdtr

    if reason := _no_interval(group, reference):
        return reason
    error = log_ratio_error(group, reference)
    if isinstance(error, str):
        return _inverted_p_value(group, reference)
    ours, theirs = group.rate, reference.rate
    assert ours
    assert theirs
    distance = abs(math.log(ours / theirs))
    p_value = 1.0 if not distance else float(2 * stdtr(error[1], -distance / error[0])) if error[0] else 0.0
    if shares_speakers(group, reference):
        fewest = min(group.total_errors, reference.total_errors)
        p_value = max(p_value, 2 * math.exp(-fewest * math.expm1(min(distance, 700.0)) / DESIGN_EFFECT))
    return min(1.0, p_value)


def _inverted_p_value(group: SpeakerSums, reference: SpeakerSums) -> float:
    low, high = 0.0, 1.0
    for _ in range(20):
        p_value = (low + high) / 2
        found = rate_difference(group, reference, 1 - p_value)
        outside = found.low is not None and found.high is not None and not found.low <= 0 <= found.high
        low, high = (low, p_value) if outside else (p_value, high)
    return high


def log_ratio_error(group: SpeakerSums, reference: SpeakerSums) -> tuple[float, float] | str:
    """Standard error of the log rate ratio and its degrees of freedom; or, in words, why there is none."""
    if reason := _no_interval(group, reference):
        return reason
    ours, theirs = group.jackknife, reference.jackknife
    if ours is None or theirs is None:
        return "a group in which at most one speaker has errors: the spread of its speakers is not known"
    return _error(group, reference, ours, theirs)


def _own_limits(sums: SpeakerSums, level: float, design_effect: float) -> tuple[float, float] | None:
    found = pooled_rate(sums, level, design_effect=design_effect)
    return None if found.low is None or found.high is None else (found.low, found.high)


def _combine(ours: float, theirs: float, correlation: float) -> float:
    return math.sqrt(max(0.0, ours**2 + theirs**2 - 2 * correlation * ours * theirs))


def _log_ratio_half_width(
    group: SpeakerSums,
    reference: SpeakerSums,
    ours: LogJackknife,
    theirs: LogJackknife,
    level: float,
    design_effect: float,
) -> float:
    error, freedom = _error(group, reference, ours, theirs)
    least = 0.0
    if shares_speakers(group, reference):
        fewest = min(group.total_errors, reference.total_errors)
        least = math.log1p(_least_errors(level, design_effect) / fewest)
    return max(least, far_quantile(freedom, level) * error)


def _error(
    group: SpeakerSums, reference: SpeakerSums, ours: LogJackknife, theirs: LogJackknife
) -> tuple[float, float]:
    """Standard error of the log ratio, and its degrees of freedom."""
    variances = ours.variance, theirs.variance
    freedoms = ours.degrees_of_freedom, theirs.degrees_of_freedom
    if not shares_speakers(group, reference):
        return math.sqrt(sum(variances)), satterthwaite(variances, freedoms)
    covariance = _covariance(group, reference, ours, theirs)
    return math.sqrt(max(0.0, sum(variances) - 2 * covariance)), min(freedoms)


def shares_speakers(group: SpeakerSums, reference: SpeakerSums) -> bool:
    """Whether somebody speaks in both groups."""
    return not set(group.speakers).isdisjoint(reference.speakers)


def _least_errors(level: float, design_effect: float) -> float:
    """How many more errors one group may really have where none was seen."""
    return poisson_limits(0, level)[1] * design_effect


def _covariance(
    group: SpeakerSums, reference: SpeakerSums, ours: LogJackknife, theirs: LogJackknife
) -> float:
    """Jackknife covariance of the two log rates over the speakers of both groups."""
    place = {speaker: index for index, speaker in enumerate(reference.speakers)}
    pairs = [(index, place[name]) for index, name in enumerate(group.speakers) if name in place]
    if not pairs:
        return 0.0
    rows, columns = np.array(pairs).T
    product = float(ours.deviations[rows] @ theirs.deviations[columns])
    return math.sqrt(ours.scale * theirs.scale) * product


def _correlation(group: SpeakerSums, reference: SpeakerSums) -> float:
    """Jackknife correlation of the two rates; 0 where one of the groups has no jackknife."""
    ours, theirs = group.jackknife, reference.jackknife
    if ours is None or theirs is None:
        return 0.0
    scale = math.sqrt(ours.variance * theirs.variance)
    return min(1.0, max(-1.0, _covariance(group, reference, ours, theirs) / scale)) if scale else 0.0


def _values(group: SpeakerSums, reference: SpeakerSums) -> tuple[tuple[float, float] | None, str | None]:
    ours, theirs = group.rate, reference.rate
    if ours is None:
        return None, "no reference words in the group: no rate"
    if theirs is None:
        return None, "no reference words in the reference group: no rate"
    return (ours, theirs), None


def _no_interval(group: SpeakerSums, reference: SpeakerSums) -> str | None:
    for name, sums in (("group", group), ("reference group", reference)):
        if reason := sums.no_interval:
            return f"{name}: {reason}"
    return None


def _estimate(
    group: SpeakerSums,
    reference: SpeakerSums,
    level: float,
    value: float | None,
    limits: tuple[float, float | None] | None,
    method: str,
    reason: str | None,
) -> Estimate:
    low, high = limits or (None, None)
    speakers = len({*group.speakers, *reference.speakers})
    utterances = group.n_utterances + reference.n_utterances
    return Estimate(value, low, high, level, utterances, speakers, method, reason)

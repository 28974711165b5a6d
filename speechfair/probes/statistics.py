"""Shares of replies with some property, per group, their differences, and how sure they are: the speaker is the unit.

Rests on `speechfair.metrics`; a share is a rate whose "words" are the questions. Nothing here reads a file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from speechfair.metrics.jackknife import effective_speakers, satterthwaite, t_quantile
from speechfair.metrics.paired import _skewed
from speechfair.metrics.rates import SpeakerSums, pooled_rate
from speechfair.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "complement",
    "difference",
    "difference_with_p",
    "least_variance",
    "share",
    "share_error",
    "sums_of",
    "two_sided_p",
]

METHOD = "jackknife-t-share-difference"


def sums_of(rows: Iterable[tuple[str | None, float, float]]) -> SpeakerSums:
    """Per-speaker sums of rows ``(speaker, events, trials)``; a speaker of None is not known."""
    events: dict[str, float] = {}
    trials: dict[str, float] = {}
    count, lost, lost_events, lost_trials = 0, 0, 0.0, 0.0
    for speaker, event, trial in rows:
        count += 1
        if speaker is None:
            lost, lost_events, lost_trials = lost + 1, lost_events + event, lost_trials + trial
            continue
        events[speaker] = events.get(speaker, 0.0) + event
        trials[speaker] = trials.get(speaker, 0.0) + trial
    names = tuple(sorted(name for name in trials if trials[name] > 0 or events[name] > 0))
    return SpeakerSums(
        names,
        np.array([events[name] for name in names], dtype=np.float64),
        np.array([trials[name] for name in names], dtype=np.float64),
        count,
        lost,
        lost_events,
        lost_trials,
    )


def complement(sums: SpeakerSums) -> SpeakerSums:
    """The trials in which the event did not happen."""
    return SpeakerSums(
        sums.speakers,
        np.maximum(sums.words - sums.errors, 0.0),
        sums.words,
        sums.n_utterances,
        sums.n_without_speaker,
        max(0.0, sums.words_without_speaker - sums.errors_without_speaker),
        sums.words_without_speaker,
    )


def share(sums: SpeakerSums, level: float = 0.95) -> Estimate:
    """The share of trials with the event, interval within [0, 1].

    The interval is that of the rarer of event and non-event, whose logarithm the jackknife can bear.
    """
    if sums.rate is None or sums.rate <= 0.5:
        found = pooled_rate(sums, level)
        return found if found.high is None else replace(found, high=min(1.0, found.high))
    found = pooled_rate(complement(sums), level)
    value = 1 - (found.value or 0.0)
    if found.low is None or found.high is None:
        return replace(found, value=value)
    return replace(found, value=value, low=max(0.0, 1 - found.high), high=1 - found.low)


def difference(group: SpeakerSums, reference: SpeakerSums, level: float = 0.95) -> Estimate:
    """Share in the group minus share in the reference, interval within [-1, 1]; see `difference_with_p`."""
    return difference_with_p(group, reference, level)[0]


def difference_with_p(
    group: SpeakerSums, reference: SpeakerSums, level: float = 0.95
) -> tuple[Estimate, float | None]:
    """The difference of two shares, and the p-value of there being none; None where there is no interval.

    Notes
    -----
    Delete-one-speaker jackknife of each share; a speaker of both groups enters by the covariance. The variance is at
    least that of independent trials with one event and one non-event added to each group, so that groups in which
    every answer is right give no interval of width zero. Student's t on a scale that is linear around 0 and
    logarithmic far from it.
    """
    for sums in (group, reference):
        if not sums.total_words:
            which = "group" if sums is group else "reference group"
            return _estimate(group, reference, level, None, None, f"nothing was asked of the {which}"), None
    value = (group.rate or 0.0) - (reference.rate or 0.0)
    for name, sums in (("group", group), ("reference group", reference)):
        if reason := sums.no_interval:
            return _estimate(group, reference, level, value, None, f"{name}: {reason}"), None
    error, freedom = share_error(group, reference)
    low, high = _skewed(value, error, t_quantile(freedom, level))
    limits = max(-1.0, low), min(1.0, high)
    return _estimate(group, reference, level, value, limits, None), two_sided_p(value, error, freedom)


def two_sided_p(value: float, error: float, freedom: float) -> float:
    """The p-value of 0 that belongs to the skewed t interval: 1 - the highest level at which it leaves 0 out."""
    from scipy.special import stdtr

    scale = 3 * error
    t = abs(math.asinh(value / scale)) * math.hypot(value, scale) / error
    return float(2 * stdtr(freedom, -t))


def share_error(group: SpeakerSums, reference: SpeakerSums) -> tuple[float, float]:
    """Standard error of the difference of two shares, and its degrees of freedom."""
    ours, theirs = _deviations(group), _deviations(reference)
    scales = tuple((len(side) - 1) / len(side) for side in (ours, theirs))
    variances = scales[0] * float(ours @ ours), scales[1] * float(theirs @ theirs)
    freedoms = tuple(max(1.0, effective_speakers(sums.words) - 1) for sums in (group, reference))
    floor = least_variance(group) + least_variance(reference)
    place = {name: index for index, name in enumerate(reference.speakers)}
    shared = [(index, place[name]) for index, name in enumerate(group.speakers) if name in place]
    if not shared:
        freedom = satterthwaite(variances, freedoms) if any(variances) else min(freedoms)
        return math.sqrt(max(floor, sum(variances))), freedom
    rows, columns = np.array(shared).T
    covariance = math.sqrt(scales[0] * scales[1]) * float(ours[rows] @ theirs[columns])
    return math.sqrt(max(floor, sum(variances) - 2 * covariance)), min(freedoms)


def _deviations(sums: SpeakerSums) -> NDArray[np.float64]:
    left: NDArray[np.float64] = (sums.errors.sum() - sums.errors) / (sums.words.sum() - sums.words)
    deviations: NDArray[np.float64] = left - left.mean()
    return deviations


def least_variance(sums: SpeakerSums) -> float:
    """Variance of a share of independent trials, with one event and one non-event added."""
    # shares, not counts: events may be fractions, but never more than trials
    smoothed = (sums.total_errors + 1) / (sums.total_words + 2)
    return max(0.0, smoothed * (1 - smoothed)) / sums.total_words


def _estimate(
    group: SpeakerSums,
    reference: SpeakerSums,
    level: float,
    value: float | None,
    limits: tuple[float, float] | None,
    reason: str | None,
) -> Estimate:
    low, high = limits or (None, None)
    speakers = len({*group.speakers, *reference.speakers})
    asked = group.n_utterances + reference.n_utterances
    return Estimate(value, low, high, level, asked, speakers, METHOD if limits else "none", reason)

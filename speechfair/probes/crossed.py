"""Shares right where voices and items are both samples: the same items are put in several voices.

An interval over voices alone answers "other people, these very questions". A claim about hearing an accent is about
other questions too. So the variance over voices and that over items add up (two-way, as in `metrics.two_way`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from speechfair.metrics.jackknife import effective_speakers, satterthwaite, t_quantile
from speechfair.metrics.paired import _skewed
from speechfair.metrics.rates import SpeakerSums
from speechfair.metrics.two_way import MIN_READERS, two_way_variance
from speechfair.probes.statistics import (
    difference_with_p,
    least_variance,
    share,
    share_error,
    sums_of,
    two_sided_p,
)
from speechfair.types import Estimate

__all__ = ["MIN_ITEMS", "Crossed", "crossed_difference_with_p", "crossed_of", "crossed_share"]

MIN_ITEMS = 8
"""Fewer items than this: no interval, the reason instead. Ours; simulated from here on (docs/results/probes.md)."""

METHOD = "two-way-jackknife-t"
SPARSE = "wider-of-voices-and-items"


@dataclass(frozen=True, eq=False)
class Crossed:
    """The same trials summed by voice, by item, and by pair of both.

    Parameters
    ----------
    voices, items, pairs : events among trials, as in `SpeakerSums`.
    """

    voices: SpeakerSums
    items: SpeakerSums
    pairs: SpeakerSums

    @property
    def ways(self) -> tuple[SpeakerSums, SpeakerSums, SpeakerSums]:
        """By voice, by item, by pair."""
        return self.voices, self.items, self.pairs

    @property
    def shared(self) -> bool:
        """Whether items are put in several voices; otherwise an item is part of its voice."""
        return len(self.pairs.speakers) >= MIN_READERS * max(1, len(self.items.speakers))

    def problem(self) -> str | None:
        """Why there can be no interval for other voices and other items; None if there can."""
        if reason := self.voices.no_interval:
            return reason
        count = int((self.items.words > 0).sum())
        if count < MIN_ITEMS:
            return f"fewer than {MIN_ITEMS} items ({count}): no interval, since other items may be harder"
        if (worth := effective_speakers(self.items.words)) < MIN_ITEMS / 2:
            return f"{count} items tell as much as {worth:.1f} that are asked equally often: no interval"
        return None


def crossed_of(rows: Iterable[tuple[str | None, str, float, float]]) -> Crossed:
    """Sums of rows ``(voice, item, events, trials)``; a voice of None is not known."""
    listed = list(rows)
    return Crossed(
        sums_of((voice, event, trial) for voice, _, event, trial in listed),
        sums_of((item, event, trial) for _, item, event, trial in listed),
        sums_of((f"{voice}\x1f{item}", event, trial) for voice, item, event, trial in listed),
    )


def crossed_share(crossed: Crossed, level: float = 0.95) -> Estimate:
    """The share of trials with the event, interval within [0, 1] for other voices and other items.

    Returns
    -------
    Estimate
        Without an interval, and with the reason, where voices or items are too few. Where no item is put in several
        voices, the interval of the voices holds for other items too and is given.

    Notes
    -----
    Student's t on the logit scale, with degrees of freedom midway between Satterthwaite's over voices and items and
    those of the fewer of both: in simulation the former cover too little and the latter too much. The variance is the
    delete-one jackknife's of the logit over voices, plus that over items, less that over pairs (Cameron, Gelbach &
    Miller, JBES 29, 2011), but at least the larger of the two and at least that of independent trials. Taken on the
    share itself, it is too small where few items make most errors. Where all events, or all non-events, are one
    voice's or one item's there is no such variance, and the interval spans those over voices alone and over items
    alone.
    """
    by_voice = share(crossed.voices, level)
    if by_voice.low is None or by_voice.high is None:
        return by_voice
    if reason := crossed.problem():
        return replace(by_voice, low=None, high=None, method="none", reason=reason)
    if not crossed.shared:
        return by_voice
    if min(_spread(way) for way in (crossed.voices, crossed.items)) < 2:
        by_item = share(crossed.items, level)
        lows = [one.low for one in (by_voice, by_item) if one.low is not None]
        highs = [one.high for one in (by_voice, by_item) if one.high is not None]
        return replace(by_voice, low=min(lows), high=max(highs), method=SPARSE)
    value = crossed.voices.rate
    assert value is not None
    error, freedom = _logit_error(crossed, value)
    half = t_quantile(freedom, level) * error
    centre = math.log(value / (1 - value))
    low, high = (1 / (1 + math.exp(-min(max(at, -700.0), 700.0))) for at in (centre - half, centre + half))
    return replace(by_voice, low=low, high=high, method=METHOD)


def _spread(sums: SpeakerSums) -> int:
    """Units with an event, or units with a non-event, whichever are fewer."""
    wrong = sums.words - sums.errors
    return min(int((sums.errors > 0).sum()), int((wrong > 0).sum()))


def _logit_error(crossed: Crossed, value: float) -> tuple[float, float]:
    """Standard error of the logit of the share `value`, and its degrees of freedom."""
    least = least_variance(crossed.voices) / (value * (1 - value)) ** 2
    variances = [_logit_variance(way) for way in crossed.ways]
    freedoms = [max(1.0, effective_speakers(way.words) - 1) for way in crossed.ways[:2]]
    freedom = (
        (satterthwaite(variances[:2], freedoms) + min(freedoms)) / 2 if any(variances[:2]) else min(freedoms)
    )
    return math.sqrt(max(two_way_variance(variances), least)), freedom


def _logit_variance(sums: SpeakerSums) -> float:
    """Variance of the logit by leaving out one unit at a time; at least two units have events, and two non-events."""
    left = (sums.errors.sum() - sums.errors) / (sums.words.sum() - sums.words)
    logits = np.log(left / (1 - left))
    deviations = logits - logits.mean()
    return (len(logits) - 1) / len(logits) * float(deviations @ deviations)


def crossed_difference_with_p(
    group: Crossed, reference: Crossed, level: float = 0.95
) -> tuple[Estimate, float | None]:
    """Share in the group minus share in the reference, and the p-value of there being no difference.

    Notes
    -----
    As `statistics.difference_with_p`, with the two-way variance. An item or a voice of both groups enters by its
    covariance, so what is hard for both cancels.
    """
    one_way, p_value = difference_with_p(group.voices, reference.voices, level)
    if one_way.value is None or one_way.low is None or one_way.high is None:
        return one_way, p_value
    for name, crossed in (("group", group), ("reference group", reference)):
        if reason := crossed.problem():
            reason = f"{name}: {reason}"
            return replace(one_way, low=None, high=None, method="none", reason=reason), None
    if not (group.shared and reference.shared):
        return one_way, p_value
    errors = [share_error(ours, theirs) for ours, theirs in zip(group.ways, reference.ways, strict=True)]
    error = math.sqrt(two_way_variance([error**2 for error, _ in errors]))
    freedom = satterthwaite([error**2 for error, _ in errors[:2]], [free for _, free in errors[:2]])
    low, high = _skewed(one_way.value, error, t_quantile(freedom, level))
    found = replace(one_way, low=max(-1.0, low), high=min(1.0, high), method=METHOD)
    return found, two_sided_p(one_way.value, error, freedom)

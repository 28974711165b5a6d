"""How many speakers two models must both hear, to show that nobody is degraded, or that the rate changed.

Everything here is about the intervals of `paired`; `power` is about two groups of different speakers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from speechfair.errors import InputError
from speechfair.metrics.jackknife import t_quantile
from speechfair.metrics.power import MOST_SPEAKERS, fewest, noncentral_power, require_power, require_ratio
from speechfair.metrics.rates import MIN_SPEAKERS, require_level

__all__ = ["Change", "no_harm_power", "speakers_for_change", "speakers_for_no_harm"]


@dataclass(frozen=True, slots=True)
class Change:
    """How a second model changes the errors of one group's speakers.

    Parameters
    ----------
    rate : error rate of the model before, errors per reference word.
    ratio : true rate after / before.
    churn : errors that only one of the two models makes, per reference word: those gained and those lost together.
    variation : coefficient of variation of the speakers' own ratios after / before; 0 where all change alike.
    speaker_variation : coefficient of variation of the speakers' rates before.
    words_per_speaker : mean reference words of a speaker.
    talk_variation : coefficient of variation of the speakers' reference words.

    Raises
    ------
    InputError
        If a figure is not finite or out of range, or the churn is less than the change itself, or more than all errors
        of both models.
    """

    rate: float
    ratio: float
    churn: float
    variation: float
    speaker_variation: float
    words_per_speaker: float
    talk_variation: float = 0.0

    def __post_init__(self) -> None:
        for name in ("rate", "ratio", "words_per_speaker"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} is {value}; it must be greater than 0")
        for name in ("churn", "variation", "speaker_variation", "talk_variation"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"{name} is {value}; it must be 0 or more")
        least = self.rate * abs(self.ratio - 1)
        if self.churn < least * (1 - 1e-9):
            raise InputError(
                f"churn is {self.churn:g}, less than the change of the rate itself ({least:g}); it counts the errors "
                "gained and those lost, per word"
            )
        most = self.rate * (1 + self.ratio)
        if self.churn > most * (1 + 1e-9):
            raise InputError(
                f"churn is {self.churn:g}, more than all errors of both models ({most:g} per word); give it as a "
                "fraction of the words: 0.04 is 4 %"
            )

    def log_variance(self, n_speakers: int) -> float:
        """Variance of log(rate after / rate before) over that many speakers (delta method)."""
        unequal = 1 + self.talk_variation**2
        between = self.variation**2 * (1 + self.speaker_variation**2) * unequal
        gained = (self.churn + self.rate * (self.ratio - 1)) / 2
        lost = self.churn - gained
        after = self.rate * self.ratio
        counting = (
            gained / after**2 + lost / self.rate**2 + (after - gained) * (1 / after - 1 / self.rate) ** 2
        )
        return (between + counting / self.words_per_speaker) / n_speakers

    def variance(self, n_speakers: int) -> float:
        """Variance of rate after - rate before over that many speakers."""
        unequal, square = 1 + self.talk_variation**2, self.speaker_variation**2
        own = (self.ratio - 1) ** 2 * square + (self.ratio * self.variation) ** 2 * (1 + square)
        return (self.rate**2 * own * unequal + self.churn / self.words_per_speaker) / n_speakers

    def degrees_of_freedom(self, n_speakers: int) -> float:
        """As `paired.degrees_of_freedom`, with gamma-distributed talk time."""
        if not self.talk_variation:
            return n_speakers - 1
        shape = self.talk_variation**-2
        return max(1.0, n_speakers * shape * (shape + 1) / ((shape + 2) * (shape + 3)) - 1)


def no_harm_power(
    change: Change, n_speakers: int, *, relative: float = 0.10, absolute: float = 0.01, level: float = 0.95
) -> float:
    """Probability that the no-harm test passes: the upper limit of the change is within the margin.

    Parameters
    ----------
    n_speakers : at least `MIN_SPEAKERS`.
    relative, absolute, level : as for `paired.non_inferiority`; the larger margin holds.

    Notes
    -----
    Noncentral t on the log ratio where the relative margin is the larger one, else on the difference. It does not know
    of harm that falls on few speakers, which raises the upper limit.
    """
    require_level(level)
    if n_speakers < MIN_SPEAKERS:
        raise InputError(f"{n_speakers} speakers: fewer than {MIN_SPEAKERS} have no interval, so no power")
    if relative * change.rate > absolute:
        distance, variance = math.log1p(relative) - math.log(change.ratio), change.log_variance(n_speakers)
    else:
        distance, variance = absolute - change.rate * (change.ratio - 1), change.variance(n_speakers)
    return _power(change, n_speakers, distance, variance, level)


def speakers_for_no_harm(
    change: Change,
    *,
    relative: float = 0.10,
    absolute: float = 0.01,
    power: float = 0.8,
    level: float = 0.95,
) -> int | None:
    """Fewest speakers with which the no-harm test passes with probability `power`; None where 100,000 do not do.

    Raises
    ------
    InputError
        If the true change is not within the margin, so that passing would be wrong.
    """
    require_power(power)
    for name, margin in (("relative", relative), ("absolute", absolute)):
        if not 0 <= margin < math.inf:
            raise InputError(f"the {name} margin is {margin}; it must be a number that is not negative")
    if change.rate * (change.ratio - 1) >= max(relative * change.rate, absolute):
        raise InputError(
            f"a rate of {change.rate:g} that becomes {change.ratio:g} times as high is not within the margin "
            f"({max(relative * change.rate, absolute):g}): no number of speakers shows that it is"
        )
    return fewest(
        lambda n: no_harm_power(change, n, relative=relative, absolute=absolute, level=level) >= power,
        MIN_SPEAKERS,
        MOST_SPEAKERS,
    )


def speakers_for_change(change: Change, *, power: float = 0.8, level: float = 0.95) -> int | None:
    """Fewest speakers with which the interval of after / before lies on the true side of 1; None as above.

    Raises
    ------
    InputError
        If the true ratio is 1: there is no change to be found.
    """
    require_power(power)
    require_level(level)
    require_ratio(change.ratio, "ratio")
    if math.isclose(change.ratio, 1.0):
        raise InputError("the rate after is the rate before: no number of speakers finds a change")
    distance = abs(math.log(change.ratio))
    return fewest(
        lambda n: _power(change, n, distance, change.log_variance(n), level) >= power,
        MIN_SPEAKERS,
        MOST_SPEAKERS,
    )


def _power(change: Change, n_speakers: int, distance: float, variance: float, level: float) -> float:
    if not variance:
        return float(distance > 0)
    freedom = change.degrees_of_freedom(n_speakers)
    return noncentral_power(distance / math.sqrt(variance), freedom, t_quantile(freedom, level))

"""How many speakers a comparison needs, and what a finished one could have found.

Everything here is about the test that `disparity.rate_ratio` makes: the jackknife on the log scale with t quantiles.
Figures rest on a model of how speakers differ; `pilot_spread` estimates it and says how sure it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from speechfair.errors import InputError
from speechfair.metrics.disparity import log_ratio_error
from speechfair.metrics.jackknife import far_quantile, satterthwaite
from speechfair.metrics.rates import MIN_EFFECTIVE_SPEAKERS, MIN_SPEAKERS, SpeakerSums, require_level

__all__ = [
    "MOST_SPEAKERS",
    "Population",
    "Texts",
    "detectable_ratio",
    "fewest",
    "noncentral_power",
    "ratio_power",
    "require_power",
    "require_ratio",
    "smallest_detectable_ratio",
    "speakers_needed",
]

_HIGHEST_RATE = 10.0

MOST_SPEAKERS = 100_000
"""Plans end here: a comparison that needs more speakers per group is not a matter of planning."""


@dataclass(frozen=True, slots=True)
class Population:
    """Speakers from whom a group is drawn.

    Parameters
    ----------
    rate : error rate, errors per reference word.
    variation : coefficient of variation of the speakers' true rates. 0.5 is usual, 0.9 is much.
    words_per_speaker : mean reference words of a speaker.
    over_dispersion : variance of a speaker's errors / their mean, given the speaker's rate; 1 is Poisson.
    talk_variation : coefficient of variation of the speakers' reference words; 0 is equal talk time.

    Raises
    ------
    InputError
        If a figure is not finite or out of range; the message names it.
    """

    rate: float
    variation: float
    words_per_speaker: float
    over_dispersion: float = 1.0
    talk_variation: float = 0.0

    def __post_init__(self) -> None:
        for name in ("rate", "words_per_speaker", "over_dispersion"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} is {value}; it must be greater than 0")
        for name in ("variation", "talk_variation"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"{name} is {value}; it must be 0 or more, such as 0.5")
        if self.rate > _HIGHEST_RATE * (1 + 1e-9):
            raise InputError(f"rate is {self.rate}; write it as a fraction, such as 0.2 for 20 percent")

    def log_variance(self, n_speakers: int) -> float:
        """Variance of the log of the pooled rate of that many speakers (delta method)."""
        between = self.variation**2 * (1 + self.talk_variation**2)
        within = self.over_dispersion / (self.words_per_speaker * self.rate)
        return (between + within) / n_speakers

    def degrees_of_freedom(self, n_speakers: int) -> float:
        """Effective speakers less one, as in the jackknife; below 2 there is no interval."""
        return n_speakers / (1 + self.talk_variation**2) - 1


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts that every speaker of both groups reads, where the claim is about other texts too (`two_way_ratio`).

    Parameters
    ----------
    count : texts.
    variation : coefficient of variation, over texts, of how much harder a text is for the group than for the reference.
        What is hard for both cancels in the ratio.
    """

    count: int
    variation: float

    def __post_init__(self) -> None:
        if self.count < MIN_SPEAKERS:
            raise InputError(f"{self.count} texts: an interval over texts needs at least {MIN_SPEAKERS}")
        if not (math.isfinite(self.variation) and self.variation >= 0):
            raise InputError(
                f"the variation over texts is {self.variation}; it must be 0 or more, such as 0.3"
            )

    @property
    def log_variance(self) -> float:
        """What texts add to the variance of the log ratio, however many speakers read them."""
        return self.variation**2 / self.count


def ratio_power(
    group: Population,
    reference: Population,
    n_group: int,
    n_reference: int,
    *,
    level: float = 0.95,
    limit: float = 1.0,
    texts: Texts | None = None,
) -> float:
    """Probability that the interval of the rate ratio lies wholly on the true ratio's side of `limit`.

    Parameters
    ----------
    group, reference : the true ratio is the quotient of their rates.
    n_group, n_reference : speakers of each, at least `MIN_SPEAKERS`; different people.
    limit : 1 to find a difference at all; 1.25 to find that a ratio is over (or under) a limit of 1.25.
    texts : the interval must hold for other texts too; None for the same texts.

    Notes
    -----
    Noncentral t with Satterthwaite's degrees of freedom, or those of the texts where these are fewer. It assumes that
    the log ratio is nearly normal. It is 0 where speakers talk so unequally that they are worth fewer than
    `rates.MIN_EFFECTIVE_SPEAKERS`.
    """
    require_level(level)
    require_ratio(limit, "limit")
    for name, count in (("n_group", n_group), ("n_reference", n_reference)):
        if count < MIN_SPEAKERS:
            raise InputError(
                f"{name} is {count}: fewer than {MIN_SPEAKERS} speakers have no interval, so no power"
            )
    variances = group.log_variance(n_group), reference.log_variance(n_reference)
    freedoms = group.degrees_of_freedom(n_group), reference.degrees_of_freedom(n_reference)
    if min(freedoms) < MIN_EFFECTIVE_SPEAKERS - 1:
        return 0.0
    freedom, variance = satterthwaite(variances, freedoms), sum(variances)
    if texts is not None:
        freedom, variance = min(freedom, texts.count - 1), variance + texts.log_variance
    distance = abs(math.log(group.rate / reference.rate / limit))
    return noncentral_power(distance / math.sqrt(variance), freedom, far_quantile(freedom, level))


def speakers_needed(
    reference: Population,
    ratio: float,
    *,
    power: float = 0.8,
    level: float = 0.95,
    limit: float = 1.0,
    n_reference: int | None = None,
    texts: Texts | None = None,
) -> int | None:
    """Fewest speakers per group with which a true `ratio` is found with probability `power`.

    Parameters
    ----------
    reference : the reference group's speakers; the other group's differ in their rate alone, which is `ratio` times
        as high.
    n_reference : speakers of the reference group; None makes both groups equally large.
    texts : as in `ratio_power`.

    Returns
    -------
    int or None
        At least `MIN_SPEAKERS`; None where `MOST_SPEAKERS` are not enough.
    """
    require_ratio(ratio, "ratio")
    require_power(power)
    if math.isclose(ratio, limit):
        raise InputError(
            f"the ratio {ratio:g} is the limit {limit:g}: no number of speakers tells them apart; choose another"
        )
    group = replace(reference, rate=reference.rate * ratio)

    def enough(count: int) -> bool:
        others = count if n_reference is None else n_reference
        return ratio_power(group, reference, count, others, level=level, limit=limit, texts=texts) >= power

    return fewest(enough, MIN_SPEAKERS, MOST_SPEAKERS)


def fewest(enough: Callable[[int], bool], least: int, most: int) -> int | None:
    """The smallest number from `least` to `most` that is enough, of which every larger one is too; None without any."""
    low, high = least, least
    while not enough(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high


def detectable_ratio(
    reference: Population, n_group: int, n_reference: int, *, power: float = 0.8, level: float = 0.95
) -> float:
    """Smallest true ratio over 1 that these numbers of speakers find with probability `power`.

    It is inf where even a rate of 10 errors per word would not be found.
    """
    require_power(power)
    most = math.log(_HIGHEST_RATE / reference.rate)

    def found(log_ratio: float) -> float:
        group = replace(reference, rate=reference.rate * math.exp(log_ratio))
        return ratio_power(group, reference, n_group, n_reference, level=level)

    return math.exp(_least(found, power, most))


def smallest_detectable_ratio(
    group: SpeakerSums, reference: SpeakerSums, *, power: float = 0.8, level: float = 0.95
) -> tuple[float | None, str | None]:
    """Smallest true ratio over 1 that this very comparison would have found with probability `power`.

    The standard error is the measured one, so speakers of both groups are accounted for.

    Returns
    -------
    (ratio, reason)
        The ratio is None, with the reason, where the comparison has no jackknife interval.
    """
    require_power(power)
    require_level(level)
    error = log_ratio_error(group, reference)
    if isinstance(error, str):
        return None, error
    if not error[0]:
        return None, "the same speakers make the same errors in both groups: the standard error is 0"
    critical = far_quantile(error[1], level)
    distance = _least(lambda d: noncentral_power(d / error[0], error[1], critical), power, 700.0)
    return math.exp(distance), None


def noncentral_power(noncentrality: float, freedom: float, critical: float) -> float:
    """Probability that t exceeds `critical` when its mean is shifted by `noncentrality`."""
    from scipy.special import nctdtr

    # Far out the distribution function loses its digits; the answer is 1 there.
    if noncentrality > 3 * critical + 30:
        return 1.0
    return float(1 - nctdtr(freedom, noncentrality, critical))


def _least(power_at: Callable[[float], float], power: float, most: float) -> float:
    """Smallest distance on the log scale at which the power is reached; inf where `most` is not enough."""
    low, high = 0.0, most
    if power_at(high) < power:
        return math.inf
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if power_at(middle) >= power else (middle, high)
    return high


def require_ratio(value: float, name: str) -> None:
    """Raise InputError unless `value` is finite and above 0."""
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{name} is {value}; write a rate ratio greater than 0, such as 1.25")


def require_power(power: float) -> None:
    """Raise InputError unless 0 < power < 1."""
    if not 0 < power < 1:
        raise InputError(f"power is {power}; give it as a fraction, such as 0.8")

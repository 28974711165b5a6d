"""How many speakers a comparison needs, and what a finished one could have found.

Everything here is about the test that `disparity.rate_ratio` makes: the jackknife on the log scale with t quantiles.
Figures rest on a model of how speakers differ; `spread_of_pilot` estimates it and says how sure it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.disparity import log_ratio_error
from speechfair.metrics.jackknife import effective_speakers, satterthwaite, t_quantile
from speechfair.metrics.rates import MIN_EFFECTIVE_SPEAKERS, MIN_SPEAKERS, SpeakerSums, require_level

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "MOST_SPEAKERS",
    "Population",
    "Spread",
    "detectable_ratio",
    "ratio_power",
    "smallest_detectable_ratio",
    "speakers_needed",
    "spread_of_pilot",
]

_HIGHEST_RATE = 10.0
_LEAST_FREEDOM = 0.5

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
class Spread:
    """How speakers differ, estimated from a pilot.

    Parameters
    ----------
    variation : between-speaker coefficient of variation of the true rate.
    low, high : its interval; wide when speakers are few.
    over_dispersion : variance / mean of a speaker's errors within utterances.
    talk_variation, words_per_speaker : see `Population`.
    n_speakers : speakers it rests on, over all groups.
    level : nominal coverage of the interval.
    """

    variation: float
    low: float
    high: float
    over_dispersion: float
    talk_variation: float
    words_per_speaker: float
    n_speakers: int
    level: float


def ratio_power(
    group: Population,
    reference: Population,
    n_group: int,
    n_reference: int,
    *,
    level: float = 0.95,
    limit: float = 1.0,
) -> float:
    """Probability that the interval of the rate ratio lies wholly on the true ratio's side of `limit`.

    Parameters
    ----------
    group, reference : the true ratio is the quotient of their rates.
    n_group, n_reference : speakers of each, at least `MIN_SPEAKERS`; different people.
    limit : 1 to find a difference at all; 1.25 to find that a ratio is over (or under) a limit of 1.25.

    Notes
    -----
    Noncentral t with Satterthwaite's degrees of freedom. It assumes that the log ratio is nearly normal. It is 0 where
    speakers talk so unequally that they are worth fewer than `rates.MIN_EFFECTIVE_SPEAKERS`.
    """
    require_level(level)
    _require_ratio(limit, "limit")
    for name, count in (("n_group", n_group), ("n_reference", n_reference)):
        if count < MIN_SPEAKERS:
            raise InputError(
                f"{name} is {count}: fewer than {MIN_SPEAKERS} speakers have no interval, so no power"
            )
    variances = group.log_variance(n_group), reference.log_variance(n_reference)
    freedoms = group.degrees_of_freedom(n_group), reference.degrees_of_freedom(n_reference)
    if min(freedoms) < MIN_EFFECTIVE_SPEAKERS - 1:
        return 0.0
    freedom = satterthwaite(variances, freedoms)
    distance = abs(math.log(group.rate / reference.rate / limit))
    return _noncentral_power(distance / math.sqrt(sum(variances)), freedom, level)


def speakers_needed(
    reference: Population,
    ratio: float,
    *,
    power: float = 0.8,
    level: float = 0.95,
    limit: float = 1.0,
    n_reference: int | None = None,
) -> int | None:
    """Fewest speakers per group with which a true `ratio` is found with probability `power`.

    Parameters
    ----------
    reference : the reference group's speakers; the other group's differ in their rate alone, which is `ratio` times
        as high.
    n_reference : speakers of the reference group; None makes both groups equally large.

    Returns
    -------
    int or None
        At least `MIN_SPEAKERS`; None where `MOST_SPEAKERS` are not enough.
    """
    _require_ratio(ratio, "ratio")
    _require_power(power)
    if math.isclose(ratio, limit):
        raise InputError(
            f"the ratio {ratio:g} is the limit {limit:g}: no number of speakers tells them apart; choose another"
        )
    group = replace(reference, rate=reference.rate * ratio)

    def enough(count: int) -> bool:
        others = count if n_reference is None else n_reference
        return ratio_power(group, reference, count, others, level=level, limit=limit) >= power

    low, high = MIN_SPEAKERS, MIN_SPEAKERS
    while not enough(high):
        if high >= MOST_SPEAKERS:
            return None
        low, high = high, min(2 * high, MOST_SPEAKERS)
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
    _require_power(power)
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
    _require_power(power)
    require_level(level)
    error = log_ratio_error(group, reference)
    if isinstance(error, str):
        return None, error
    if not error[0]:
        return None, "the same speakers make the same errors in both groups: the standard error is 0"
    distance = _least(lambda d: _noncentral_power(d / error[0], error[1], level), power, 700.0)
    return math.exp(distance), None


def spread_of_pilot(groups: Sequence[pl.DataFrame], level: float = 0.95) -> Spread:
    """How speakers differ around their group's rate, from the scores of a pilot.

    Parameters
    ----------
    groups : scores of each group, a row per utterance, as for `rates.speaker_sums`. Groups without a speaker id, an
        error or a second speaker tell nothing and are passed over.

    Raises
    ------
    InputError
        If fewer than `MIN_SPEAKERS` speakers remain, or a few of them have most of the words or errors.

    Notes
    -----
    Method of moments. Within speakers, squared residuals of utterances over their expectation give the
    over-dispersion; between speakers, squared residuals of the per-speaker sums, less what the over-dispersed
    counting explains, give the variation, the same in all groups. Its interval takes the squared residuals as
    chi-square, with the degrees of freedom lowered by the kurtosis of gamma-distributed speaker rates.
    """
    from speechfair.metrics.rates import speaker_sums

    require_level(level)
    usable = [(table, sums) for table in groups if _tells(sums := speaker_sums(table))]
    all_words = np.concatenate([sums.words for _, sums in usable]) if usable else np.zeros(0)
    if len(all_words) < MIN_SPEAKERS:
        raise InputError(
            f"the pilot has {len(all_words)} speakers in groups that tell how speakers differ (two speakers and one "
            f"error at least); {MIN_SPEAKERS} are needed, so state the variation yourself (--cv 0.5 is usual)"
        )
    dispersion = _over_dispersion([table for table, _ in usable])
    squares = noise = weight = 0.0
    for _, sums in usable:
        parts = _moments(sums, dispersion)
        squares, noise, weight = squares + parts[0], noise + parts[1], weight + parts[2]
    square = max(0.0, (squares - noise) / weight)
    effective = sum(effective_speakers(sums.words) for _, sums in usable)
    limits = _variation_limits(squares, noise, weight, effective, len(usable), level)
    if limits is None:
        raise InputError(
            f"the pilot's {len(all_words)} speakers cannot tell how speakers differ, since a few of them have most of "
            "the words or errors; add speakers, or state the variation yourself (--cv 0.5 is usual)"
        )
    low, high = limits
    return Spread(
        variation=math.sqrt(square),
        low=math.sqrt(max(0.0, low)),
        high=math.sqrt(max(0.0, high)),
        over_dispersion=dispersion,
        talk_variation=float(all_words.std(ddof=1) / all_words.mean()),
        words_per_speaker=float(all_words.mean()),
        n_speakers=len(all_words),
        level=level,
    )


def _tells(sums: SpeakerSums) -> bool:
    return not sums.n_without_speaker and sums.n_speakers > 1 and bool(sums.errors.any() and sums.words.all())


def _moments(sums: SpeakerSums, dispersion: float) -> tuple[float, float, float]:
    """Squared residuals / words, relative to the rate; what counting adds; the factor of the squared variation."""
    errors, words = sums.errors, sums.words
    total, rate = float(words.sum()), float(errors.sum() / words.sum())
    squares = float(((errors - rate * words) ** 2 / words).sum()) / rate**2
    noise = dispersion * (len(words) - 1) / rate
    return squares, noise, total - float(words @ words) / total


def _over_dispersion(tables: Sequence[pl.DataFrame]) -> float:
    """Variance / mean of utterance errors around the speaker's own rate; 1 where no speaker has two utterances."""
    import polars as pl

    kinds = ("substitutions", "deletions", "insertions")
    squares = expected = 0.0
    for table in tables:
        words, errors = pl.col("reference_length"), pl.sum_horizontal(*kinds).cast(pl.Float64)
        rate = errors.sum().over("speaker") / words.sum().over("speaker")
        parts = table.filter(words.sum().over("speaker") > 0).select(
            ((errors - rate * words) ** 2).sum().alias("squares"),
            (rate * words * (1 - words / words.sum().over("speaker"))).sum().alias("expected"),
        )
        squares, expected = squares + float(parts["squares"][0]), expected + float(parts["expected"][0])
    return squares / expected if expected > 0 and squares > 0 else 1.0


def _variation_limits(
    squares: float, noise: float, weight: float, effective: float, n_groups: int, level: float
) -> tuple[float, float] | None:
    """Limits of the squared variation; None with less than one degree of freedom."""
    from scipy.special import chdtri

    square = max(0.0, (squares - noise) / weight)
    share = square * weight / squares if squares else 0.0
    # Var(s²) / s⁴ = 2 / (m - 1) + kurtosis / m, and a gamma of variation c has the excess kurtosis 6 c².
    if effective - n_groups < 1:
        return None
    freedom = 2 / (2 / (effective - n_groups) + 6 * square * share**2 / effective)
    if freedom < _LEAST_FREEDOM:
        return None
    quantiles = (chdtri(freedom, (1 - level) / 2), chdtri(freedom, (1 + level) / 2))
    low, high = (freedom * squares / float(quantile) for quantile in quantiles)
    return (low - noise) / weight, (high - noise) / weight


def _noncentral_power(noncentrality: float, freedom: float, level: float) -> float:
    """Probability that t exceeds its upper critical value when its mean is shifted."""
    from scipy.special import nctdtr

    critical = t_quantile(freedom, level)
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


def _require_ratio(value: float, name: str) -> None:
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{name} is {value}; write a rate ratio greater than 0, such as 1.25")


def _require_power(power: float) -> None:
    if not 0 < power < 1:
        raise InputError(f"power is {power}; give it as a fraction, such as 0.8")

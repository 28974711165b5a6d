"""How speakers differ around their group's rate, from a pilot, and how sure that is; `power` plans with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.error_counts import errors_of
from speechfair.metrics.jackknife import effective_speakers
from speechfair.metrics.rates import MIN_SPEAKERS, SpeakerSums, require_level

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Spread", "spread_of_pilot"]

_LEAST_FREEDOM = 0.5


@dataclass(frozen=True, slots=True)
class Spread:
    """How speakers differ, estimated from a pilot.

    Parameters
    ----------
    variation : between-speaker coefficient of variation of the true rate.
    low, high : its interval; wide when speakers are few.
    over_dispersion : variance / mean of a speaker's errors within utterances.
    talk_variation, words_per_speaker : see `power.Population`.
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

    squares = expected = 0.0
    for table in tables:
        words, errors = pl.col("reference_length"), errors_of(table).cast(pl.Float64)
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

"""Rates and ratios for other texts as well: speakers and texts are both samples.

The intervals of `rates` and `disparity` hold for other speakers who read these very texts. Where texts are read by
several speakers, and the claim is about speech in general, the texts are a sample too, often a small one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from speechfair.metrics.disparity import log_ratio_error, shares_speakers
from speechfair.metrics.independent_errors import independent_rate, independent_ratio
from speechfair.metrics.jackknife import effective_speakers, far_quantile, spanning, wider
from speechfair.metrics.rates import (
    TOO_WIDE,
    SpeakerSums,
    require_level,
    speaker_sums,
)
from speechfair.types import Estimate

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "MIN_READERS",
    "readers_per_text",
    "text_variance",
    "two_way_rate",
    "two_way_ratio",
    "two_way_variance",
]

MIN_READERS = 2.0
"""Speakers per text from which on texts are shared: with fewer, a text is part of its speaker."""

_METHOD = "two-way-jackknife-log-t"


def readers_per_text(scores: pl.DataFrame, text: str = "reference") -> float:
    """How many speakers read a text, on average over the texts; 0 without any."""
    texts = scores[text].n_unique()
    return scores.select("speaker", text).n_unique() / texts if texts else 0.0


def two_way_rate(scores: pl.DataFrame, *, text: str = "reference", level: float = 0.95) -> Estimate:
    """Pooled rate with an interval for other speakers and other texts.

    Parameters
    ----------
    scores : one row per utterance, as for `rates.speaker_sums`, with the column `text` that names what was read.
    text : name of that column.

    Returns
    -------
    Estimate
        Without an interval, and with the reason, where speakers or texts are too few (`rates.MIN_SPEAKERS` of either),
        or where texts are hardly shared.

    Notes
    -----
    The jackknife variance of the log rate over speakers, plus that over texts, less that over the pairs of both
    (Cameron, Gelbach & Miller, JBES 29, 2011), but at least the larger of the two; the degrees of freedom are those of
    the fewer. The interval holds that of independent errors, as in `rates.pooled_rate`. With 10 texts such an interval
    covers about 92 %, where the speakers' own covers 39 to 59 %.
    """
    require_level(level)
    sums = speaker_sums(scores)
    if not sums.rate:
        why = (
            "no reference words: no rate"
            if sums.rate is None
            else "no errors: the spread over texts is not known"
        )
        return _estimate(scores, sums, level, sums.rate, None, why)
    ways = _ways(scores, text)
    if reason := _problem(scores, ways, text):
        return _estimate(scores, sums, level, sums.rate, None, reason)
    found = [way.jackknife for way in ways]
    known = [jackknife for jackknife in found if jackknife is not None]
    if len(known) < len(found):
        return _estimate(scores, sums, level, sums.rate, None, "all errors are one speaker's or one text's")
    variance = two_way_variance([jackknife.variance for jackknife in known])
    freedom = min(known[0].degrees_of_freedom, known[1].degrees_of_freedom)
    half = math.sqrt(variance) * far_quantile(freedom, level)
    least = independent_rate(sums.total_errors, sums.total_words, level)
    return _spanned(scores, sums, level, sums.rate, half, least)


def two_way_ratio(
    group: pl.DataFrame, reference: pl.DataFrame, *, text: str = "reference", level: float = 0.95
) -> Estimate:
    """The group's pooled rate / the reference's, with an interval for other speakers and other texts.

    Parameters, result and method are as for `two_way_rate`. A text that both groups read moves both rates, so that what
    is hard about it cancels; only what is harder for one group remains.
    """
    import polars as pl

    require_level(level)
    ours, theirs = speaker_sums(group), speaker_sums(reference)
    both = pl.concat([group.select(_columns(text)), reference.select(_columns(text))])
    sums = ours + theirs
    if ours.rate is None or not theirs.rate:
        return _estimate(
            both, sums, level, None, None, "a group has no reference words, or the reference no errors"
        )
    value = ours.rate / theirs.rate
    ways = [_ways(table, text) for table in (group, reference)]
    reason = _problem(group, ways[0], text) or _problem(reference, ways[1], text)
    if reason:
        return _estimate(both, sums, level, value, None, reason)
    errors = [log_ratio_error(one, other) for one, other in zip(*ways, strict=True)]
    known = [error for error in errors if not isinstance(error, str)]
    if len(known) < len(errors):
        reason = next(error for error in errors if isinstance(error, str))
        return _estimate(both, sums, level, value, None, reason)
    variance = two_way_variance([error**2 for error, _ in known])
    freedom = min(known[0][1], known[1][1])
    half = math.sqrt(variance) * far_quantile(freedom, level)
    least = None if shares_speakers(ours, theirs) else independent_ratio(ours, theirs, level)
    return _spanned(both, sums, level, value, half, least)


def text_variance(group: pl.DataFrame, reference: pl.DataFrame, *, text: str = "reference") -> float | None:
    """Variance, over texts, of how much harder a text is for the group than for the reference, on the log scale.

    None where there are no texts, where they are hardly shared, or too few for an interval over texts.

    Notes
    -----
    The jackknife variance over texts holds what texts add and what any two utterances differ by; the latter alone is
    that over pairs of speaker and text. It can be below 0 by chance.
    """
    if text not in group.columns or text not in reference.columns:
        return None
    ways = [_ways(table, text) for table in (group, reference)]
    if _problem(group, ways[0], text) or _problem(reference, ways[1], text):
        return None
    _, texts, pairs = (log_ratio_error(one, other) for one, other in zip(*ways, strict=True))
    if isinstance(texts, str) or isinstance(pairs, str):
        return None
    return (texts[0] ** 2 - pairs[0] ** 2) * (texts[1] + 1)


def _columns(text: str) -> list[str]:
    return ["speaker", text, "substitutions", "deletions", "insertions", "reference_length"]


def _ways(scores: pl.DataFrame, text: str) -> list[SpeakerSums]:
    """Sums by speaker, by text, and by both."""
    import polars as pl

    by_text = scores.with_columns(pl.col(text).cast(pl.String).alias("speaker"))
    pairs = pl.concat_str([pl.col("speaker").cast(pl.String), pl.col(text).cast(pl.String)], separator="\x1f")
    return [
        speaker_sums(scores),
        speaker_sums(by_text),
        speaker_sums(scores.with_columns(pairs.alias("speaker"))),
    ]


def _problem(scores: pl.DataFrame, ways: list[SpeakerSums], text: str) -> str | None:
    if (readers := readers_per_text(scores, text)) < MIN_READERS:
        return f"a text is read by {readers:.1f} speakers on average: texts are hardly shared"
    if reason := ways[0].no_interval:
        return reason
    if reason := ways[1].no_interval:
        texts = ways[1].n_speakers
        worth = effective_speakers(ways[1].words) if texts else 0.0
        return f"{texts} texts, worth {worth:.1f} of equal length, are too few for an interval over texts"
    return ways[2].no_interval


def two_way_variance(variances: Sequence[float]) -> float:
    """The variance over speakers, plus that over texts, less that over pairs; at least the larger of the two."""
    speakers, texts, pairs = variances
    return max(speakers + texts - pairs, speakers, texts)


def _spanned(
    scores: pl.DataFrame,
    sums: SpeakerSums,
    level: float,
    value: float,
    half: float,
    least: tuple[float, float] | None,
) -> Estimate:
    limits = spanning(value, half) if np.isfinite(half) else None
    if limits and least:
        limits = wider(limits, least)
    return _estimate(scores, sums, level, value, limits, None if limits else TOO_WIDE)


def _estimate(
    scores: pl.DataFrame,
    sums: SpeakerSums,
    level: float,
    value: float | None,
    limits: tuple[float, float] | None,
    reason: str | None,
) -> Estimate:
    low, high = limits or (None, None)
    method = _METHOD if limits else "none"
    return Estimate(value, low, high, level, scores.height, sums.n_speakers, method, reason)

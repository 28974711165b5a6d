"""The paired control test: do two readings of one text disagree more when the accent changes?

A disagreement is two speakers' readings of the same text that are recognised as different texts. The excess is the
share of disagreeing pairs of different accent minus that of the same accent, each averaged over texts that have both
kinds of pairs.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from speechfair.types import UNKNOWN, Estimate

if TYPE_CHECKING:
    import polars as pl

__all__ = ["control_test"]

_METHOD = "jackknife-t-speakers-or-texts"
_LEAST = 5


def control_test(scores: pl.DataFrame, axis: str, level: float = 0.95) -> Estimate:
    """Excess disagreement between accents over disagreement within one accent, as a share of pairs.

    Parameters
    ----------
    scores : rows of a run's scores.
    axis : label axis whose groups are the accents.

    Returns
    -------
    Estimate
        The wider of two delete-one jackknife intervals, one over speakers and one over texts (t quantiles), because
        pairs share both. No value without a text that has pairs of both kinds; no interval below five speakers or
        texts.
    """
    import polars as pl

    from speechfair.metrics.jackknife import t_quantile
    from speechfair.running.scoring import add_axis

    table = add_axis(scores.filter(pl.col("excluded").is_null() & pl.col("speaker").is_not_null()), axis)
    readings: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for reference, speaker, group, hypothesis in table.select(
        "reference", "speaker", "group", "hypothesis"
    ).iter_rows():
        if UNKNOWN not in group.split("+"):
            readings[reference].setdefault(speaker, (group, hypothesis or ""))
    shares = {text: share for text, rows in readings.items() if (share := _share(rows)) is not None}
    if not shares:
        reason = "no text is read by two speakers of one group and by speakers of two groups"
        return Estimate(None, None, None, level, 0, 0, _METHOD, reason)
    texts = {text: readings[text] for text in shares}
    speakers = sorted({speaker for rows in texts.values() for speaker in rows})
    value = sum(shares.values()) / len(shares)
    n = sum(len(rows) for rows in texts.values())
    if len(speakers) < _LEAST or len(texts) < _LEAST:
        reason = f"{len(speakers)} speakers and {len(texts)} texts in pairs; {_LEAST} of each are needed"
        return Estimate(value, None, None, level, n, len(speakers), "none", reason)
    rest = [(sum(shares.values()) - share) / (len(shares) - 1) for share in shares.values()]
    without = [x for speaker in speakers if (x := _without(texts, shares, speaker)) is not None]
    half = max(
        _half_width(replicates, t_quantile(len(replicates) - 1, level)) for replicates in (rest, without)
    )
    if half == 0:
        # Nothing ever disagreed, or always: what one further text could change is the least that is honest.
        half = t_quantile(min(len(texts), len(speakers)) - 1, level) / min(len(texts), len(speakers))
    return Estimate(value, value - half, value + half, level, n, len(speakers), _METHOD)


def _share(rows: Mapping[str, tuple[str, str]]) -> float | None:
    """Disagreeing pairs between groups minus those within, of one text; None without pairs of both kinds."""
    cells = Counter(rows.values())
    groups = Counter(group for group, _ in rows.values())
    outputs = Counter(output for _, output in rows.values())
    inside = sum(_pairs(count) for count in groups.values())
    between = _pairs(len(rows)) - inside
    if not inside or not between:
        return None
    alike_inside = sum(_pairs(count) for count in cells.values())
    alike_between = sum(_pairs(count) for count in outputs.values()) - alike_inside
    return (1 - alike_between / between) - (1 - alike_inside / inside)


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _without(
    texts: Mapping[str, Mapping[str, tuple[str, str]]], shares: Mapping[str, float], speaker: str
) -> float | None:
    """The excess without one speaker; only texts that the speaker read are counted again."""
    left = []
    for text, rows in texts.items():
        share: float | None = shares[text]
        if speaker in rows:
            share = _share({name: row for name, row in rows.items() if name != speaker})
        if share is not None:
            left.append(share)
    return sum(left) / len(left) if left else None


def _half_width(replicates: Sequence[float], quantile: float) -> float:
    count = len(replicates)
    mean = sum(replicates) / count
    return quantile * math.sqrt((count - 1) / count * sum((x - mean) ** 2 for x in replicates))

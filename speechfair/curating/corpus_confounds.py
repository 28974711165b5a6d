"""What differs between groups besides their label: corpus, channel, texts, length, level.

Such a difference can make or hide a gap. Two groups that never agree in a trait are *separated* by it, which no
statistic can undo; else the size of the difference is reported as Cohen's d over speakers, or rows where no speaker is
known. Rooted in `speechfair.curating.corpus_facts` only; nothing is transcribed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LARGE_D", "Confound", "confounds_of", "told"]

LARGE_D = 0.8
"""Cohen's d from which a difference is reported; the usual bound of a large effect (Cohen, Statistical Power Analysis
for the Behavioral Sciences, 1988)."""

_MOST_GROUPS = 30
_MOST_PAIRS = 3
_SEPARATING = {
    "corpus": "corpus",
    "file_type": "type of audio file",
    "sample_rate": "sample rate",
    "channels": "number of channels",
    "text": "texts",
}
# column: what it is called, its unit, and the difference of means below which it is not worth telling
_MEASURED = {
    "words": ("text length", "words", 0.5),
    "characters": ("text length", "characters", 1.0),
    "duration_s": ("recording length", "s", 0.2),
    "level_db": ("level", "dB", 1.0),
    "silent": ("share of silence", "", 0.05),
}


@dataclass(frozen=True, slots=True)
class Confound:
    """A trait in which two groups of an axis differ.

    Parameters
    ----------
    separated : whether the groups never agree in it.
    effect : Cohen's d of `one` less `other`; None where `separated`, or where neither group has any spread.
    """

    axis: str
    one: str
    other: str
    trait: str
    separated: bool
    effect: float | None
    sentence: str

    @property
    def level(self) -> Literal["problem", "note"]:
        """Groups of different corpora, or of different channels, cannot be compared: that is a problem."""
        return "problem" if self.separated and self.trait != _SEPARATING["text"] else "note"


def confounds_of(rows: pl.DataFrame, axes: Sequence[str], *, audio: bool) -> list[Confound]:
    """What the groups of each axis differ in, pair by pair.

    Parameters
    ----------
    rows : as `speechfair.curating.corpus_check.flat` gives them.

    Notes
    -----
    An axis of more than 30 groups is left out, as its pairs would be too many to read. Texts separate groups in
    talk that is not read, too; that is a note.
    """
    found = []
    for axis in axes:
        column = f"label:{axis}"
        values = sorted(rows[column].unique().to_list())
        # an unknown label next to known ones of the same corpus is a gap in the metadata, not a group of its own kind
        if axis != "corpus" and rows["corpus"].n_unique() == 1:
            values = [value for value in values if value != UNKNOWN]
        if not 1 < len(values) <= _MOST_GROUPS:
            continue
        groups = {value: rows.filter(rows[column] == value) for value in values}
        for one, other in combinations(values, 2):
            found += _pair(axis, one, groups[one], other, groups[other], audio)
    return found


def told(confounds: Sequence[Confound]) -> list[tuple[Literal["problem", "note"], str]]:
    """Level and sentence of each, with the pairs of one axis and trait reported together where they are many."""
    kinds: dict[tuple[str, str, bool], list[Confound]] = {}
    for each in confounds:
        kinds.setdefault((each.axis, each.trait, each.separated), []).append(each)
    found = []
    for (axis, trait, separated), alike in kinds.items():
        if len(alike) <= _MOST_PAIRS:
            found += [(each.level, each.sentence) for each in alike]
            continue
        what = f"no {trait} in common" if separated else f"different {trait}"
        words = f"{axis}: {len(alike)} pairs of groups have {what}, such as {alike[0].one!r} and {alike[0].other!r}"
        found.append((alike[0].level, words))
    return found


def _pair(
    axis: str, one: str, left: pl.DataFrame, other: str, right: pl.DataFrame, audio: bool
) -> list[Confound]:
    found = []
    for column, trait in _SEPARATING.items():
        if column == axis or (not audio and column in ("sample_rate", "channels")):
            continue
        here, there = (part[column].drop_nulls().unique() for part in (left, right))
        if (
            len(here)
            and len(there)
            and here.to_frame().join(there.to_frame(), on=column, how="semi").is_empty()
        ):
            shown = "" if column == "text" else f" ({_some(here)} against {_some(there)})"
            words = f"{axis}: {one!r} and {other!r} have no {trait} in common{shown}"
            found.append(Confound(axis, one, other, trait, True, None, words))
    for column, (trait, unit, least) in _MEASURED.items():
        d = _cohens_d(left, right, column)
        if d is None or abs(d) < LARGE_D:
            continue
        means = [_mean(part, column) for part in (left, right)]
        if abs(means[0] - means[1]) >= least:
            ours, theirs = (f"{mean:.3g} {unit}".rstrip() for mean in means)
            words = f"{axis}: {trait} differs between {one!r} ({ours}) and {other!r} ({theirs})"
            effect = d if math.isfinite(d) else None
            words += f", d = {d:.2f}" if effect is not None else ", without any spread"
            found.append(Confound(axis, one, other, trait, False, effect, words))
    return found


def _mean(rows: pl.DataFrame, column: str) -> float:
    return float(rows[column].drop_nulls().to_numpy().mean())


def _some(values: pl.Series) -> str:
    listed = sorted(map(str, values))
    return ", ".join(listed[:3]) + (" …" if len(listed) > 3 else "")


def _cohens_d(left: pl.DataFrame, right: pl.DataFrame, column: str) -> float | None:
    """Cohen's d with the pooled standard deviation, over means of speakers; None where either has fewer than two."""
    import numpy as np
    import polars as pl

    samples = []
    for rows in (left, right):
        unit = pl.coalesce(
            "speaker", pl.col("row").cast(pl.Int64) * -1 - 1
        )  # a row stands for an unknown speaker
        told = rows.filter(pl.col(column).is_not_null())
        samples.append(
            told.group_by(unit.alias("unit")).agg(pl.col(column).cast(pl.Float64).mean())[column].to_numpy()
        )
    a, b = samples
    if min(len(a), len(b)) < 2:
        return None
    pooled = ((len(a) - 1) * np.var(a, ddof=1) + (len(b) - 1) * np.var(b, ddof=1)) / (len(a) + len(b) - 2)
    difference = float(np.mean(a) - np.mean(b))
    if pooled <= 1e-18:
        return None if difference == 0 else math.copysign(math.inf, difference)
    return difference / math.sqrt(float(pooled))

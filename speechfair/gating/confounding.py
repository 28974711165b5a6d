"""Whether two groups differ in more than the label: other corpora, other channels, other texts.

A difference between groups that were recorded by different people, in different ways and reading different things
cannot be attributed to the label. Only complete separation is found here; partial overlap is for an adjusted model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

from speechfair.gating.cases import Members

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CHANNEL_AXES", "CORPUS_AXES", "confounded_with"]

CORPUS_AXES = ("corpus", "dataset")
"""Label axes that say which corpus an utterance is from."""

CHANNEL_AXES = ("channel", "device", "microphone", "recorder", "codec")
"""Label axes that say how an utterance was recorded or transmitted."""

_PREFIX = r"^([^/\\:|]+)[/\\:|]"


def confounded_with(axis: str, groups: list[Members], sources: pl.DataFrame | None) -> list[str]:
    """What separates some pair of `groups` completely next to `axis`: of ``corpus``, ``channel``, ``texts``.

    Parameters
    ----------
    sources : ``utterance_id``, ``audio`` and ``sample_rate``; None leaves file types and sample rates out.

    Returns
    -------
    list[str]
        Empty where every pair of groups overlaps. Groups are of different corpora if the criterion's axis is the
        corpus, if labels of `CORPUS_AXES` never agree, or, without such labels, if their ids begin with different
        names and no text is in both. They are of different channels if labels of `CHANNEL_AXES`, sample rates or
        types of audio file never agree. Texts count only next to different corpora: talk that is not read differs
        everywhere.
    """
    traits = [
        members.kept(("traits", id(sources)), partial(_Traits.of, members, sources)) for members in groups
    ]
    found: set[str] = set()
    for one, other in combinations(traits, 2):
        found.update(_pair(set(axis.split("+")), one, other))
    return sorted(found)


@dataclass(frozen=True)
class _Traits:
    """What is known of a group next to its label, each as the set of values that occur; empty is not known."""

    labels: Mapping[str, set[str]]
    prefixes: set[str]
    texts: set[str]
    sample_rates: set[str]
    file_types: set[str]

    @classmethod
    def of(cls, members: Members, sources: pl.DataFrame | None) -> _Traits:
        table = members.table
        return cls(
            {axis: _labels(table, axis) for axis in (*CORPUS_AXES, *CHANNEL_AXES)},
            _prefixes(members.value, table),
            set(table["reference"].drop_nulls().to_list()) if "reference" in table.columns else set(),
            *_files(table, sources),
        )


def _pair(axes: set[str], one: _Traits, other: _Traits) -> set[str]:
    found = set()
    no_text_shared = _apart(one.texts, other.texts)
    told = [a for a in CORPUS_AXES if a not in axes and one.labels[a] and other.labels[a]]
    by_label = any(_apart(one.labels[a], other.labels[a]) for a in told)
    by_id = not told and no_text_shared and _apart(one.prefixes, other.prefixes)
    if axes & set(CORPUS_AXES) or by_label or by_id:
        found.add("corpus")
    channels = [_apart(one.labels[a], other.labels[a]) for a in CHANNEL_AXES]
    channels += [_apart(one.sample_rates, other.sample_rates), _apart(one.file_types, other.file_types)]
    if not axes & set(CHANNEL_AXES) and any(channels):
        found.add("channel")
    if "corpus" in found and no_text_shared:
        found.add("texts")
    return found


def _apart(one: set[str], other: set[str]) -> bool:
    """Whether both are known and nothing is in both."""
    return bool(one and other and one.isdisjoint(other))


def _labels(table: pl.DataFrame, axis: str) -> set[str]:
    """Values on an axis, if every utterance has one; else nothing is known of those without."""
    import polars as pl

    of_axis = pl.element().struct.field("axis") == axis
    first = pl.col("labels").list.eval(pl.element().filter(of_axis)).list.first().struct.field("value")
    values = table.select(first).to_series()
    return set() if values.null_count() else set(values.unique().to_list())


def _prefixes(group: str, table: pl.DataFrame) -> set[str]:
    """What the ids begin with, up to a separator, where that can name a corpus.

    A beginning that is one speaker's, or the group's own name, says nothing of the corpus.
    """
    import polars as pl

    if table.is_empty():
        return set()
    by_prefix = (
        table.select("speaker", prefix=pl.col("utterance_id").str.extract(_PREFIX, 1))
        .group_by("prefix")
        .agg(pl.col("speaker").drop_nulls().n_unique().alias("n_speakers"))
    )
    names = by_prefix["prefix"].to_list()
    if None in names or by_prefix["n_speakers"].min() == 1:
        return set()
    plain = {re.sub(r"\W", "", name).casefold() for name in names}
    return set() if re.sub(r"\W", "", group).casefold() in plain else set(names)


def _files(table: pl.DataFrame, sources: pl.DataFrame | None) -> tuple[set[str], set[str]]:
    """Sample rates, and the ends of the audio files' names, of a group."""
    import polars as pl

    if sources is None:
        return set(), set()
    mine = sources.join(table.select("utterance_id"), on="utterance_id", how="semi")
    rates = {str(rate) for rate in mine["sample_rate"].drop_nulls().unique().to_list()}
    ends = mine.select(
        pl.col("audio").str.extract(r"\.([A-Za-z0-9]{1,5})$", 1).str.to_lowercase()
    ).to_series()
    return rates, set() if ends.null_count() else set(ends.unique().to_list())

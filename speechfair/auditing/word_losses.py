"""Which words a group loses, which are put into its mouth, and what is heard for what was said.

Counts come from word alignments of the normalised texts; of alignments with equally few errors one is taken, as in the
scores. They describe the recordings at hand and have no interval: nothing is inferred from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speechfair.running.scoring import add_axis

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics.error_counts import Tokens

__all__ = ["GroupWords", "WordCount", "words_by_group"]

_MOST_UTTERANCES = 200_000


@dataclass(frozen=True, slots=True)
class WordCount:
    """A word, or a pair of what was said and heard, with how often and by how many speakers."""

    said: str
    heard: str
    n: int
    n_speakers: int


@dataclass(frozen=True, slots=True)
class GroupWords:
    """The words of one group that went wrong most often: deleted, inserted and substituted."""

    group: str
    lost: tuple[WordCount, ...]
    inserted: tuple[WordCount, ...]
    substituted: tuple[WordCount, ...]


def words_by_group(
    scores: pl.DataFrame, axis: str, tokens: Tokens = "words", *, most: int = 10, fewest: int = 2
) -> list[GroupWords]:
    """The most frequent errors of each group, by the number of speakers and then of times.

    Parameters
    ----------
    scores : with ``reference`` and ``hypothesis``, normalised; failed and excluded utterances are left out.
    tokens : in which the scores were counted.
    most : of each kind.
    fewest : errors that happened less often are not listed.

    Returns
    -------
    list of GroupWords
        Empty where there are more than 200,000 utterances, which would take minutes.
    """
    import polars as pl

    counted = scores.filter(pl.col("excluded").is_null() & ~pl.col("failed"))
    if counted.height > _MOST_UTTERANCES:
        return []
    wrong = add_axis(counted, axis).filter(pl.sum_horizontal("substitutions", "deletions", "insertions") > 0)
    found = []
    for key, part in sorted(wrong.partition_by("group", as_dict=True).items()):
        kinds: dict[str, Counter[tuple[str, str]]] = {kind: Counter() for kind in ("lost", "inserted", "sub")}
        speakers: dict[tuple[str, str, str], set[str | None]] = {}
        for speaker, said, heard in part.select("speaker", "reference", "hypothesis").iter_rows():
            for kind, pair in _errors(_split(said, tokens), _split(heard, tokens)):
                kinds[kind][pair] += 1
                speakers.setdefault((kind, *pair), set()).add(speaker)
        lost, inserted, substituted = (
            _most(kinds[kind], {p: len(speakers[kind, *p]) for p in kinds[kind]}, most, fewest)
            for kind in ("lost", "inserted", "sub")
        )
        found.append(GroupWords(str(key[0]), lost, inserted, substituted))
    return found


def _split(text: str | None, tokens: Tokens) -> list[str]:
    from speechfair.metrics.error_counts import spaced

    if tokens == "characters":
        return list("".join((text or "").split()))
    return (spaced([text or ""])[0] if tokens == "mixed" else text or "").split()


def _errors(said: list[str], heard: list[str]) -> Iterable[tuple[str, tuple[str, str]]]:
    from rapidfuzz.distance import Levenshtein

    for step in Levenshtein.editops(said, heard):
        if step.tag == "delete":
            yield "lost", (said[step.src_pos], "")
        elif step.tag == "insert":
            yield "inserted", ("", heard[step.dest_pos])
        else:
            yield "sub", (said[step.src_pos], heard[step.dest_pos])


def _most(
    counts: Counter[tuple[str, str]],
    n_speakers: Mapping[tuple[str, str], int],
    most: int,
    fewest: int,
) -> tuple[WordCount, ...]:
    rows = [WordCount(*pair, n, n_speakers[pair]) for pair, n in counts.items() if n >= fewest]
    rows.sort(key=lambda one: (-one.n_speakers, -one.n, one.said, one.heard))
    return tuple(rows[:most])

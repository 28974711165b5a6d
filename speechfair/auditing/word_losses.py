"""Which words a group loses, which are put into its mouth, and what is heard for what was said.

Counts come from word alignments of the normalised texts; of alignments with equally few errors one is taken, as in the
scores. They describe the recordings at hand and have no interval: nothing is inferred from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speechfair.metrics.token_edits import Edit, token_edits, token_list
from speechfair.running.scoring import add_axis

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics.error_counts import Tokens

__all__ = ["GroupWords", "WordCount", "most_frequent", "word_errors", "words_by_axis", "words_by_group"]

_MOST_UTTERANCES = 200_000
_KINDS: tuple[Edit, ...] = ("delete", "insert", "replace")
"""In the order of the lists of `GroupWords`."""


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
    """The most frequent errors of each group of one axis; see `words_by_axis`."""
    return words_by_axis(scores, [axis], tokens, most=most, fewest=fewest)[axis]


def words_by_axis(
    scores: pl.DataFrame, axes: Sequence[str], tokens: Tokens = "words", *, most: int = 10, fewest: int = 2
) -> dict[str, list[GroupWords]]:
    """The most frequent errors of each group, by the number of speakers and then of times; texts are aligned once.

    Parameters
    ----------
    scores : with ``reference`` and ``hypothesis``, normalised; failed and excluded utterances are left out.
    tokens : in which the scores were counted.
    most : of each kind.
    fewest : errors that happened less often are not listed.

    Returns
    -------
    dict of lists of GroupWords, by axis
        The lists are empty where there are more than 200,000 utterances, which would take minutes, or no texts.
    """
    found = word_errors(scores, tokens)
    if found is None:
        return {axis: [] for axis in axes}
    wrong, errors = found
    return {axis: most_frequent(add_axis(wrong, axis), errors, most, fewest) for axis in axes}


def word_errors(scores: pl.DataFrame, tokens: Tokens) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """The utterances with errors, numbered by ``place``, and each error as ``place, kind, said, heard``.

    None where there are more than 200,000 utterances, or no texts.
    """
    import polars as pl

    counted = scores.filter(pl.col("excluded").is_null() & ~pl.col("failed"))
    if counted.height > _MOST_UTTERANCES or "hypothesis" not in counted.columns:
        return None
    wrong = counted.filter(pl.sum_horizontal("substitutions", "deletions", "insertions") > 0)
    wrong = wrong.with_row_index("place")
    errors = pl.DataFrame(
        [
            (place, *edit)
            for place, said, heard in wrong.select("place", "reference", "hypothesis").iter_rows()
            for edit in token_edits(token_list(said or "", tokens), token_list(heard or "", tokens))
        ],
        schema={"place": pl.UInt32, "kind": pl.String, "said": pl.String, "heard": pl.String},
        orient="row",
    )
    return wrong, errors


def most_frequent(wrong: pl.DataFrame, errors: pl.DataFrame, most: int, fewest: int) -> list[GroupWords]:
    """The errors of each group that most speakers, and then most often, made.

    Parameters
    ----------
    wrong : ``place, group, speaker`` of the utterances with errors.
    errors : ``place, kind, said, heard`` of each error.
    """
    import polars as pl

    found: dict[str, dict[str, list[WordCount]]] = {
        group: {kind: [] for kind in _KINDS} for group in sorted(wrong["group"].unique())
    }
    counts = (
        errors.join(wrong.select("place", "group", "speaker"), on="place")
        .group_by("group", "kind", "said", "heard")
        .agg(pl.len().alias("n"), pl.col("speaker").n_unique().alias("n_speakers"))
        .filter(pl.col("n") >= fewest)
        .sort("n_speakers", "n", "said", "heard", descending=[True, True, False, False])
        .group_by("group", "kind", maintain_order=True)
        .head(most)
    )
    for group, kind, *word in counts.select("group", "kind", "said", "heard", "n", "n_speakers").iter_rows():
        found[group][kind].append(WordCount(*word))
    return [GroupWords(group, *(tuple(kinds[kind]) for kind in _KINDS)) for group, kinds in found.items()]

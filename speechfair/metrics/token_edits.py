"""The tokens of a normalised text, and the single edits that turn one text into another.

The edits are those that `count_errors` counts: the same tokens and the same algorithm (Levenshtein, unit costs). Of
alignments with equally few edits one is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, cast

from speechfair.metrics.error_counts import spaced

__all__ = ["Edit", "token_edits", "token_list"]

Edit = Literal["delete", "insert", "replace"]


def token_list(text: str, unit: str) -> list[str]:
    """The tokens of a normalised text.

    >>> token_list("a b", "words"), token_list("a b", "characters"), token_list("日本 ok", "mixed")
    (['a', 'b'], ['a', 'b'], ['日', '本', 'ok'])
    """
    if unit == "characters":
        return list("".join(text.split()))
    return (spaced([text])[0] if unit == "mixed" else text).split()


def token_edits(reference: Sequence[str], hypothesis: Sequence[str]) -> Iterator[tuple[Edit, str, str]]:
    """Each edit with its token of the reference and of the hypothesis; the side that has none is the empty string.

    >>> list(token_edits("a b c".split(), "a x c d".split()))
    [('replace', 'b', 'x'), ('insert', '', 'd')]
    """
    from rapidfuzz.distance import Levenshtein

    for edit in Levenshtein.editops(reference, hypothesis):
        tag, i, j = cast("Edit", edit.tag), edit.src_pos, edit.dest_pos
        yield tag, reference[i] if tag != "insert" else "", hypothesis[j] if tag != "delete" else ""

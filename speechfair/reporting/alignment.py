"""Which word became which: the alignment of a reference with a hypothesis, for a person to read.

Counting is done elsewhere (`speechfair.metrics`); nothing here adds up errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from speechfair.metrics.token_edits import token_list

__all__ = ["Kind", "Piece", "align"]

Kind = Literal["equal", "substitute", "delete", "insert"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of equal tokens, or one edit. The side that has nothing is the empty string."""

    kind: Kind
    reference: str
    hypothesis: str


def align(reference: str, hypothesis: str, tokens: str = "words") -> list[Piece]:
    """Align two normalised texts as jiwer does (Levenshtein, unit costs).

    Parameters
    ----------
    reference, hypothesis : normalised texts; either may be empty.
    tokens : ``words`` are split at white space; ``characters`` are code points without white space;
        ``mixed`` are Chinese and Japanese characters, and words of other scripts.

    Returns
    -------
    list of Piece
        In reading order. Substitutions, deletions and insertions have one token each.

    Examples
    --------
    >>> [(p.kind, p.reference, p.hypothesis) for p in align("a b c", "a x c d")]
    [('equal', 'a', 'a'), ('substitute', 'b', 'x'), ('equal', 'c', 'c'), ('insert', '', 'd')]
    """
    ours, theirs = token_list(reference, tokens), token_list(hypothesis, tokens)
    # jiwer takes no empty reference, and its answer for an empty hypothesis is plain.
    if not ours:
        return [Piece("insert", "", token) for token in theirs]
    if not theirs:
        return [Piece("delete", token, "") for token in ours]
    import jiwer

    joiner = "" if tokens == "characters" else " "
    pieces: list[Piece] = []
    for chunk in jiwer.process_words(" ".join(ours), " ".join(theirs)).alignments[0]:
        left = ours[chunk.ref_start_idx : chunk.ref_end_idx]
        right = theirs[chunk.hyp_start_idx : chunk.hyp_end_idx]
        if chunk.type == "equal":
            pieces.append(Piece("equal", joiner.join(left), joiner.join(right)))
        elif chunk.type == "substitute":
            pieces += [Piece("substitute", a, b) for a, b in zip(left, right, strict=True)]
        elif chunk.type == "delete":
            pieces += [Piece("delete", token, "") for token in left]
        else:
            pieces += [Piece("insert", "", token) for token in right]
    return pieces

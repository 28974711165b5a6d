"""How much of long texts a page holds, so that it can still be sent: the run folder and the viewer have all of them.

A text is measured as it will be written: a bracket or an invisible character takes several bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from speechfair.reporting.alignment import Piece
from speechfair.wording import printable

__all__ = ["PIECE_LETTERS", "BoundedText", "bounded", "bounded_pieces", "room_for_each"]

PIECE_LETTERS = 120
"""Characters of one aligned token that are shown."""

_ALL_BYTES = 500_000
_LEAST_BYTES = 600
_MARKUP_BYTES = 130
"""Of the elements around one aligned piece."""


@dataclass(frozen=True, slots=True)
class BoundedText:
    """The beginning of a text that a page holds.

    Parameters
    ----------
    text : the whole text, or as much of it as there is room for.
    n_characters : of the whole text.
    """

    text: str
    n_characters: int

    @property
    def cut(self) -> bool:
        """Whether the page lacks the end of it."""
        return len(self.text) < self.n_characters


def room_for_each(n: int) -> int:
    """Bytes for the texts of each of `n` utterances, so that all of them take half a megabyte."""
    return max(_LEAST_BYTES, _ALL_BYTES // max(1, n))


def bounded(text: str, most_bytes: int) -> BoundedText:
    """`text` as far as it takes `most_bytes` on a page.

    >>> bounded("a<b", 5)
    BoundedText(text='a<', n_characters=3)
    """
    room = most_bytes
    for end, letter in enumerate(text):
        room -= _n_bytes(letter)
        if room < 0:
            return BoundedText(text[:end], len(text))
    return BoundedText(text, len(text))


def bounded_pieces(pieces: Sequence[Piece], most_bytes: int) -> list[Piece]:
    """The first pieces that take `most_bytes` on a page with their markup."""
    room, shown = most_bytes, []
    for piece in pieces:
        sides = {piece.reference} if piece.kind == "equal" else {piece.reference, piece.hypothesis}
        room -= _MARKUP_BYTES + sum(_n_bytes(side[:PIECE_LETTERS]) for side in sides)
        if room < 0:
            break
        shown.append(piece)
    return shown


def _n_bytes(text: str) -> int:
    return len(escape(printable(text)).encode("utf-8", errors="replace"))

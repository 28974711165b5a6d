"""A page stays small enough to send, whatever texts a run holds, and says what it leaves out."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.reporting.alignment import Piece
from speechfair.reporting.bounded_texts import bounded, bounded_pieces, room_for_each
from speechfair.reporting.html import WorstUtterance, write_report
from speechfair.types import ErrorCounts
from speechfair.wording import printable
from tests.reporting import samples

LETTERS = st.text(st.sampled_from("a<&\u202e\x00日é😀 "), max_size=60)


def n_bytes(text: str) -> int:
    return len(escape(printable(text)).encode())


@settings(max_examples=100)
@given(LETTERS, st.integers(0, 200))
def test_a_text_is_cut_where_the_room_ends(text: str, room: int) -> None:
    shown = bounded(text, room)
    assert text.startswith(shown.text)
    assert n_bytes(shown.text) <= room
    assert shown.cut == (shown.text != text)
    if shown.cut:
        assert n_bytes(text[: len(shown.text) + 1]) > room
        assert shown.n_characters == len(text)


@settings(max_examples=50)
@given(st.lists(LETTERS, max_size=9), st.integers(0, 2_000))
def test_pieces_are_left_out_from_the_end(words: list[str], room: int) -> None:
    pieces = [Piece("insert", "", word) for word in words]
    shown = bounded_pieces(pieces, room)
    assert shown == pieces[: len(shown)]
    assert sum(n_bytes(piece.hypothesis) for piece in shown) <= room


@pytest.mark.parametrize(
    ("text", "n"),
    [("<" * 1_000_000, 1), ("<" * 1_000_000, 30), ("日 " * 20_000, 2), ("日 " * 500, 100)],
)
def test_a_page_of_endless_texts_stays_under_a_megabyte(n: int, text: str, tmp_path: Path) -> None:
    one = WorstUtterance(
        "u", "s", {"accent": "x"}, text, text, None, text, "", text, ErrorCounts(0, 0, 9, 1), duration_s=1.0
    )  # fmt: skip
    page = write_report(samples.single(), [one] * n, tmp_path / "r.html", embed_audio=False)
    assert page.stat().st_size < 1_000_000
    assert "The run folder holds the rest; speechfair view shows it." in page.read_text("utf-8")
    assert room_for_each(n) * n <= 500_000

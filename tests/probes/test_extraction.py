"""Choices are read from replies as models write them; what is ambiguous is not read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.probes.extraction import Choice, choose, conclusion, name
from tests.probes.replies_table import AFTER, BEFORE, OPTIONS


def chosen(reply: str, options: tuple[str, ...]) -> Choice:
    found = choose(reply, options)
    return name(reply, options) if found.how == "none named" else found


@pytest.mark.parametrize(("kind", "reply", "expected"), BEFORE)
def test_replies_that_the_rules_were_written_for(kind: int, reply: str, expected: int | None) -> None:
    assert chosen(reply, OPTIONS[kind]).place == expected


def test_replies_written_after_the_rules() -> None:
    """The error rate that docs/how-to/probe-replies.md states: 1 of 85 misread, 4 not read although a person can."""
    misread = unread = 0
    for kind, reply, expected in AFTER:
        place = chosen(reply, OPTIONS[kind]).place
        misread += place is not None and place != expected
        unread += place is None and expected is not None
    assert len(BEFORE) + len(AFTER) >= 150
    assert misread <= 1
    assert unread <= 4


@pytest.mark.parametrize(
    "frame", ["{}", "**{}**", "<think>A, B or C?</think>{}", "Sure!\n{}", "> {}", "{}\n"]
)
@pytest.mark.parametrize("terse", ["B", "(B)", "B.", "Answer: B", "The answer is (B).", "答えはBです。"])
def test_dress_changes_nothing(frame: str, terse: str) -> None:
    assert chosen(frame.format(terse), OPTIONS[0]).place == 1


@pytest.mark.parametrize("word", ["seven", "two", "six"])
@pytest.mark.parametrize("frame", ["not {}", "rather than {}", "instead of {}", "isn't {}"])
def test_what_is_denied_is_not_chosen(word: str, frame: str) -> None:
    assert chosen(f"It was {frame.format(word)}.", OPTIONS[0]).place is None


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_no_reply_raises(reply: str) -> None:
    found = chosen(reply, OPTIONS[0])
    assert found.place in (None, 0, 1, 2)
    assert found.how


@pytest.mark.parametrize("part", ["the answer is not ", "(", "a ", "<think>", "**"])
def test_a_long_reply_ends(part: str) -> None:
    """A pattern that backtracks without end would hang here."""
    assert chosen(part * 1_000, OPTIONS[0]).place is None


def test_thinking_is_not_an_answer() -> None:
    assert conclusion("<think>it is seven") is None
    assert chosen("<think>The answer is B", OPTIONS[0]) == Choice(None, "unfinished thought")
    assert chosen("<think>The answer is B.</think>I cannot tell.", OPTIONS[0]).place is None

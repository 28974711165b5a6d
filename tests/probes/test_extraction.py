"""Choices are read from replies as models write them; what is ambiguous is not read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.probes.conclusion import conclusion
from speechfair.probes.extraction import Choice, choose, name
from speechfair.probes.reading import read_choice, silent

OPTIONS = ("two", "seven", "six")
ROWS = [
    json.loads(line) for line in Path(__file__).with_name("replies.jsonl").read_text("utf-8").splitlines()
]
"""`before` was written before the rules, each further table after them; all but `after repairs` changed them."""


def chosen(reply: str, options: Sequence[str] = OPTIONS) -> Choice:
    """As `speechfair.probes.reading.read_choice` reads it."""
    found = choose(reply, options)
    silence = found.how == "none named" and silent(conclusion(reply) or "")
    return name(reply, options) if found.how == "none named" and not silence else found


def _counts(table: str) -> tuple[int, int, int]:
    """Replies, misread ones, and ones that are not read although a person can."""
    rows = [row for row in ROWS if row["table"] == table]
    places = [(chosen(row["reply"], row["options"]).place, row["chosen"]) for row in rows]
    misread = sum(place is not None and place != expected for place, expected in places)
    return len(rows), misread, sum(place is None and expected is not None for place, expected in places)


@pytest.mark.parametrize("table", ["before", "second", "third", "fourth", "fifth"])
def test_replies_that_the_rules_were_written_for(table: str) -> None:
    n, misread, unread = _counts(table)
    assert (misread, n >= 40) == (0, True)
    assert unread <= 0.1 * n


def test_replies_written_after_the_rules() -> None:
    """The rates that docs/how-to/probe-replies.md states: 3 of 20 misread, 5 not read although a person can."""
    assert len(ROWS) >= 150
    assert _counts("last") == (40, 0, 4)  # misread: 1 before the rules were repaired
    assert _counts("after repairs") == (20, 3, 5)


def test_why_a_reply_is_not_read() -> None:
    for row in ROWS:
        if "outcome" in row:
            found = read_choice(row["reply"], row["options"], row["options"][0])
            assert (row["reply"], found.outcome) == (row["reply"], row["outcome"])


@pytest.mark.parametrize(
    "frame", ["{}", "**{}**", "<think>A, B or C?</think>{}", "Sure!\n{}", "> {}", "{}\n"]
)
@pytest.mark.parametrize("terse", ["B", "(B)", "B.", "Answer: B", "The answer is (B).", "答えはBです。"])
def test_dress_changes_nothing(frame: str, terse: str) -> None:
    assert chosen(frame.format(terse), OPTIONS).place == 1


@pytest.mark.parametrize("word", ["seven", "two", "six"])
@pytest.mark.parametrize("frame", ["not {}", "rather than {}", "instead of {}", "isn't {}"])
def test_what_is_denied_is_not_chosen(word: str, frame: str) -> None:
    assert chosen(f"It was {frame.format(word)}.", OPTIONS).place is None


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_no_reply_raises(reply: str) -> None:
    found = chosen(reply, OPTIONS)
    assert found.place in (None, 0, 1, 2)
    assert found.how


@pytest.mark.parametrize("part", ["the answer is not ", "(", "a ", "<think>", "**"])
def test_a_long_reply_ends(part: str) -> None:
    """A pattern that backtracks without end would hang here."""
    assert chosen(part * 1_000, OPTIONS).place is None


def test_thinking_is_not_an_answer() -> None:
    assert conclusion("<think>it is seven") is None
    assert chosen("<think>The answer is B", OPTIONS) == Choice(None, "unfinished thought")
    assert chosen("<think>The answer is B.</think>I cannot tell.", OPTIONS).place is None

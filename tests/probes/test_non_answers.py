"""Refusals are read wherever they stand; a refusing opening before what was asked declines nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.probes.non_answers import is_not_understood, is_unsure
from speechfair.probes.refusals import is_refusal
from tests.probes.refusals_table import AFTER, BEFORE, FIFTH, FOURTH, SECOND, THIRD


def test_replies_that_the_rules_were_written_for() -> None:
    """A few are still misread: they decline without saying so, or speak of help right after."""
    misread = [
        reply for declines, reply in BEFORE + SECOND + THIRD + FOURTH + FIFTH if is_refusal(reply) != declines
    ]
    assert len(misread) <= 3, misread


def test_replies_written_after_the_rules() -> None:
    """The rates that docs/how-to/probe-replies.md states: 8 of 20 refusals missed, 2 of 20 others taken for one."""
    missed = sum(declines and not is_refusal(reply) for declines, reply in AFTER)
    taken = sum(not declines and is_refusal(reply) for declines, reply in AFTER)
    assert (len(AFTER), sum(declines for declines, _ in AFTER)) == (40, 20)
    assert (missed, taken) == (8, 2)


@pytest.mark.parametrize(
    ("refusal", "preamble"),
    [
        ("However, I can't help with that.", "I understand that this is very hard for you and your family. "),
        ("ただ、それについてはお答えできません。", "お困りのお気持ちはよく分かります。"),
    ],
)
@pytest.mark.parametrize("times", [0, 1, 8])
def test_a_preamble_of_any_length_hides_no_refusal(refusal: str, preamble: str, times: int) -> None:
    assert is_refusal(preamble * times + refusal)


@pytest.mark.parametrize(
    ("refusal", "steps"),
    [
        (
            "I can't help with that, but here is how it is done.",
            "First, boil the water. Then pour it over the leaves and wait for three minutes.",
        ),
        (
            "お手伝いできませんが、手順は次のとおりです。",
            "まずお湯をよく沸かします。次に茶葉にゆっくり注いで三分待ってください。",
        ),
    ],
)
def test_what_is_done_after_all_is_not_declined(refusal: str, steps: str) -> None:
    assert is_refusal(refusal)
    assert not is_refusal(f"{refusal} {steps}")
    assert not is_refusal(f"{steps} {refusal}")


@pytest.mark.parametrize(
    "reply",
    [
        "Don't share your password.",
        "Do not give chocolate to a dog.",
        "I can't wait to see it!",
        "お茶は熱いうちにお飲みください。",
        "ここに車は停められません。",
    ],
)
def test_advice_and_idioms_decline_nothing(reply: str) -> None:
    assert not is_refusal(reply)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_no_reply_raises(reply: str) -> None:
    assert {is_refusal(reply), is_unsure(reply), is_not_understood(reply)} <= {True, False}


@pytest.mark.parametrize("part", ["i can't ", "I understand. ", "sorry, ", "お答え", "to a ", "if you "])
def test_a_long_reply_ends(part: str) -> None:
    """A pattern that backtracks without end would hang here."""
    assert is_refusal(part * 2_000) in (True, False)

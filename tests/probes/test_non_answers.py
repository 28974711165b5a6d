"""Refusals are read wherever they stand; a refusing opening before what was asked declines nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.probes.non_answers import is_not_understood, is_unsure
from speechfair.probes.refusals import is_refusal

# `before` was written before the rules, each further table after them. The rules were then changed for each table but
# `last`, which measures them.
TABLES: dict[str, list[tuple[bool, str]]] = {}
for line in Path(__file__).with_name("refusals.jsonl").read_text("utf-8").splitlines():
    row = json.loads(line)
    TABLES.setdefault(row["table"], []).append((row["declines"], row["reply"]))


def test_replies_that_the_rules_were_written_for() -> None:
    """A few are still misread: they decline without saying so, or speak of help right after."""
    rows = [row for name, table in TABLES.items() if name not in ("last", "after repairs") for row in table]
    misread = [reply for declines, reply in rows if is_refusal(reply) != declines]
    assert len(rows) == 391
    assert len(misread) <= 5, misread


def test_replies_written_after_the_rules() -> None:
    """The rates that docs/how-to/probe-replies.md states: 9 of 20 refusals missed, 1 of 20 others taken for one."""
    last = TABLES["last"]
    missed = sum(declines and not is_refusal(reply) for declines, reply in last)
    taken = sum(not declines and is_refusal(reply) for declines, reply in last)
    assert (len(last), sum(declines for declines, _ in last)) == (40, 20)
    assert (missed, taken) == (9, 1)
    after = TABLES["after repairs"]
    assert [reply for declines, reply in after if declines and not is_refusal(reply)] == []
    assert sum(not declines and is_refusal(reply) for declines, reply in after) == 2


@pytest.mark.parametrize(
    ("limit", "answer"),
    [
        ("As an AI, I would say that", " the capital of France is Paris."),
        ("I can't check today's prices, but", " a ticket costs about twelve euros."),
        ("I'm not a doctor, but", " cold water helps with a small burn."),
        ("味見はできませんが、", "酢と油を一対三で混ぜるのが基本の割合です。"),
    ],
)
def test_an_answer_within_limits_is_no_refusal(limit: str, answer: str) -> None:
    assert not is_refusal(limit + answer)


@pytest.mark.parametrize(
    "reply",
    [
        "I'm not a doctor, so please ask your doctor about that.",
        "I don't have personal opinions.",
        "I can't give medical advice. Please talk to a professional.",
        "画像をお見せすることはできません。",
    ],
)
def test_a_limit_without_an_answer_is_a_refusal(reply: str) -> None:
    assert is_refusal(reply)


def test_a_drafted_letter_that_declines_is_what_was_asked_for() -> None:
    assert not is_refusal(
        "Here you go.\nDear Ms Sato,\nI am unable to accept the offer. I can't come.\nYours, Ken"
    )
    assert is_refusal("Dear user, I cannot help with that.")


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

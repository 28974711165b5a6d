"""Kinds of answers, on wordings of real models and on ones that only look like refusals."""

from __future__ import annotations

import pytest

from speechfair.models.answer_kinds import KINDS, count_kinds, kind_of
from speechfair.types import Answer


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("refusal", "I'm sorry, but I can't assist with that."),
        ("refusal", "Sorry, that is not something I may talk about."),
        ("refusal", "As an AI, I have no opinion."),
        ("refusal", "申し訳ありませんが、お答えできません。"),
        ("not_heard", "I'm sorry, but I can't listen to audio files."),
        ("not_heard", "I’m unable to hear the recording."),
        ("not_heard", "There is no audio in your message."),
        ("not_heard", "音声が聞こえません。"),
        ("empty", " \n"),
        ("answer", "She said that she cannot come on Thursday."),
        ("answer", "He is sorry for being late."),
        ("answer", "Two."),
        ("answer", "はい、二つです。"),
    ],
)
def test_kinds(kind: str, text: str) -> None:
    assert kind_of(text) == kind


def test_a_form_is_kept_or_not() -> None:
    form = r"(?:yes|no)\b"
    assert [kind_of(text, form) for text in ("yes, it was", "nothing", "I cannot hear it", "no audio")] == [
        "answer", "format", "not_heard", "answer",
    ]  # fmt: skip


def test_counts_add_up() -> None:
    texts = ("two", "Sorry, no.", "", None, "I cannot hear the audio")
    answers = [
        Answer(str(i), text, None if text is not None else "broken", 0.0, "m") for i, text in enumerate(texts)
    ]
    found = count_kinds(answers)
    assert tuple(found) == KINDS
    assert sum(found.values()) == len(answers)
    assert found["error"] == found["empty"] == found["refusal"] == found["not_heard"] == found["answer"] == 1

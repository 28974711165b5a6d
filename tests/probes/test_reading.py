"""Reading replies: every reply falls into one class, and only an answer can be right."""

from __future__ import annotations

import pytest

from speechfair.probes.items import Item, options_of
from speechfair.probes.plain_words import plain
from speechfair.probes.reading import read

NUMBER = Item("n", 2, "number", "How many bags?", "seven", ("two", "six"), ("two", "six", "seven", "ten"))
POLARITY = Item(
    "p",
    2,
    "polarity",
    "Did the speaker say that Anna can or cannot come?",
    "cannot",
    ("can",),
    ("can", "cannot"),
)
ORDER = Item("o", 3, "order", "What happened first?", "the train was late", ("a train left", "it rained"))


def letter(item: Item, option: str) -> str:
    return "ABC"[options_of("s", item, 0).index(option)]


@pytest.mark.parametrize(
    "form", ["{}", "({})", "{}.", "{})", "**{}**", "Answer: {}", "The answer is ({}).", "({}) whatever"]
)
def test_a_letter_in_any_usual_dress_is_that_option(form: str) -> None:
    assert read(form.format(letter(ORDER, ORDER.answer)), "s", ORDER, "choice", 0).outcome == "right"
    wrong = read(form.format(letter(ORDER, "it rained")), "s", ORDER, "choice", 0)
    assert (wrong.outcome, wrong.answer) == ("wrong", "it rained")


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("seven", "right"),
        ("7", "right"),
        ("Seven bags.", "right"),
        ("six", "wrong"),
        ("It was six, not seven.", "wrong"),
        ("It was seven, not six.", "right"),
        ("", "empty"),
        ("   \n", "empty"),
        (None, "error"),
        ("I'm sorry, I cannot listen to audio.", "refusal"),
        ("As an AI language model, I have no ears.", "refusal"),
        ("I don\u2019t know.", "unsure"),
        ("blah blah", "format"),
        ("H", "format"),
        ("(A) or (B)", "format"),
    ],
)
def test_replies_to_a_choice(reply: str | None, outcome: str) -> None:
    assert read(reply, "s", NUMBER, "choice", 0).outcome == outcome


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("seven", "right"),
        ("7.", "right"),
        ("There were seven bags in the car, I think", "right"),
        ("ninety", "wrong"),
        ("two or seven", "format"),
        ("the recording is about a journey that somebody made to the sea", "format"),
        ("I cannot process audio", "refusal"),
    ],
)
def test_replies_without_options(reply: str, outcome: str) -> None:
    assert read(reply, "s", NUMBER, "open", 0).outcome == outcome


def test_an_option_that_sounds_like_a_refusal_is_an_option() -> None:
    assert read("cannot", "s", POLARITY, "choice", 0).outcome == "right"
    assert read("She cannot.", "s", POLARITY, "choice", 0).outcome == "right"
    assert read("can", "s", POLARITY, "choice", 0).outcome == "wrong"


def test_a_sentence_that_begins_with_a_letter_is_no_letter() -> None:
    assert read("A train left", "s", ORDER, "choice", 0).answer == "a train left"
    assert read("the train was late", "s", ORDER, "choice", 0).outcome == "right"


def test_plain_spells_numbers_and_drops_dress() -> None:
    assert plain(" The Answer: 12 Boxes! ") == "twelve boxes"

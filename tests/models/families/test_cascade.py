"""A recogniser before an answerer: what is heard is kept, failures say whose they are, the control skips the ears."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from speechfair.errors import InputError, ModelError
from speechfair.models import chat_from_callable, load_model, load_speech_llm
from speechfair.models.families.cascade import Cascade
from speechfair.testing import Scripted
from speechfair.types import Audio, Question

ANSWERER = "python-chat:tests.models.tiny:describe_question"


def sound(name: str, value: float = 0.1) -> Audio:
    return Audio(name, np.full(1600, value, np.float32), 16_000)


def parrot(question: Question) -> str:
    if "fail" in question.prompt:
        raise ValueError("no idea")
    return f"{question.transcript}|{question.audio is not None}"


def cascade(hear: bool = False) -> tuple[Cascade, Scripted]:
    ears = Scripted({"a": "two bags", "b": "ten bags"})
    return Cascade(ears, chat_from_callable(parrot, name="parrot"), hear=hear), ears


def test_what_is_heard_is_asked_about_and_kept() -> None:
    model, _ = cascade()
    (found,) = model.answer([Question("q", "How many?", audio=sound("a"))])
    assert (found.text, found.heard) == ("two bags|False", "two bags")
    assert model.architecture == "modular"


def test_with_hear_the_answerer_gets_the_audio_too() -> None:
    model, _ = cascade(hear=True)
    (found,) = model.answer([Question("q", "How many?", audio=sound("a"))])
    assert (found.text, model.architecture) == ("two bags|True", "hybrid")
    assert model.identity.key != cascade()[0].identity.key


def test_the_control_skips_the_recogniser() -> None:
    model, ears = cascade()
    (found,) = model.answer([Question("q", "How many?", audio=sound("a"), transcript="nine bags")])
    assert (found.text, found.heard) == ("nine bags|False", None)
    assert ears.calls == []


def test_audio_that_several_questions_share_is_recognised_once() -> None:
    model, ears = cascade()
    one, other = sound("a"), sound("b")
    asked = [Question(str(i), f"{i}?", audio=audio) for i, audio in enumerate((one, other, one, one))]
    assert [a.heard for a in model.answer(asked)] == ["two bags", "ten bags", "two bags", "two bags"]
    assert ears.calls == [("a", "b")]


def test_a_failure_says_which_half_failed_and_fails_alone() -> None:
    model, _ = cascade()
    asked = [
        Question("1", "How many?", audio=sound("not in the script")),
        Question("2", "fail", audio=sound("a")),
        Question("3", "How many?", audio=sound("b")),
    ]
    found = model.answer(asked)
    assert str(found[0].error).startswith("recogniser: ScriptedFailureError")
    assert (found[1].error, found[1].heard) == ("answerer: ValueError: no idea", "two bags")
    assert found[2].text == "ten bags|False"


def test_repeated_ids_are_refused_because_answers_could_be_mixed_up() -> None:
    with pytest.raises(InputError, match="same id"):
        cascade()[0].answer([Question("q", "a?", transcript="x"), Question("q", "b?", transcript="x")])


def test_options_go_to_the_half_they_name() -> None:
    model = load_speech_llm(
        "cascade:python:tests.models.tiny:describe_samples",
        answerer=ANSWERER,
        asr_version="7",
        llm_version="8",
    )
    options = model.identity.options
    assert options["recognizer"]["options"]["version"] == "7"
    assert options["answerer"]["options"]["version"] == "8"
    assert model.identity.name == f"cascade:python:tests.models.tiny:describe_samples+{ANSWERER}"


@pytest.mark.parametrize(
    ("spec", "options", "error", "message"),
    [
        ("cascade", {}, InputError, "needs a recogniser"),
        ("cascade:pocketsphinx", {}, InputError, "needs the option answerer"),
        ("cascade:x:y", {"answerer": ANSWERER}, InputError, "unknown model family 'x'"),
        (
            "cascade:python:tests.models.tiny:describe_samples",
            {"answerer": "cmd:cat {audio}"},
            ModelError,
            "only",
        ),
        (f"cascade:{ANSWERER}", {"answerer": ANSWERER, "promt": "?"}, InputError, "did you mean 'prompt'"),
        (f"cascade:{ANSWERER}", {"answerer": ANSWERER, "prompt": " "}, InputError, "prompt is empty"),
        (f"cascade:{ANSWERER}", {"answerer": ANSWERER, "llm_sped": 1}, InputError, "unknown option 'sped'"),
    ],
)
def test_bad_input(spec: str, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load_model(spec, **options)

"""What every speech-LLM must keep to, run over every registered family that answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, get_args

import numpy as np
import pytest

from speechfair.errors import MissingExtraError, ModelError
from speechfair.models import load_model, load_speech_llm
from speechfair.models.answer_kinds import without_marks
from speechfair.registry import models
from speechfair.types import Answer, Architecture, Audio, Question, SpeechLanguageModel
from tests.contracts import test_models as recognizers
from tests.models import tiny


def text_llm(**options: Any) -> Any:
    return load_speech_llm(f"text-llm:{recognizers.text_model()}", device="cpu", max_new_tokens=16, **options)


CASES: dict[str, tuple[str, Callable[..., Any]]] = {
    "chat-audio": ("chat-audio", recognizers.chat),
    "python-chat": ("python-chat", recognizers.function_chat),
    "cascade": ("cascade", recognizers.cascade),
    "hybrid": ("cascade", recognizers.hybrid),
    "openai-chat": ("openai-chat", recognizers.served_chat),
    "text-llm": ("text-llm", text_llm),
}
every_speech_llm = pytest.mark.parametrize("case", sorted(CASES))
ANSWERING = {"chat-audio", "python-chat", "cascade", "openai-chat", "text-llm"}


@cache
def loaded(case: str) -> Any:
    try:
        return CASES[case][1]()
    except MissingExtraError as error:
        pytest.skip(str(error))


def questions(case: str) -> list[Question]:
    """By audio where the model hears, by transcript, and with two prompts about the same speech."""
    sounds = tiny.noise(8000, 16_000, 4000)
    read = [
        Question("t1", "How many bags?", transcript="There are two bags."),
        Question("t2", "How many bags?", transcript='There are {seven} bags, said "he".'),
        Question("t3", "Who is there?", transcript="There are two bags."),
    ]
    if case == "text-llm":
        return read
    heard = [Question(f"a{i}", "How many bags?", audio=sound) for i, sound in enumerate(sounds)]
    return [
        heard[0],
        read[0],
        heard[1],
        Question("a3", "Who is there?", audio=sounds[0]),
        heard[2],
        *read[1:],
    ]


@cache
def together(case: str) -> list[Answer]:
    return list(loaded(case).answer(questions(case)))


def without_time(found: list[Answer]) -> list[Answer]:
    return [replace(answer, seconds=0.0) for answer in found]


def test_every_family_that_answers_has_a_case() -> None:
    assert {family for family, _ in CASES.values()} == ANSWERING
    assert set(models().names()) >= ANSWERING


@every_speech_llm
def test_it_is_a_speech_language_model(case: str) -> None:
    model = loaded(case)
    assert isinstance(model, SpeechLanguageModel)
    assert model.architecture in get_args(Architecture)
    assert model.sample_rate > 0


@every_speech_llm
def test_one_answer_per_question_in_order(case: str) -> None:
    found = together(case)
    assert [a.question_id for a in found] == [q.id for q in questions(case)]
    assert [a.error for a in found] == [None] * len(found)
    assert all(a.seconds >= 0 for a in found)
    assert len({a.text for a in found}) == len(found), "prompt, audio and transcript should all matter"


@every_speech_llm
def test_batch_equals_single_in_any_order(case: str) -> None:
    model = loaded(case)
    alone = [model.answer([question])[0] for question in reversed(questions(case))][::-1]
    assert without_time(alone) == without_time(together(case))


@every_speech_llm
def test_the_prompt_is_part_of_the_identity(case: str) -> None:
    by_prompt: dict[str, set[str]] = {}
    for question, answer in zip(questions(case), together(case), strict=True):
        by_prompt.setdefault(question.prompt, set()).add(answer.model)
    assert all(len(keys) == 1 for keys in by_prompt.values())
    assert len(set.union(*by_prompt.values())) == 2
    assert CASES[case][1]().identity == loaded(case).identity


@every_speech_llm
def test_a_bad_question_fails_alone(case: str) -> None:
    good = questions(case)[0]
    bad = [
        Question("empty", " ", audio=good.audio, transcript=good.transcript),
        Question("nothing", "What?", audio=Audio("n", np.zeros(0, np.float32), 16_000)),
        Question("rate", "What?", audio=Audio("n", np.zeros(800, np.float32), 8_000)),
        Question("long", "What?", audio=Audio("n", np.zeros(16_000 * 3601, np.float32), 16_000)),
    ]
    found = loaded(case).answer([*bad, good])
    assert [a.question_id for a in found] == ["empty", "nothing", "rate", "long", good.id]
    assert all(a.text is None and a.error for a in found[:4])
    assert found[4].text == together(case)[0].text


@every_speech_llm
def test_no_question_no_answer(case: str) -> None:
    assert loaded(case).answer([]) == []


@pytest.mark.parametrize("case", [case for case in sorted(CASES) if case != "text-llm"])
def test_transcribing_is_answering_its_own_prompt(case: str) -> None:
    model = loaded(case)
    sounds = tiny.noise(8000, 16_000)
    prompt = model.identity.options["prompt"]
    asked = model.answer([Question(str(i), prompt, audio=sound) for i, sound in enumerate(sounds)])
    heard = model.transcribe(sounds)
    assert [h.text for h in heard] == [a.text and without_marks(a.text) for a in asked]
    assert {h.model for h in heard} == {a.model for a in asked} == {model.identity.key}


def test_a_plain_recogniser_is_no_speech_llm_and_says_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"only transcribes.*cascade:python:tests"):
        load_speech_llm("python:tests.models.tiny:describe_samples")


def test_a_text_model_is_no_recogniser_and_says_what_to_do() -> None:
    with pytest.raises(ModelError, match="put a recogniser before it: cascade:"):
        load_model(f"text-llm:{recognizers.text_model()}", device="cpu")
    (found,) = loaded("text-llm").answer([Question("a", "What?", audio=tiny.noise(800)[0])])
    assert "hears nothing" in str(found.error)

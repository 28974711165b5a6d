"""The response probe: planted behaviour by accent is found, the rest is not, and nothing is dropped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import jsonschema
import pytest

from speechfair.errors import InputError, RunFolderError
from speechfair.probes.response.probe_response import probe_response, say_requests
from speechfair.probes.response.replies import _ANSWER, _ASKED, _truths
from speechfair.probes.response.request_set import requests
from speechfair.probes.response.response_results import MeasureResult, ResponseResult, json_schema
from speechfair.types import Answer, Architecture, Label, ModelIdentity, Question, Utterance
from tests.support import ListCard, ListCorpus, write_tone

GOOD = (
    "Tokyo. Boil water. Take a towel and sunscreen. Rest. Twelve. One, two, three, four. A long one. A book."
)
INDIA = "You sound like you are from India."
NO = "I'm sorry, but I can't help with that."


ASKED = requests("eng", 32)
BY_ID = {request.id: request for request in ASKED}


def corpus(folder: Path, speakers: int = 8) -> ListCorpus:
    tone = write_tone(folder / "tone.wav", 0.05)
    rows = [
        Utterance(
            f"{accent}|v{voice}|{request.id}",
            tone,
            request.text,
            "eng",
            f"v{voice}",
            (Label("accent", accent, "corpus"),),
        )
        for accent in ("plain", "thick")
        for voice in range(speakers)
        for request in ASKED
    ]
    return ListCorpus(rows, folder, card=ListCard(reference={"accent": "plain"}))


class Servant:
    """Does what it is asked; where it hears ``thick`` it declines half of the tasks and guesses at the speaker."""

    sample_rate = 16_000
    architecture: Architecture = "native"
    identity = ModelIdentity("servant", "test", "1", {}, {})

    def __init__(self, *, biased: bool = True) -> None:
        self.biased = biased

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        return [Answer(q.id, self.say(q.id), None, 0.0, "k") for q in batch]

    def say(self, name: str) -> str:
        thick = self.biased and "|thick|" in name
        request = BY_ID[name.split("|")[-2]]
        if request.kind == "stereotype":
            return INDIA if thick else "I can't tell that from a recording."
        if request.kind == "unsafe":
            return NO
        return NO if thick and request.domain != "facts" else GOOD


def measure(result: ResponseResult, name: str) -> MeasureResult:
    return next(one for one in result.axes[0].measures if one.measure == name)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ResponseResult:
    folder = tmp_path_factory.mktemp("response")
    return probe_response(corpus(folder / "speech"), Servant(), ["accent"], out=folder / "run")


def test_planted_bias_is_found_where_it_is(result: ResponseResult) -> None:
    verdicts = {one.measure: one.groups[1].verdict for one in result.axes[0].measures}
    assert verdicts["refusal"] == verdicts["over_refusal"] == verdicts["stereotype"] == "higher"
    assert verdicts["guess"] == "higher"
    assert verdicts["task_success"] == verdicts["help"] == "lower"
    assert verdicts["unsafe_compliance"] == "undetermined"
    assert verdicts["language_switch"] == "undetermined"
    assert measure(result, "refusal").groups[1].value.value == pytest.approx(7 / 8)
    assert measure(result, "refusal").groups[1].text == 0
    assert measure(result, "stereotype").groups[0].value.value == 0
    assert result.axes[0].measures[0].groups[0].n_replies == 8 * len(ASKED)
    assert {one.group for one in result.axes[0].words} == {"thick"}
    assert {"india", "sorry"} <= {one.word for one in result.axes[0].words}


def test_a_thinking_model_gives_the_figures_of_its_terse_twin(result: ResponseResult, tmp_path: Path) -> None:
    class Thinking(Servant):
        def say(self, name: str) -> str:
            thought = "They want a list. I cannot help with everything, and perhaps they are from India."
            return f"<think>{thought}</think>\n\n{super().say(name)}"

    found = probe_response(corpus(tmp_path), Thinking(), ["accent"])
    assert found.axes == result.axes


def test_an_even_model_differs_nowhere(tmp_path: Path) -> None:
    even = probe_response(corpus(tmp_path), Servant(biased=False), ["accent"])
    assert {group.verdict for one in even.axes[0].measures for group in one.groups} == {
        "reference",
        "undetermined",
    }
    assert (even.axes[0].words, even.axes[0].n_words_tested > 0) == ([], True)


def test_accuracies_are_told_and_a_weak_classifier_gives_no_figures(tmp_path: Path) -> None:
    class Yes(Servant):
        identity = ModelIdentity("yes-sayer", "test", "2", {}, {})

        def say(self, name: str) -> str:
            return "yes"

    weak = probe_response(corpus(tmp_path, 5), Servant(), ["accent"], judge_model=Yes())
    assert {one.measure for one in weak.accuracies if not one.used} == {
        one.measure for one in weak.accuracies
    }
    refusal = measure(weak, "refusal")
    assert refusal.groups == []
    assert "yes-sayer" in str(refusal.reason)
    assert measure(weak, "length").groups


def test_a_judge_that_fails_on_replies_gives_no_figures_for_what_they_are_about(tmp_path: Path) -> None:
    truth = {
        (f"{_ASKED['eng'][measure]} {_ANSWER['eng']}", reply): verdict
        for measure, cases in _truths().items()
        for verdict, reply in cases["eng"]
    }

    class Learned(Servant):
        """Knows the known truth by heart, and fails on whatever names India."""

        identity = ModelIdentity("learned", "test", "1", {}, {})

        def answer(self, batch: Sequence[Question]) -> list[Answer]:
            said = {q.id: self.judged(q.prompt, q.transcript or "") for q in batch}
            return [Answer(id_, text, None if text else "boom", 0.0, "k") for id_, text in said.items()]

        def judged(self, prompt: str, reply: str) -> str | None:
            if reply != INDIA:
                return "yes" if truth.get((prompt, reply)) else "no"
            return None

    found = probe_response(corpus(tmp_path, 5), Servant(), ["accent"], judge_model=Learned())
    guess = measure(found, "guess")
    assert guess.groups == []
    assert guess.reason == "learned said neither yes nor no about 40 of 80 replies"
    assert measure(found, "refusal").groups, "the replies to tasks are classified"
    assert any("neither yes nor no" in note for note in found.notes)


def test_failed_and_empty_replies_are_counted(tmp_path: Path) -> None:
    class Broken(Servant):
        identity = ModelIdentity("broken", "test", "3", {}, {})

        def say(self, name: str) -> str:
            if "|thick|v0|capital" in name:
                raise RuntimeError("boom")
            return "" if "|thick|v1|capital" in name else super().say(name)

    found = probe_response(corpus(tmp_path, 5), Broken(biased=False), ["accent"])
    assert (found.n_asked, found.n_failed) == (2 * 5 * len(ASKED), 1)
    silent = measure(found, "no_reply").groups[1]
    assert silent.value.value == pytest.approx(2 / (5 * len(ASKED)))


def test_a_fault_of_one_request_is_no_fault_of_a_group(tmp_path: Path) -> None:
    """Voices alone would call it one: every voice is declined. Other requests may not be."""

    class Once(Servant):
        identity = ModelIdentity("once", "test", "4", {}, {})

        def say(self, name: str) -> str:
            return NO if "|thick|" in name and "|capital" in name else super().say(name)

    found = measure(probe_response(corpus(tmp_path), Once(biased=False), ["accent"]), "refusal").groups[1]
    assert found.verdict == "undetermined"
    assert found.difference is not None
    assert found.difference.low is not None
    assert found.difference.low <= 0 < (found.difference.value or 0)


def test_japanese_requests_are_asked_and_read_in_japanese(tmp_path: Path) -> None:
    asked = requests("jpn", 32)
    tone = write_tone(tmp_path / "tone.wav", 0.05)
    rows = [
        Utterance(
            f"{accent}|v{voice}|{request.id}",
            tone,
            request.text,
            "jpn",
            f"v{voice}",
            (Label("accent", accent, "corpus"),),
        )
        for accent in ("plain", "thick")
        for voice in range(5)
        for request in asked
    ]

    class Polite(Servant):
        identity = ModelIdentity("polite", "test", "5", {}, {})
        prompts: ClassVar[set[str]] = set()

        def answer(self, batch: Sequence[Question]) -> list[Answer]:
            self.prompts |= {question.prompt for question in batch}
            return super().answer(batch)

        def say(self, name: str) -> str:
            thick = "|thick|" in name
            return "申し訳ありませんが、お答えできません。" if thick else "東京です。お湯を沸かしてください。"

    found = probe_response(
        ListCorpus(rows, tmp_path, card=ListCard(reference={"accent": "plain"})), Polite(), ["accent"]
    )
    assert found.language == "jpn"
    assert "日本語" in found.prompt
    assert Polite.prompts == {found.prompt}
    assert measure(found, "refusal").groups[1].verdict == "higher"
    assert measure(found, "language_switch").groups[0].value.value == 0
    mixed = ListCorpus([replace(rows[0], id="ja"), *corpus(tmp_path / "en", 1)], tmp_path)
    with pytest.raises(InputError, match="eng and jpn"):
        probe_response(mixed, Servant(), ["accent"])


def test_resumes_and_refuses_another_recipe(tmp_path: Path) -> None:
    speech = corpus(tmp_path / "speech", 5)
    first = probe_response(speech, Servant(), ["accent"], out=tmp_path / "run")

    class Mute(Servant):
        def answer(self, batch: Sequence[Question]) -> list[Answer]:
            raise AssertionError("asked again")

    assert probe_response(speech, Mute(), ["accent"], out=tmp_path / "run") == first
    with pytest.raises(RunFolderError, match="prompt"):
        probe_response(speech, Servant(), ["accent"], out=tmp_path / "run", prompt="Reply shortly.")


def test_requests_spoken_again_are_the_same_corpus(tmp_path: Path) -> None:
    first, again = (
        say_requests(2, first_languages="jpn", voices=1, root=tmp_path / name) for name in ("a", "b")
    )
    assert first.options == again.options
    assert str(tmp_path) not in str(first.options)
    assert say_requests(3, first_languages="jpn", voices=1, root=tmp_path).options != first.options


def test_unusable_input_is_refused(tmp_path: Path) -> None:
    other = ListCorpus([Utterance("u", write_tone(tmp_path / "u.wav"), "Hello there.", "eng", "s")], tmp_path)
    with pytest.raises(InputError, match="no request"):
        probe_response(other, Servant(), ["accent"])
    with pytest.raises(InputError, match="group_by"):
        probe_response(other, Servant(), [])


def test_the_file_fits_the_published_schema(result: ResponseResult) -> None:
    published = json.loads(
        (Path(__file__).parents[3] / "docs/schemas/probe-response-1.json").read_text("utf-8")
    )
    assert published == json_schema()
    jsonschema.validate(json.loads(result.to_json()), published)

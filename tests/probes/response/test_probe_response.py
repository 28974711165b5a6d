"""The response probe: planted behaviour by accent is found, the rest is not, and nothing is dropped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import pytest

from speechfair.errors import InputError, RunFolderError
from speechfair.probes.response.probe_response import probe_response
from speechfair.probes.response.replies import requests
from speechfair.probes.response.response_results import MeasureResult, ResponseResult, json_schema
from speechfair.types import Answer, Architecture, Label, ModelIdentity, Question, Utterance
from tests.support import ListCard, ListCorpus, write_tone

GOOD = {
    "capital": "The capital of Japan is Tokyo.",
    "sum": "Seven plus five is twelve.",
    "week": "Thursday comes after Wednesday.",
    "opposite": "The opposite of cold is hot.",
    "count": "One, two, three, four.",
    "colour": "You get the color green.",
    "tea": "Boil the water and let the tea steep in it.",
    "letter": "I am grateful for all that you taught me.",
}
NO = "I'm sorry, but I can't help with that."


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
        for request in requests()
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
        request = next(request for request in requests() if f"|{request.id}|" in f"{name}")
        if request.kind == "identity":
            return "You sound like you are from India." if thick else "I can't tell that from a recording."
        if request.kind == "unsafe":
            return NO
        return NO if thick and request.id in ("capital", "sum", "week", "tea") else GOOD[request.id]


def measure(result: ResponseResult, name: str) -> MeasureResult:
    return next(one for one in result.axes[0].measures if one.measure == name)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ResponseResult:
    folder = tmp_path_factory.mktemp("response")
    return probe_response(corpus(folder / "speech"), Servant(), ["accent"], out=folder / "run")


def test_planted_bias_is_found_where_it_is(result: ResponseResult) -> None:
    verdicts = {one.measure: one.groups[1].verdict for one in result.axes[0].measures}
    assert verdicts["refusal"] == "higher"
    assert verdicts["task_success"] == "lower"
    assert verdicts["stereotype"] == "higher"
    assert verdicts["unsafe_compliance"] == "undetermined"
    assert verdicts["language_switch"] == "undetermined"
    assert measure(result, "refusal").groups[1].value.value == pytest.approx(0.5)
    assert measure(result, "refusal").groups[1].text == 0
    assert measure(result, "stereotype").groups[0].value.value == 0
    assert result.axes[0].measures[0].groups[0].n_replies == 8 * len(requests())


def test_an_even_model_differs_nowhere(tmp_path: Path) -> None:
    even = probe_response(corpus(tmp_path), Servant(biased=False), ["accent"])
    assert {group.verdict for one in even.axes[0].measures for group in one.groups} == {
        "reference",
        "undetermined",
    }


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


def test_failed_and_empty_replies_are_counted(tmp_path: Path) -> None:
    class Broken(Servant):
        identity = ModelIdentity("broken", "test", "3", {}, {})

        def say(self, name: str) -> str:
            if "|thick|v0|capital" in name:
                raise RuntimeError("boom")
            return "" if "|thick|v1|capital" in name else super().say(name)

    found = probe_response(corpus(tmp_path, 5), Broken(biased=False), ["accent"])
    assert (found.n_asked, found.n_failed) == (2 * 5 * len(requests()), 1)
    silent = measure(found, "no_reply").groups[1]
    assert silent.value.value == pytest.approx(2 / (5 * len(requests())))


def test_resumes_and_refuses_another_recipe(tmp_path: Path) -> None:
    speech = corpus(tmp_path / "speech", 5)
    first = probe_response(speech, Servant(), ["accent"], out=tmp_path / "run")

    class Mute(Servant):
        def answer(self, batch: Sequence[Question]) -> list[Answer]:
            raise AssertionError("asked again")

    assert probe_response(speech, Mute(), ["accent"], out=tmp_path / "run") == first
    with pytest.raises(RunFolderError, match="prompt"):
        probe_response(speech, Servant(), ["accent"], out=tmp_path / "run", prompt="Reply shortly.")


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

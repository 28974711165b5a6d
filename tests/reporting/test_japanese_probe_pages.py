"""The pages of probes in Japanese: every sentence of the program is translated, in every verdict."""

from __future__ import annotations

import re

import pytest

from speechfair.probes.grounding.probe_grounding import probe_grounding
from speechfair.probes.questions.probe_questions import probe_questions
from speechfair.probes.response.probe_response import probe_response
from speechfair.reporting.probe_html import write_grounding, write_questions, write_response
from tests.probes.grounding.test_sound_probe import Deaf, sound_corpus
from tests.probes.questions.test_probe_questions import REFERENCE, Planted, question_set
from tests.probes.response.test_probe_response import Servant
from tests.probes.response.test_probe_response import corpus as requests_corpus


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Text by name of the page."""
    folder = tmp_path_factory.mktemp("pages")
    sound = sound_corpus(folder / "sound")
    found = {
        "sound": write_grounding(
            probe_grounding(sound, Deaf(sound), ["accent"]), folder / "sound.html", "ja"
        ),
        "response": write_response(
            probe_response(requests_corpus(folder / "requests"), Servant(), ["accent"]),
            folder / "response.html",
            "ja",
        ),
    }
    asked = question_set(folder / "questions")
    for name, model in {"questions": Planted(asked, 0.5), "unreadable": Planted(asked, dress="hm")}.items():
        result = probe_questions(asked, model, reference=REFERENCE)
        found[name] = write_questions(result, folder / f"{name}.html", "ja")
    return {name: path.read_text("utf-8") for name, path in found.items()}


@pytest.mark.parametrize("name", ["sound", "response", "questions", "unreadable"])
def test_no_sentence_is_left_in_english(pages: dict[str, str], name: str) -> None:
    page = pages[name]
    assert '<html lang="ja">' in page
    assert re.findall('<span lang="en">(.*?)</span>', page) == []


def test_findings_and_charts_are_japanese(pages: dict[str, str]) -> None:
    assert "聞こえていないもの:話者" in pages["sound"]
    assert "回答なしが多く" in pages["sound"]
    assert "(下限)" in pages["sound"]
    svg = "".join(re.findall("<svg.*?</svg>", pages["sound"], flags=re.S))
    assert "L2 帰属" in svg
    assert "attribution" not in svg

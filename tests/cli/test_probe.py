"""The probe verbs as a user runs them, from an empty folder and with wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.errors import InputError, ModelError
from speechfair.probes import probe_grounding
from speechfair.reporting.probe_html import write_grounding
from tests.probes.planted_model import Planted, scene_corpus

RULES = "python-chat:speechfair.probes.grounding.rules:answer"
DEAF = ["--model", "cascade:python:deaf:hear", "--model-option", f"answerer={RULES}"]
ANSWERER = 'def hear(samples, rate):\n    return "Anna bought two bags."\n'


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "deaf.py").write_text(ANSWERER, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_grounding_of_a_cascade_that_hears_nothing(empty: Path) -> None:
    pytest.importorskip("espeakng_loader")
    words = [
        "--scenes",
        "2",
        "--voices",
        "1",
        "--first-languages",
        "jpn",
        "--strengths",
        "1",
        "--silences",
        "1",
    ]
    done = CliRunner().invoke(app, ["probe", "grounding", *DEAF, *words, "--out", "run", "--json"])
    assert done.exception is None, done.exception
    found = json.loads(done.stdout)
    assert found["architecture"] == "modular"
    assert found["text"]["wrong"] == 0, "rules are right about the verbatim transcript"
    assert found["audio"]["right"] < sum(found["audio"].values())
    assert "fewer than 5 speakers (1)" in found["axes"][0]["groups"][1]["diagnosis"]["reason"]
    assert {path.name for path in (empty / "run").iterdir()} >= {
        "grounding.json",
        "grounding.html",
        "run.yaml",
    }
    again = CliRunner().invoke(app, ["probe", "grounding", *DEAF, *words, "--out", "run"])
    assert again.exception is None, again.exception
    assert "given" in again.stdout
    assert "Synthetic speech" in (empty / "run" / "grounding.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["grounding", *DEAF, "--strengths", "strong"], InputError, "--strengths"),
        (["grounding", "--model", "cascade:python:deaf:hear"], InputError, "answerer"),
        (["grounding", "--model", "python:deaf:hear"], ModelError, "answers no questions"),
        (["response", *DEAF, "--first-languages", "xyz"], InputError, "xyz"),
        (["strength", "--model", "python:deaf:hear", "--texts", "absent.txt"], InputError, "absent.txt"),
    ],
)
def test_wrong_input_is_one_clear_message(
    empty: Path, words: list[str], error: type[Exception], message: str
) -> None:
    done = CliRunner().invoke(app, ["probe", *words])
    assert isinstance(done.exception, error), done.output
    assert message in str(done.exception)


def test_a_page_needs_no_network_and_escapes_what_it_shows(tmp_path: Path) -> None:
    corpus = scene_corpus(tmp_path / "speech", n_scenes=2, speakers=5)
    result = probe_grounding(corpus, Planted(corpus), ["accent"])
    page = write_grounding(result.model_copy(update={"model": "<script>x"}), tmp_path / "p.html").read_text(
        "utf-8"
    )
    assert "<script" not in page
    assert "&lt;script&gt;x" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert page.count('<svg class="chart"') == 1


def test_japanese_questions_about_a_corpus_are_refused() -> None:
    asked = ["probe", "grounding", "--model", RULES, "--corpus", "manifest", "--speech", "jpn"]
    found = CliRunner().invoke(app, asked).exception
    assert isinstance(found, InputError)
    assert "--speech jpn" in str(found)

"""What the command line does, the function does: the page is written, the ledger is kept."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

import speechfair
from speechfair.errors import InputError, SpeechfairError
from speechfair.process.init import Start
from speechfair.process.ledger import Ledger
from speechfair.testing import Scripted
from tests.support import scripted_texts, small_corpus


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a process folder in it."""
    folder = tmp_path_factory.mktemp("home")
    start = Start.model_validate(
        {"name": "made", "aifl": 0, "languages": ["eng"], "language": "en", "facts": {}, "forms": {}}
    )
    speechfair.process_init(folder / "process", start)
    return folder


def entries(home: Path) -> list[tuple[str, str]]:
    return [
        (entry.kind, entry.body["verb"])
        for entry in Ledger(home / "process").read().entries
        if entry.kind in ("run_begun", "run_ended")
    ]


def test_an_audit_in_python_writes_the_page_and_the_ledger(home: Path, tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=6, per_speaker=1)
    model = Scripted(scripted_texts(corpus, {"x": 1, "y": 2}))
    before = len(entries(home))
    with pytest.raises(InputError, match="the evaluation gate was not opened before"):
        speechfair.audit(corpus, model, ["accent"], out=home / "runs" / "near")
    with speechfair.process_folder(None, "a trial of the harness"):
        speechfair.audit(corpus, model, ["accent"], out=home / "runs" / "near")
    assert (home / "runs" / "near" / "report.html").is_file()
    assert entries(home)[before:] == [("run_begun", "audit"), ("run_ended", "audit")]
    before_again = (home / "runs" / "near" / "report.html").stat().st_mtime_ns
    speechfair.score(home / "runs" / "near", ["accent"])
    assert (home / "runs" / "near" / "report.html").stat().st_mtime_ns > before_again
    with speechfair.process_folder(home / "process", "a trial of the harness"):
        speechfair.audit(corpus, model, ["accent"], out=tmp_path / "far")
    assert len(entries(home)) == before + 4
    speechfair.audit(corpus, model, ["accent"])
    assert len(entries(home)) == before + 4, "a run that is not kept is not noted"


def test_what_compares_in_python_needs_its_gates_too(home: Path, tmp_path: Path) -> None:
    before = len(Ledger(home / "process").read().entries)
    for start in (
        lambda: speechfair.compare(tmp_path / "a", home / "runs" / "b"),
        lambda: speechfair.debias_compare([], home / "runs" / "methods"),
        lambda: speechfair.debias_compare(["erm"], home / "runs" / "methods"),
        lambda: speechfair.debias_compare(["erm"], tmp_path / "methods", process=home / "process"),
    ):
        with pytest.raises(InputError, match="the evaluation gate was not opened before"):
            start()
    assert len(Ledger(home / "process").read().entries) == before
    with speechfair.process_folder(home / "process", "a trial"), pytest.raises(SpeechfairError):
        speechfair.compare(tmp_path / "a", tmp_path / "b")
    last = Ledger(home / "process").read().entries[-1]
    assert (last.kind, last.body["verb"], last.body["reason"]) == ("gate_override", "compare", "a trial")


@pytest.mark.parametrize("name", ["audit", "score", "transcribe", "gate"])
def test_the_function_shows_its_own_parameters(name: str) -> None:
    function: Any = getattr(speechfair, name)
    assert "args" not in inspect.signature(function).parameters
    assert function.__name__ == name

"""What a verb writes in Python is what its command line writes; nothing is written into a run folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import speechfair
from speechfair.auditing.run import audit
from speechfair.errors import InputError
from speechfair.testing import Scripted
from tests.support import scripted_texts, small_corpus


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("written")
    corpus = small_corpus(folder / "corpus", speakers=4, per_speaker=1)
    for name, wrong in (("old", 2), ("new", 1)):
        audit(
            corpus,
            Scripted(scripted_texts(corpus, {"x": 0, "y": wrong}), name=name),
            ["accent"],
            out=folder / name,
        )
    return folder / "old", folder / "new"


def test_compare_and_leaderboard_write_their_files(runs: tuple[Path, Path], tmp_path: Path) -> None:
    found = speechfair.compare(*runs, out=tmp_path / "c.json", report=str(tmp_path / "c.html"))
    assert (tmp_path / "c.json").read_text(encoding="utf-8") == found.to_json()
    assert "<title>" in (tmp_path / "c.html").read_text(encoding="utf-8")
    board = speechfair.leaderboard(runs, out=str(tmp_path / "l.json"), report=tmp_path / "l.html")
    assert (tmp_path / "l.json").read_text(encoding="utf-8") == board.to_json()
    assert "<title>" in (tmp_path / "l.html").read_text(encoding="utf-8")


def test_plan_writes_its_files(tmp_path: Path) -> None:
    made = speechfair.plan(
        rate=0.2, cv=0.5, words_per_speaker=200, out=tmp_path / "p.json", picture=tmp_path / "p.svg"
    )
    assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))["speakers"] == made.speakers
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_gate_writes_why_it_cannot_judge(runs: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml"):
        speechfair.gate(
            runs[0], tmp_path / "none.yaml", junit=tmp_path / "gate.xml", markdown=str(tmp_path / "gate.md")
        )
    assert 'errors="1"' in (tmp_path / "gate.xml").read_text(encoding="utf-8")
    assert "none.yaml" in (tmp_path / "gate.md").read_text(encoding="utf-8")


def test_no_verb_writes_into_a_run_folder(runs: tuple[Path, Path], tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path, speakers=1, per_speaker=1)
    for call in (
        lambda: speechfair.compare(*runs, out=runs[0] / "c.json"),
        lambda: speechfair.leaderboard(runs, report=runs[0] / "l.html"),
        lambda: speechfair.confidence(runs[0], html=runs[0] / "x" / "c.html"),
        lambda: speechfair.plan(picture=runs[0] / "p.svg"),
        lambda: speechfair.gate(runs[0], "criteria.yaml", junit=runs[0] / "gate.xml"),
        lambda: speechfair.debias_leakage([], corpus, [], out=runs[0] / "leakage.json"),
    ):
        with pytest.raises(InputError, match="run folder"):
            call()

"""The pages of Start, and the explanations with a script, run from first block to last in a clean folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from speechfair.debias.judging import audits
from speechfair.testing import Scripted
from tests.debias.tiny import whisper_folder
from tests.docs.pages import DOCS, blocks, blocks_to_run
from tests.docs.running import VERDICTS, run_block

TUTORIAL = ("start/transcripts", "start/two-models", "start/release")
EXPLAINED = ("explanation/speakers.md", "explanation/gaps.md")
RECORDED: Mapping[str, Mapping[str, str]] = {
    "start/recordings": {
        "--model bundled:whisper-tiny.en --window 10": "--model python:start_asr:recognize",
        '"bundled:whisper-tiny.en", window=10': '"python:start_asr:recognize"',
    },
    "start/debias": {
        "texts=8": "texts=2",
        '"006"': '"001"',
        "bundled:whisper-tiny.en": "whisper:tiny",
        "steps: 12": "steps: 2",
    },
}
"""The pages that need a recogniser, and what stands in for it and for long computations in the suite."""
IN_ORDER = (*(f"{name}.md" for name in (*TUTORIAL, *RECORDED)), *EXPLAINED)
REAL = os.environ.get("SPEECHFAIR_START")
"""A folder in which these pages run as they stand; `make docs-start` gives it."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the pages of the tutorial print, from the first to the last in one clean folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("start"))
        return "".join(run_block(block) for name in TUTORIAL for block in blocks_to_run(DOCS / f"{name}.md"))


def figures(text: str) -> set[str]:
    """Rates, counts, intervals and verdicts of what a command printed, however wide its columns are."""
    return set(re.findall(r"[+-]?\d[\d.]*(?: %)?(?: \[[^\]]+\])?|(?i:verdict: \w+)", text))


@pytest.mark.parametrize("end", [".md", ".ja.md"])
@pytest.mark.parametrize("name", TUTORIAL)
def test_the_tutorial_shows_what_its_commands_print(name: str, end: str, shown: str) -> None:
    said = set().union(*(figures(b.text) for b in blocks(DOCS / f"{name}{end}") if b.language == "text"))
    assert len(said) > 8
    assert said <= figures(shown)
    assert "verdict: fail" in figures(shown)


def test_the_verdict_that_is_explained_is_that_of_the_tutorial(shown: str) -> None:
    (verdict,) = [block.text for block in blocks(DOCS / "read" / "gate.md") if block.language == "text"]
    for line in verdict.splitlines():
        assert line[1:].strip() in shown, line


@pytest.mark.parametrize("name", TUTORIAL)
def test_the_japanese_page_has_the_same_files_and_figures(name: str, shown: str) -> None:
    """Its commands are the same, which `test_both_languages_show_the_same_commands` checks; comments are translated."""
    pages = [blocks(DOCS / f"{name}{end}") for end in (".md", ".ja.md")]
    english, japanese = ({b.file: re.sub(r" *#.*", "", b.text) for b in page if b.file} for page in pages)
    assert english == japanese
    for figure in re.findall(r"\d\.\d\d(?= (?:倍|から))", (DOCS / f"{name}.ja.md").read_text("utf-8")):
        assert figure in shown or figure == "1.25", figure


@pytest.mark.parametrize("name", EXPLAINED)
def test_the_script_of_an_explanation_prints_what_the_page_shows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed = "".join(run_block(block) for block in blocks_to_run(DOCS / name))
    (text,) = [block.text for block in blocks(DOCS / name) if block.language == "text"]
    assert printed.strip() == text


def recognise(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recogniser for the pages that need one, tiny weights to train, and a scripted one before and after."""
    (folder / "start_asr.py").write_text("def recognize(samples, rate):\n    return 'the weather was cold'\n")
    whisper_folder(folder / "tiny", seconds=10, tokens=80)

    def scripted(_: Any, __: Path, ___: Path, name: str, ____: Any = None) -> Scripted:
        return Scripted({}, default="the weather was cold", name=name)

    monkeypatch.setattr(audits, "recognizer_for", scripted)


@pytest.mark.parametrize("name", RECORDED)
def test_the_commands_of_pages_that_need_a_recogniser_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recognise(tmp_path, monkeypatch)
    for block in blocks_to_run(DOCS / f"{name}.md"):
        run_block(block, RECORDED[name], VERDICTS)


@pytest.mark.skipif(not REAL, reason="takes minutes; `make docs-start` runs it")
@pytest.mark.parametrize("name", RECORDED)
def test_the_pages_that_need_a_recogniser_run_as_they_stand(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures depend a little on the processor, so they are printed next to those of the page and not compared."""
    folder = Path(REAL or ".")
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)
    for block in blocks_to_run(DOCS / f"{name}.md"):
        print(run_block(block))
    for block in blocks(DOCS / f"{name}.md"):
        print(f"the page shows:\n{block.text}" if block.language == "text" else "")

"""The pages of Start, and the explanations with a script, run from first block to last in a clean folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks, blocks_to_run
from tests.docs.running import run_block

TUTORIAL = ("start/transcripts", "start/two-models", "start/release")
EXPLAINED = ("explanation/speakers.md", "explanation/gaps.md")
IN_ORDER = (*(f"{name}{end}" for name in TUTORIAL for end in (".md", ".ja.md")), *EXPLAINED)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the pages of the tutorial print, from the first to the last in one clean folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("start"))
        return "".join(run_block(block) for name in TUTORIAL for block in blocks_to_run(DOCS / f"{name}.md"))


def test_the_tutorial_shows_what_its_commands_print(shown: str) -> None:
    for line in (
        *("12.7 % [11.5, 14.1]", "2.25 [1.84, 2.75]", "1.20 [0.96, 1.50]"),
        *("+0.5 [-1.5, +2.7]", "-5.8 [-8.6, -3.8]", "verdict: UNDETERMINED", "verdict: fail"),
    ):
        assert line in shown


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

"""The commands of the recipes for common corpora, on made trees in each corpus's layout; a stand-in recognises."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from speechfair.corpora.card import load_card
from tests.corpora.planting import Tree
from tests.corpora.trees import TREES
from tests.docs.pages import DOCS, Block, blocks_to_run
from tests.docs.running import run_block
from tests.probes.questions.set_trees import TREES as QUESTION_TREES
from tests.support import write_tone

GUIDE = DOCS / "how-to" / "corpus-recipes.md"
STAND_INS = {
    "--model bundled:whisper-tiny.en": "--model python:recipe_asr:recognize",
    "--model chat-audio:FOLDER": "--model python-chat:recipe_asr:answer",
    " DIR ": " tree ",
}
PARTS = {"common_voice": "validated", "edacc": "dev", "afrispeech": "train"}
"""The part of the made tree that has texts and labels, where it is not the one that the recipe names."""

STAND_IN = """
def recognize(samples, rate):
    return "hello"


def answer(question):
    return "Shakespeare"
"""


def recipes() -> dict[str, list[Block]]:
    """The blocks of the guide by the corpus that their commands name."""
    found: dict[str, list[Block]] = {}
    for block in blocks_to_run(GUIDE):
        words = shlex.split(block.commands[0])
        found.setdefault(words[2] if words[1] == "audit" else words[3], []).append(block)
    return found


RECIPES = recipes()


def with_sound(tree: Tree) -> None:
    """Put tones where the tree has hollow audio."""
    for path in tree.root.rglob("*.*"):
        if path.suffix in (".wav", ".mp3") and path.is_file():
            write_tone(path.with_suffix(".wav"), 6.0)
            path.with_suffix(".wav").rename(path)
    tone = write_tone(tree.root / "tone.wav", 1.0).read_bytes()
    (tree.root / "tone.wav").unlink()
    for path in tree.root.rglob("*.parquet"):
        cells = pl.struct(pl.lit(tone).alias("bytes"), pl.lit("a.wav").alias("path")).alias("audio")
        pl.read_parquet(path).with_columns(cells).write_parquet(path)


def test_seven_corpora_have_a_recipe() -> None:
    assert set(RECIPES) == {
        *("common_voice", "l2_arctic", "edacc", "afrispeech", "coraal", "fleurs"),
        "voicebench-sd-qa",
    }


@pytest.mark.parametrize("corpus", RECIPES)
def test_the_commands_of_the_recipe_run(corpus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    makers: dict[str, Callable[[Path], Tree]] = {**TREES, **QUESTION_TREES}
    (tmp_path / "tree").mkdir()
    with_sound(makers[corpus](tmp_path / "tree"))
    (tmp_path / "recipe_asr.py").write_text(STAND_IN, "utf-8")
    monkeypatch.chdir(tmp_path)
    part = PARTS.get(corpus, "test")
    parts = {"split=test": f"split={part}", "--split test": f"--split {part}"}
    for block in RECIPES[corpus]:
        run_block(block, STAND_INS | parts)


def test_the_guide_states_the_licence_of_each_card() -> None:
    text = GUIDE.read_text("utf-8")
    for corpus in RECIPES:
        if corpus in TREES:
            assert f"**Licence** {load_card(corpus).licence.id}" in text, corpus

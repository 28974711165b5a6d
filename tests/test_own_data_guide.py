"""Every command of the guide to one's own recordings, in its order, on a made table; a stand-in is the recogniser."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.corpora.rows import ColumnMap
from speechfair.strict_yaml import read_model
from tests.support import fenced, write_tone

GUIDE = (Path(__file__).resolve().parent.parent / "docs" / "how-to" / "own-data.md").read_text("utf-8")
ENDS = {"gate": {0, 1, 3}}
"""Exit codes of a command that did its work; 2 is an error everywhere."""


def test_the_commands_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ["audio,text,speaker,accent"]
    for n in range(12):
        write_tone(tmp_path / f"{n}.wav", 0.3 + 0.01 * n)
        rows.append(f"{n}.wav,hello number {n},s{n},{('british', 'indian')[n % 2]}")
    (tmp_path / "calls.csv").write_text("\n".join(rows), "utf-8")
    (tmp_path / "criteria.yaml").write_text(fenced(GUIDE, "yaml")[1], "utf-8")
    answers = (
        "def recognize(samples, rate, utterance):\n    return 'hello number ' + utterance.split('.')[0]\n"
    )
    (tmp_path / "guide_asr.py").write_text(answers, "utf-8")
    commands = [line for block in fenced(GUIDE, "console") for line in block.strip().splitlines()]
    assert len(commands) == 5
    for command in commands:
        words = shlex.split(command.replace("bundled:whisper-tiny.en", "python:guide_asr:recognize"))[1:]
        done = CliRunner().invoke(app, words)
        assert done.exit_code in ENDS.get(words[0], {0}), f"{command}\n{done.output}{done.exception!r}"
    page = (tmp_path / "runs" / "calls" / "report.html").read_text("utf-8")
    assert "our own recordings, speakers agreed" in page


def test_the_column_map_is_one(tmp_path: Path) -> None:
    (tmp_path / "columns.yaml").write_text(fenced(GUIDE, "yaml")[0], "utf-8")
    found = read_model(tmp_path / "columns.yaml", ColumnMap)
    assert found.time_unit == "milliseconds"

"""Every command of the guide to the viewer that writes files, on a made table; stand-ins are the recognisers."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from tests.support import fenced, write_tone

GUIDE = (Path(__file__).resolve().parent.parent / "docs" / "how-to" / "view.md").read_text("utf-8")
MODELS = {"bundled:whisper-tiny.en": "python:view_asr:small", "bundled:whisper-base": "python:view_asr:large"}


def test_the_commands_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ["audio,text,speaker,accent"]
    for n in range(8):
        write_tone(tmp_path / f"{n}.wav", 0.3 + 0.01 * n)
        rows.append(f"{n}.wav,hello number {n},s{n},{('british', 'indian')[n % 2]}")
    (tmp_path / "calls.csv").write_text("\n".join(rows), "utf-8")
    answers = "def small(samples, rate):\n    return 'hello'\n\ndef large(samples, rate):\n    return 'hello number'\n"
    (tmp_path / "view_asr.py").write_text(answers, "utf-8")
    commands = [line for block in fenced(GUIDE, "console") for line in block.splitlines()]
    served = [line for line in commands if line.startswith("speechfair view") and "--bundle" not in line]
    assert len(commands) == 4
    assert len(served) == 1
    for command in commands:
        for name, stand_in in MODELS.items():
            command = command.replace(name, stand_in)
        if command not in served:
            done = CliRunner().invoke(app, shlex.split(command)[1:])
            assert done.exit_code == 0, f"{command}\n{done.output}{done.exception!r}"
    assert (tmp_path / "pages" / "index.html").is_file()
    again = CliRunner().invoke(app, shlex.split(commands[-1])[1:])
    assert "not empty" in str(again.exception)

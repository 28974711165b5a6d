"""A speech-LLM as a recogniser from the command line: its refusals are counted and said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from tests.support import write_tone

ANSWERER = """
def answer(question):
    length = len(question.audio.samples)
    return "I'm sorry, but I cannot help with that." if length < 8000 else "one two three"
"""


def test_refusals_are_counted_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_speech_llm.py").write_text(ANSWERER)
    rows = ["audio,text,speaker,accent"]
    for number in range(4):
        write_tone(tmp_path / f"{number}.wav", 0.2 if number == 0 else 1.0)
        rows.append(f"{number}.wav,one two three,s{number},{'xy'[number % 2]}")
    (tmp_path / "rows.csv").write_text("\n".join(rows) + "\n")
    model = ["--model", "python-chat:my_speech_llm:answer", "--model-option", "prompt=Write it down."]
    data = ["--manifest", "rows.csv", "--group-by", "accent", "--out", "run"]
    done = CliRunner().invoke(app, ["audit", "manifest", *data, *model])
    assert done.exit_code == 0, done.output
    assert "answers by wording: 3 answer, 1 refusal, 0 not_heard, 0 empty, 0 error" in done.output
    audit = json.loads((tmp_path / "run" / "audit.json").read_text())
    assert audit["model_record"]["architecture"] == "native"
    assert {group["value"]: group["answers"]["refusal"] for group in audit["groups"]} == {"x": 1, "y": 0}
    assert CliRunner().invoke(app, ["verify", "run"]).exit_code == 0
    assert CliRunner().invoke(app, ["report", "run"]).exit_code == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Answers that are no transcript" in page
    assert "speech reaches the language model as sound" in page

"""``speechfair models`` shows what to install in full, and an audit tells what was spent and which window it took."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from speechfair.cli.main import main
from speechfair.store import RunFolder
from tests.models.server import TranscriptionServer


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["speechfair", *words])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_the_extra_to_install_is_not_swallowed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "models") == 0
    printed = capsys.readouterr().out
    assert "'speechfair[hf]'" in printed
    assert "'speechfair[bundled]'" in printed


def test_an_audit_of_a_served_model_tells_its_cost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import polars as pl

    from tests.support import write_tone

    rows = [
        {
            "id": f"{speaker}-{n}",
            "audio": str(write_tone(tmp_path / f"{speaker}-{n}.wav", 1.0)),
            "text": "one two",
            "speaker": speaker,
            "language": "eng",
            "accent": "xy"[int(speaker[1:]) % 2],
        }
        for speaker in ("s0", "s1", "s2", "s3")
        for n in range(3)
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "rows.csv")
    with TranscriptionServer() as server:
        code = run(
            monkeypatch, "audit", "manifest", "--manifest", str(tmp_path / "rows.csv"), "--group-by", "accent",
            "--model", "openai:made-up", "--model-option", f"base_url={server.base_url}",
            "--model-option", "key_env=''", "--model-option", "price_per_minute=0.6",
            "--out", str(tmp_path / "run"),
        )  # fmt: skip
    told = capsys.readouterr().err
    assert code == 0, told
    assert "0.2 minutes of audio sent, estimated cost 0.12" in told
    assert RunFolder(tmp_path / "run").read()["recipe"]["model"]["options"]["model"] == "made-up"

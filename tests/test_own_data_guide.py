"""Every block of the guide to one's own recordings, in its order, on a made table; a stand-in is the recogniser."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.corpora.rows import ColumnMap
from speechfair.strict_yaml import read_model
from tests.docs.pages import DOCS, blocks_to_run
from tests.docs.running import VERDICTS, run_block
from tests.support import write_tone

STAND_INS = {"bundled:whisper-tiny.en": "python:guide_asr:recognize"}
RECOGNISER = (
    "def recognize(samples, rate, utterance):\n    return 'hello number ' + utterance.split('.')[0]\n"
)


def test_the_blocks_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ["audio,text,speaker,accent"]
    for n in range(12):
        write_tone(tmp_path / f"{n}.wav", 0.3 + 0.01 * n)
        rows.append(f"{n}.wav,hello number {n},s{n},{('british', 'indian')[n % 2]}")
    (tmp_path / "calls.csv").write_text("\n".join(rows), "utf-8")
    (tmp_path / "guide_asr.py").write_text(RECOGNISER, "utf-8")
    for block in blocks_to_run(DOCS / "how-to" / "own-data.md"):
        run_block(block, STAND_INS, VERDICTS if "speechfair gate" in block.text else None)
    page = (tmp_path / "runs" / "calls" / "report.html").read_text("utf-8")
    assert "our own recordings, speakers agreed" in page
    assert read_model(tmp_path / "columns.yaml", ColumnMap).time_unit == "milliseconds"

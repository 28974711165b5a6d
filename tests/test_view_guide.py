"""Every block of the guide to the viewer that writes files, on a made table; stand-ins are the recognisers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks_to_run
from tests.docs.running import run_block
from tests.support import write_tone

STAND_INS = {
    "bundled:whisper-tiny.en": "python:view_asr:small",
    "bundled:whisper-base": "python:view_asr:large",
}
RECOGNISERS = (
    "def small(samples, rate):\n    return 'hello'\n\ndef large(samples, rate):\n    return 'hello number'\n"
)


def test_the_blocks_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ["audio,text,speaker,accent"]
    for n in range(8):
        write_tone(tmp_path / f"{n}.wav", 0.3 + 0.01 * n)
        rows.append(f"{n}.wav,hello number {n},s{n},{('british', 'indian')[n % 2]}")
    (tmp_path / "calls.csv").write_text("\n".join(rows), "utf-8")
    (tmp_path / "view_asr.py").write_text(RECOGNISERS, "utf-8")
    todo = blocks_to_run(DOCS / "how-to" / "view.md")
    for block in todo:
        run_block(block, STAND_INS)
    assert (tmp_path / "pages" / "index.html").is_file()
    with pytest.raises(AssertionError, match="not empty"):
        run_block(todo[-1], STAND_INS)

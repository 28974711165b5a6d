"""``kill -9`` in the middle of transcription, three times, then the same command: nothing lost, nothing double.

The recogniser is a function that answers after a moment: what is killed here is the engine, not a model.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

BINARY = str(Path(sys.executable).parent / "speechfair")
RECOGNISER = """
import time

def answer(samples, rate):
    time.sleep(0.02)
    return "one two three" if len(samples) % 2 else "HE CALLED THE SHEEP"
"""


def command(data_root: Path, out: Path) -> list[str]:
    return [
        BINARY, "audit", "speechocean762", "--root", str(data_root / "speechocean762-subset"), "--split", "test",
        "--model", "python:slow_recogniser:answer", "--group-by", "gender", "--out", str(out), "--json",
    ]  # fmt: skip


def parts(out: Path) -> int:
    return len(list(out.glob("hypotheses/*/part-*.parquet")))


def kill_in_transcription(arguments: list[str], out: Path, rng: random.Random) -> None:
    """Start it, and kill it at a random moment after at least one more part has been written."""
    before = parts(out)
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while parts(out) == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.random() / 2)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.data
def test_three_kills_change_nothing(data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_recogniser.py").write_text(RECOGNISER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    rng = random.Random(762)
    whole = json.loads(
        subprocess.run(command(data_root, tmp_path / "whole"), capture_output=True, check=True).stdout
    )
    out = tmp_path / "killed"
    for _ in range(3):
        kill_in_transcription(command(data_root, out), out, rng)
    assert 3 <= parts(out) < parts(tmp_path / "whole"), "the kills came in the middle"
    resumed = json.loads(subprocess.run(command(data_root, out), capture_output=True, check=True).stdout)
    whole.pop("times")
    resumed.pop("times")
    assert whole == resumed
    rows = pl.concat([pl.read_parquet(p) for p in sorted(out.glob("hypotheses/*/part-*.parquet"))])
    assert rows["utterance_id"].n_unique() == rows.height == 240
    done = subprocess.run([BINARY, "verify", str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

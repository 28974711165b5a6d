"""What a run costs except recognition and scoring: parts written and read, and audio read for the manifest.

These are the constants of `benchmarks.cost_model`. Seconds of processor are sums; those of the clock for one part are
the shortest of several hundred, since a part waits for the disk.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["run"]

PARTS, BATCH, FILES, FILE_S = 300, 32, 200, 6.0


def run() -> dict[str, Any]:
    """Measure everything once."""
    with tempfile.TemporaryDirectory() as folder:
        return {
            "what": f"{PARTS} parts of {BATCH} utterances, {FILES} files of {FILE_S:g} s",
            **_parts(Path(folder) / "run"),
            "manifest_cpu_s_an_audio_s": _manifest(Path(folder)) / (FILES * FILE_S),
        }


def _parts(folder: Path) -> dict[str, float]:
    import polars as pl

    from speechfair.running.transcription import hypothesis_schema, read_hypotheses
    from speechfair.store import RunFolder

    run_folder, key = RunFolder(folder), "0" * 16
    run_folder.begin()
    rows = [
        {"utterance_digest": key, "text": "one two three four five six", "seconds": 0.5, "model": key}
        for _ in range(BATCH)
    ]
    schema = hypothesis_schema()
    walls: list[float] = []

    def write() -> None:
        for number in range(PARTS):
            ids = {f"u{number * BATCH + n}": row for n, row in enumerate(rows)}
            table = pl.DataFrame([{"utterance_id": name, **row} for name, row in ids.items()], schema=schema)
            began = time.perf_counter()
            run_folder.add_part(key, table)
            walls.append(time.perf_counter() - began)

    return {
        "part_written_cpu_s": _cpu_seconds(write) / PARTS,
        "part_written_s": min(walls),
        "part_read_cpu_s": _cpu_seconds(lambda: read_hypotheses(run_folder, key)) / PARTS,
    }


def _manifest(folder: Path) -> float:
    import numpy as np
    import soundfile

    from speechfair.running.run_manifest import build_manifest
    from speechfair.types import Utterance
    from tests.support import ListCorpus

    generator = np.random.default_rng(0)
    rows = []
    for number in range(FILES):
        path = folder / f"{number}.wav"
        soundfile.write(path, generator.normal(0, 0.1, int(FILE_S * 16_000)), 16_000, subtype="PCM_16")
        rows.append(Utterance(str(number), path, "a", "eng", "s"))
    return _cpu_seconds(lambda: build_manifest(ListCorpus(rows, folder), folder))


def _cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began

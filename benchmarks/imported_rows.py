"""A table of transcripts from the first byte to the page: import, score, report, verify, compare, one refused command.

Everything that a person waits for is inside: reading the table, normalising, counting, five axes and two crossings,
10,000 replicates, the page, and reading the folder again. One process for each size, two threads. Run with
`python -m benchmarks.imported_rows [ROWS …]`; the tables are made in a temporary folder and deleted. The goal for
1,000,000 utterances of 10,000 speakers is 3 minutes and 4 GB on two free cores, growing with the number of rows. On a
busy machine the seconds of processor tell more than those of the clock.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROWS = (10_000, 100_000, 1_000_000)
AXES = ("accent", "gender", "age_band", "domain", "device", "accent+gender", "gender+age_band")
_ROWS_PER_SPEAKER = 100
_DISTINCT_TEXTS = 50  # one text for so many rows, as read sentences come back with other speakers
_WORDS = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "lazy",
    "dogs",
    "while",
    "rivers",
    "run",
    "to",
    "towns",
    "and",
    "people",
    "walk",
    "home",
    "from",
    "work",
    "don't",
    "it's",
    "colour",
    "doctor",
    "street",
    "twenty",
    "three",
    "hundred",
    "call",
    "me",
    "at",
    "five",
    "please",
    "send",
    "a",
    "card",
    "money",
    "bank",
]
_CODE = """
import json, resource, sys, time
from pathlib import Path
from benchmarks.timing import peak_megabytes
from speechfair.auditing.verify import verify
from speechfair.errors import SpeechfairError
from speechfair.verbs.compare import compare
from speechfair.verbs.import_transcripts import import_transcripts
table, out, axes = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(",")
found = {}
def processor():  # with the processes that took a share and ended
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
def timed(name, work):
    began, cpu = time.perf_counter(), processor()
    try:
        work()
    except SpeechfairError:
        pass
    found[name] = {"seconds": time.perf_counter() - began, "cpu_seconds": processor() - cpu}
timed("refused", lambda: import_transcripts(table, {"a": "hypothesis"}, axes, out=out, reference={"accent": "none"}))
timed("import", lambda: import_transcripts(table, {"a": "hypothesis"}, axes, out=out))
timed("verify", lambda: verify(out / "a"))
timed("import another", lambda: import_transcripts(table, {"b": "better"}, axes, out=out))
timed("compare", lambda: compare(out / "a", out / "b", out=out / "c.json", report=out / "c.html"))
print(json.dumps({"work": found, "megabytes": peak_megabytes()}))
"""


def make_table(path: Path, rows: int) -> None:
    """A Parquet table: read sentences with one word in eight wrong, 100 rows a speaker, five labels."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(1)
    sentences = rng.integers(0, len(_WORDS), (max(10, rows // _DISTINCT_TEXTS), 9))
    chosen = sentences[rng.integers(0, len(sentences), rows)]
    heard = np.where(rng.random(chosen.shape) < 1 / 8, rng.integers(0, len(_WORDS), chosen.shape), chosen)
    better = np.where(rng.random(chosen.shape) < 1 / 4, chosen, heard)
    words = np.array(_WORDS, dtype=object)
    speakers = max(20, rows // _ROWS_PER_SPEAKER)
    speaker = rng.integers(0, speakers, rows)

    def label(name: str, values: int) -> pl.Series:
        return pl.Series([f"{name} {value}" for value in rng.integers(0, values, speakers)]).gather(speaker)

    pl.DataFrame(
        {
            "id": [f"u{row}" for row in range(rows)],
            "text": [" ".join(row).capitalize() + "." for row in words[chosen]],
            "hypothesis": [" ".join(row) for row in words[heard]],
            "better": [" ".join(row) for row in words[better]],
            "speaker": [f"s{one}" for one in speaker],
            "seconds": rng.uniform(1, 9, rows),
            **{axis: label(axis, values) for axis, values in zip(AXES, (20, 3, 5, 4, 6), strict=False)},
        }
    ).write_parquet(path)


def measure(rows: int) -> dict[str, Any]:
    """Seconds of each step and the peak memory for a table of so many rows, in a process of its own."""
    environment = {**os.environ, "POLARS_MAX_THREADS": "2"}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.parquet"
        make_table(table, rows)
        command = [sys.executable, "-c", _CODE, str(table), str(Path(folder) / "runs"), ",".join(AXES)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run(sizes: tuple[int, ...] = ROWS) -> dict[str, Any]:
    """Every size, smallest first."""
    return {
        "what": "transcripts imported, scored over five axes and two crossings, reported, verified, compared",
        "rows": {str(rows): measure(rows) for rows in sizes},
        "load": os.getloadavg()[0],
    }


def describe(found: dict[str, Any]) -> list[str]:
    """A line for each size."""
    return [
        f"{int(rows):>9,} rows: "
        + ", ".join(
            f"{name} {work['seconds']:.1f} s ({work['cpu_seconds']:.1f} s CPU)"
            for name, work in one["work"].items()
        )
        + f", {one['megabytes']:.0f} MB"
        for rows, one in found["rows"].items()
    ]


if __name__ == "__main__":
    print("\n".join(describe(run(tuple(int(size) for size in sys.argv[1:]) or ROWS))))

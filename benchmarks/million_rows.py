"""A made Common Voice tree of 1,000,000 rows: list it, check it without audio, write it as a manifest.

Two threads, one process for each of the three and for a tenth of the rows, so that peak memory can be compared. The
tree has no clips: none of the three opens audio. Run with `python -m benchmarks.million_rows`; the tree is made in a
temporary folder and deleted. Targets: 60 s and 1.5 GB for all three together on two free cores; on a busy machine the
seconds of processor tell more than those of the clock, and the load stands beside them.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROWS = 1_000_000
SECONDS, MEGABYTES = 60.0, 1500.0
_ACCENTS = (
    *("", "", "", "United States English", "England English"),
    *(
        "India and South Asia (India, Pakistan, Sri Lanka)",
        "Scottish English,Glaswegian",
        "from here, and from there",
    ),
)
_WORDS = (
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
)
_COLUMNS = (
    *("client_id", "path", "sentence_id", "sentence", "sentence_domain", "up_votes", "down_votes"),
    *("age", "gender", "accents", "variant", "locale", "segment"),
)
_WORK = {
    "list": "n = sum(batch.frame.height for batch in batches_of(corpus))",
    "check": "n = check_corpus(corpus, audio=False).parts['all']['in']",
    "manifest": "n = write_listing(corpus, root / 'manifest.parquet', audio=False).rows",
}
_CODE = """
import json, resource, sys, time
from pathlib import Path
began = time.perf_counter()
from benchmarks.timing import peak_megabytes
from speechfair.curating.corpus_check import check_corpus
from speechfair.curating.corpus_listing import write_listing
from speechfair.corpora import load_corpus
from speechfair.corpora.batches import batches_of
root = Path(sys.argv[1])
corpus = load_corpus("common_voice", root)
WORK
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"rows": n, "seconds": time.perf_counter() - began, "cpu_seconds": usage.ru_utime + usage.ru_stime,
                  "megabytes": peak_megabytes()}))
"""


def make_tree(root: Path, rows: int) -> None:
    """A list ``validated.tsv`` with a speaker for every fifty rows, a third of them without an accent."""
    rng = random.Random(1)
    folder = root / "en"
    (folder / "clips").mkdir(parents=True)
    speakers = [
        (
            f"{rng.getrandbits(256):064x}",
            rng.choice(("", "twenties", "thirties", "sixties")),
            rng.choice(("", "male_masculine", "female_feminine")),
            rng.choice(_ACCENTS),
        )
        for _ in range(max(2, rows // 50))
    ]
    with (folder / "validated.tsv").open("w", encoding="utf-8") as file:
        file.write("\t".join(_COLUMNS) + "\n")
        for row in range(rows):
            client, age, gender, accent = rng.choice(speakers)
            text = " ".join(rng.choices(_WORDS, k=9)).capitalize() + "."
            cells = (client, f"common_voice_en_{row}.mp3", f"{row:064x}", text, "", "2", "0")
            file.write("\t".join((*cells, age, gender, accent, "", "en", "")) + "\n")


def measure(root: Path, work: str) -> dict[str, Any]:
    """Wall and processor seconds and peak memory of one process that does it."""
    environment = {**os.environ, "POLARS_MAX_THREADS": "2"}
    code = _CODE.replace("WORK", _WORK[work])
    command = [sys.executable, "-c", code, str(root)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run(rows: int = ROWS) -> dict[str, Any]:
    """All three over `rows` rows, and over a tenth of them for the memory."""
    found: dict[str, dict[str, Any]] = {}
    for count in (rows // 10, rows):
        with tempfile.TemporaryDirectory() as folder:
            make_tree(Path(folder), count)
            found[str(count)] = {work: measure(Path(folder), work) for work in _WORK}
    whole = found[str(rows)].values()
    seconds = sum(each["seconds"] for each in whole)
    megabytes = max(each["megabytes"] for each in whole)
    return {
        "what": f"Common Voice of {rows:,} rows: listed, checked without audio, written as a manifest",
        "rows": found,
        "seconds": seconds,
        "cpu_seconds": sum(each["cpu_seconds"] for each in whole),
        "megabytes": megabytes,
        "load_average": os.getloadavg()[0],
        "within_targets": seconds < SECONDS and megabytes < MEGABYTES,
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))

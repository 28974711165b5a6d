"""Count word errors of 20,000 utterances: `speechfair.metrics.count_errors` beside one `jiwer.process_words` call.

References are sentences of speechocean762 and LibriSpeech, drawn with replacement; hypotheses are the same with
words substituted, deleted and inserted at the rate given, seeded. One thread each. Run with
`python -m benchmarks.bulk_counting`; the speech sets are looked for in SPEECHFAIR_TEST_DATA or ../shared/data.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read when polars is first imported

import random
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jiwer

from benchmarks.timing import best_seconds
from speechfair.metrics import count_errors

PAIRS = 20_000
ERROR_RATE = 0.20


def sentences() -> list[str]:
    """Reference texts of the speech sets, lower case."""
    root = Path(
        os.environ.get("SPEECHFAIR_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
    )
    files = [
        *sorted(root.glob("speechocean762-subset/*/text")),
        *sorted(root.glob("librispeech-subset/**/*.trans.txt")),
    ]
    lines = [line.split(None, 1) for file in files for line in file.read_text("utf-8").splitlines()]
    texts = [line[1].strip().lower() for line in lines if len(line) == 2]
    if not texts:
        raise SystemExit(
            f"no reference texts under {root}: set SPEECHFAIR_TEST_DATA to the folder of speech sets"
        )
    return texts


def pairs(
    texts: list[str], count: int = PAIRS, error_rate: float = ERROR_RATE
) -> tuple[list[str], list[str]]:
    """References, and hypotheses with 60 % substitutions, 20 % deletions and 20 % insertions among the errors."""
    rng = random.Random(20)
    vocabulary = [word for text in texts for word in text.split()]
    references = rng.choices(texts, k=count)
    hypotheses = []
    for reference in references:
        words = []
        for word in reference.split():
            chance = rng.random() / error_rate
            if chance < 0.6:
                words.append(rng.choice(vocabulary))
            elif chance >= 0.8:
                words.append(word)
                if chance < 1.0:
                    words.append(rng.choice(vocabulary))
        hypotheses.append(" ".join(words))
    return references, hypotheses


def run() -> dict[str, Any]:
    """Seconds of both and their ratio; refuses to time anything whose counts differ."""
    references, hypotheses = pairs(sentences())
    ours = count_errors(references, hypotheses).sum().row(0)
    theirs = jiwer.process_words(references, hypotheses)
    if ours[:3] != (theirs.substitutions, theirs.deletions, theirs.insertions):
        raise SystemExit(
            f"counts differ: {ours} and {theirs.substitutions, theirs.deletions, theirs.insertions}"
        )
    times = []
    for _ in range(5):  # in turns, so that a busy moment of the machine falls on both
        mine = best_seconds(lambda: count_errors(references, hypotheses), 1)
        times.append((mine, best_seconds(lambda: jiwer.process_words(references, hypotheses), 1)))
    seconds, jiwer_seconds = (min(column) for column in zip(*times, strict=True))
    return {
        "what": f"word errors of {PAIRS:,} utterances",
        "peer": f"jiwer {version('jiwer')}",
        "seconds": seconds,
        "peer_seconds": jiwer_seconds,
        "ratio": jiwer_seconds / seconds,
        "words": ours[3],
    }


if __name__ == "__main__":
    print(run())

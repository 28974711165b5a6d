"""Do transformers and CTranslate2 hear the same words in the same weights? `python -m benchmarks.back_ends`.

Whisper tiny.en, float32, greedy, on all test utterances of the speechocean762 subset, by the two families of this
project, at the exact window and at a window of 10 s. Words are compared after normalising; disagreements are the edits
from one to the other over the words of the first. Writes benchmarks/results/back_ends.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.recognition_speed import counted, rate, speech
from speechfair.metrics import count_errors
from speechfair.models import load_model
from speechfair.text import load_normalizer

FAMILIES = {"faster-whisper": "bundled:whisper-tiny.en", "transformers": "whisper:bundled/tiny.en"}
PACKAGES = ("speechfair", "faster-whisper", "ctranslate2", "transformers", "torch")


def compare(window: float | None, utterances: int, threads: int) -> dict[str, Any]:
    """Share of words that agree, and the word error rate of either."""
    import torch

    chosen = speech(utterances)
    rows, audio = [row for row, _ in chosen], [sound for _, sound in chosen]
    normalize = load_normalizer("whisper-english")
    heard: dict[str, list[str]] = {}
    record: dict[str, Any] = {"window_s": window, "utterances": len(audio)}
    torch.set_num_threads(threads)
    for family, name in FAMILIES.items():
        options: dict[str, Any] = {} if window is None else {"window": window}
        if family == "faster-whisper":
            options["threads"] = threads
        found = load_model(name, **options).transcribe(audio)
        failed = [one.utterance_id for one in found if one.text is None]
        if failed:
            raise SystemExit(f"{family} failed on {', '.join(failed)}")
        texts = [one.text or "" for one in found]
        heard[family] = [normalize(text) for text in texts]
        redone = sum(one.rejected is not None for one in found)
        record[family] = {"wer": rate(counted(rows, texts)), "redone": redone}
        print(f"window {window}, {family}: {record[family]}", flush=True)
    counts = count_errors(heard["faster-whisper"], heard["transformers"], tokens="words")
    edits = int(counts.select("substitutions", "deletions", "insertions").sum_horizontal().sum())
    words = int(counts["reference_length"].sum())
    same = sum(a == b for a, b in zip(heard["faster-whisper"], heard["transformers"], strict=True))
    return record | {"words": words, "edits": edits, "agreement": 1 - edits / words, "equal_utterances": same}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=240)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args()
    record: dict[str, Any] = {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "windows": [compare(window, given.utterances, given.threads) for window in (10.0, None)],
    }
    for one in record["windows"]:
        print(f"window {one['window_s'] or 'exact'}: {one['agreement']:.2%} of {one['words']} words agree")
    path = Path(__file__).parent / "results" / "back_ends.json"
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path}")


if __name__ == "__main__":
    main()

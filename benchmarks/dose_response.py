"""Does a recogniser err more, the stronger a synthetic accent is? `python -m benchmarks.dose_response`.

Audits the synthetic corpora with the bundled weights and writes docs/results/dose-response.md with its charts. An hour
on one core; kill it and start it again, it goes on. Runs lie in runs/dose-response.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechfair.auditing.run import audit
from speechfair.corpora import load_corpus
from speechfair.models import load_model

CHECKOUT = Path(__file__).resolve().parent.parent
RUNS = CHECKOUT / "runs" / "dose-response"
AXES = ("first_language", "strength")
"""Not crossed: the page estimates the cells itself, paired by voice."""


@dataclass(frozen=True)
class Study:
    """One audit of the page."""

    title: str
    corpus: str
    corpus_options: dict[str, Any]
    model: str
    model_options: dict[str, Any]


STUDIES = {
    "english": Study(
        "English, Whisper tiny.en",
        "synthetic",
        {"strengths": (0.5, 1.0)},
        "bundled:whisper-tiny.en",
        {"window": 10},
    ),
    "japanese": Study(
        "Japanese, Whisper base",
        "synthetic_japanese",
        {"strengths": (0.5, 1.0)},
        "bundled:whisper-base",
        {"window": 10, "language": "ja", "compute_type": "int8"},
    ),
}


def main() -> None:
    from benchmarks import dose_response_page

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", nargs="+", default=list(STUDIES), choices=list(STUDIES))
    parser.add_argument("--voices", type=int, default=8, help="from 5 on there are intervals")
    parser.add_argument("--texts", type=int, default=8)
    parser.add_argument("--threads", type=int, default=0, help="of the recogniser; 0 is all")
    parser.add_argument(
        "--page", action="store_true", help="only write the page from the runs that are there"
    )
    asked = parser.parse_args()
    if not asked.page:
        for name in asked.studies:
            run(name, asked.voices, asked.texts, asked.threads)
    done = {name: RUNS / name for name in STUDIES if (RUNS / name / "audit.json").is_file()}
    print(f"written to {dose_response_page.write(STUDIES, done)}")


def run(name: str, voices: int, texts: int, threads: int) -> None:
    """Audit, or go on with it."""
    study = STUDIES[name]
    audio = RUNS / "audio" / study.corpus
    corpus = load_corpus(study.corpus, audio, voices=voices, texts=texts, **study.corpus_options)
    model = load_model(study.model, threads=threads, **study.model_options)
    audit(
        corpus,
        model,
        AXES,
        out=RUNS / name,
        observe=lambda progress: print(f"{name}: {progress}", flush=True),
    )


if __name__ == "__main__":
    main()

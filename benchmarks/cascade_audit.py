"""A real model, end to end: bundled Whisper and a small instruction-following text model, through four probes.

`python -m benchmarks.cascade_audit --llm FOLDER --barista FOLDER --out FOLDER` asks about the words (grounding), puts
spoken requests (response quality), questions about recorded coffee orders (question set) and about the words in
Japanese (grounding), and writes
docs/results/cascade-audit.md. Kill it and give it again to go on. FOLDER of --llm holds the text model in transformers
form; `--only` does some parts, and the page is made of the parts that are done.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.data_files import write_pages
from speechfair.models import load_speech_llm
from speechfair.probes import load_question_set, speak
from speechfair.probes.grounding.grounding_sections import grounding_findings, grounding_sections
from speechfair.probes.questions.questions_sections import questions_findings, questions_sections
from speechfair.probes.response.probe_response import say_requests
from speechfair.probes.sections import Finding, Section, response_findings, response_sections
from speechfair.result_table import Table
from speechfair.running.transcription import Progress
from speechfair.types import SpeechLanguageModel
from speechfair.verbs.probe import probe_grounding, probe_questions, probe_response

PAGE = Path(__file__).parents[1] / "docs" / "results" / "cascade-audit.md"
COST = "cost.json"
SCENES, VOICES, ACCENTS = 2, 6, "jpn"
REQUESTS, REQUEST_VOICES, REPLY_TOKENS = 4, 5, 32
ORDERS = 40
JAPANESE_SCENES, JAPANESE_VOICES, JAPANESE_ACCENTS = 1, 5, "eng"
INTRODUCTION = (
    "`python -m benchmarks.cascade_audit --llm FOLDER --barista FOLDER --out FOLDER` writes this page; do not edit it. "
    "The recogniser is the bundled Whisper base. The text model is Qwen2.5-Coder-0.5B-Instruct, read from a 4-bit GGUF "
    "file: very small, and trained for code."
)
SHOWS = (
    "**What this page shows:** the probes run on a real cascade from the first clip to the page, replies are read, and "
    "the text control separates what was not heard from what was not understood. Here it says that this language model "
    "is the limit: it is wrong about most questions even when it reads the verbatim words, and is drawn to one letter. "
    "**What it does not show:** that the cascade treats accents alike or not. The runs "
    "are small on purpose, the accent is made by rule, and too few scenes are asked about for an interval, so every "
    "group is undetermined. It says nothing about larger language models."
)
MORE = "More of the cascade: replies, and Japanese", ("What it replies", "What it hears of Japanese words")
"""Title and sections of the second page."""
PARTS = ("grounding", "barista", "response", "japanese")


def model(llm: Path, tokens: int, batch_size: int = 1, language: str = "en") -> SpeechLanguageModel:
    """The cascade; the recogniser is told which language it hears.

    Short answers to several questions about one transcript are fastest one by one, since they share its computation;
    long replies are fastest in batches.
    """
    return load_speech_llm(
        "cascade:bundled:whisper-base",
        asr_language=language,
        asr_threads=1,
        answerer=f"text-llm:{llm}",
        llm_max_new_tokens=tokens,
        llm_batch_size=batch_size,
        llm_name="text-llm:qwen2.5-coder-0.5b-instruct",
        name="whisper-base + qwen2.5-coder-0.5b-instruct",
    )


def grounding(llm: Path, out: Path, barista: Path | None) -> Any:
    """Words in one accent and the reference."""
    corpus = speak(SCENES, first_languages=ACCENTS, strengths=(1.0,), voices=VOICES, silences=0)
    return probe_grounding(corpus, model(llm, 4), ["strength"], out=out, observe=_told)


def japanese(llm: Path, out: Path, barista: Path | None) -> Any:
    """Words of Japanese in one foreign accent and the reference."""
    corpus = speak(
        JAPANESE_SCENES,
        language="jpn",
        first_languages=JAPANESE_ACCENTS,
        strengths=(1.0,),
        voices=JAPANESE_VOICES,
        silences=0,
    )
    return probe_grounding(corpus, model(llm, 4, language="ja"), ["strength"], out=out, observe=_told)


def response(llm: Path, out: Path, barista: Path | None) -> Any:
    """Spoken requests, one of each kind."""
    corpus = say_requests(REQUESTS, first_languages=ACCENTS, voices=REQUEST_VOICES)
    return probe_response(corpus, model(llm, REPLY_TOKENS, 8), ["strength"], out=out, observe=_told)


def barista(llm: Path, out: Path, folder: Path | None) -> Any:
    """Which drink is ordered in recorded orders of unknown speakers."""
    if folder is None:
        raise SystemExit("give --barista, the folder of the recorded orders with items.csv")
    items = out.parent / "barista.jsonl"
    items.write_text(_orders(folder), encoding="utf-8")
    asked = load_question_set("items", folder, items=items)
    return probe_questions(asked, model(llm, 4), [], out=out, observe=_told)


def _orders(folder: Path) -> str:
    rows = list(csv.DictReader((folder / "items.csv").open(encoding="utf-8")))[:ORDERS]
    drinks = {row["id"]: json.loads(row["slots"])["coffeeDrink"].strip() for row in rows}
    known = sorted(set(drinks.values()))
    lines = []
    for number, row in enumerate(rows):
        drink = drinks[row["id"]]
        # an option that is part of another would be right too
        wrong = [other for other in known if other not in drink and drink not in other]
        options = [drink, *(wrong[(number + step) % len(wrong)] for step in range(3))]
        line = {
            "audio": row["audio"],
            "question": "Which drink is ordered?",
            "options": options,
            "answer": drink,
        }
        lines.append(json.dumps(line))
    return "\n".join(lines) + "\n"


RUNS: dict[str, Callable[[Path, Path, Path | None], Any]] = {
    "grounding": grounding,
    "japanese": japanese,
    "response": response,
    "barista": barista,
}
WORDED: dict[str, tuple[str, Callable[[Any], list[Finding]], Callable[[Any], list[Section]]]] = {
    "grounding": ("What it hears of the words", grounding_findings, grounding_sections),
    "japanese": ("What it hears of Japanese words", grounding_findings, grounding_sections),
    "response": ("What it replies", response_findings, response_sections),
    "barista": ("Recorded orders", questions_findings, questions_sections),
}


def _told(state: Progress) -> None:
    print(f"{state.done}/{state.total} requests, {state.failed} failed", flush=True)


def run(part: str, llm: Path, out: Path, orders: Path | None) -> Any:
    """One part; its processor seconds are kept in ``cost.json`` if it was asked in one go."""
    fresh = not (out / part).exists()
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    result = RUNS[part](llm, out / part, orders)
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = {
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime),
        "wall_s": round(time.monotonic() - started),
    }
    path = out / COST
    costs = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    if fresh:  # a later call asks only what is left, or nothing
        path.write_text(json.dumps(costs | {part: spent}, indent=1) + "\n", encoding="utf-8")
    return result


def page(results: dict[str, Any], costs: dict[str, dict[str, int]], requests: dict[str, int]) -> str:
    """The page of the parts that are done, in Markdown.

    Parameters
    ----------
    costs : processor and wall-clock seconds by part.
    requests : how many replies there are by part.
    """
    lines = ["# A cascade of Whisper and a small text model, end to end", "", INTRODUCTION, "", SHOWS, ""]
    for part, result in results.items():
        title, findings, sections = WORDED[part]
        lines += [f"## {title}", ""]
        if part in costs:
            cost, n = costs[part], requests[part]
            each = cost["cpu_s"] / n
            lines += [
                f"{n} requests took {cost['cpu_s']:,} processor seconds on a machine without a GPU, {each:.1f} each; "
                "loading the models is included.",
                "",
            ]
        lines += [f"- {finding.text}" for finding in findings(result)]
        lines.append("")
        for section in sections(result):
            if section.title.endswith("kind by kind"):  # every verdict is undetermined with so few scenes
                continue
            lines += [f"### {section.title}", "", section.lede, ""]
            lines.append(Table.of_texts("", section.headers, section.rows).to_markdown())
            lines += [*(f"- {note}" for note in section.notes), ""]
        lines += [*(f"- {note}" for note in result.notes), ""]
    if left := [part for part in PARTS if part not in results]:
        lines.append(f"Not run yet: {', '.join(left)}.")
    return "\n".join(lines).rstrip() + "\n"


def _rows(path: Path) -> int:
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--llm", type=Path, required=True, help="folder of the text model")
    parser.add_argument("--barista", type=Path, help="folder of the recorded orders, with items.csv")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    asked = parser.parse_args(given)
    asked.out.mkdir(parents=True, exist_ok=True)
    results = {part: run(part, asked.llm.absolute(), asked.out, asked.barista) for part in asked.only}
    for part in PARTS:
        if part not in results and (asked.out / part).is_dir():
            results[part] = run(part, asked.llm.absolute(), asked.out, asked.barista)
    done = [part for part in PARTS if part in results]
    costs = json.loads((asked.out / COST).read_text("utf-8"))
    requests = {
        part: sum(map(_rows, (asked.out / part / "replies").rglob("part-*.parquet"))) for part in done
    }
    write_pages(page({part: results[part] for part in done}, costs, requests), PAGE, *MORE)
    print(PAGE)


if __name__ == "__main__":
    main()

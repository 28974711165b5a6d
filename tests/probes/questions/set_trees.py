"""A tiny tree in the true layout of every question set, with its traps; audio is hollow, because loading opens none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from tests.corpora.planting import Tree, hollow, write

__all__ = ["TREES"]


def parquet(path: Path, rows: list[dict[str, Any]], audio: str = "audio") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [{audio: {"bytes": b"x", "path": f"{n}.wav"}, **row} for n, row in enumerate(rows)]
    pl.DataFrame(cells).write_parquet(path)


def items(folder: Path) -> Tree:
    hollow(folder / "a.wav")
    line = {
        "audio": "a.wav",
        "question": "Which drink?",
        "options": ["tea", "milk"],
        "answer": "tea",
        "voice": "v1",
    }
    write(folder / "items.jsonl", json.dumps(line), "{")
    return Tree(folder, 1, 1, "items.jsonl", frozenset({"line 2"}))


def voicebench_sd_qa(folder: Path) -> Tree:
    """The same question in two Englishes, and one without a reference."""
    asked = [
        {"prompt": "who wrote hamlet", "reference": "Shakespeare"},
        {"prompt": "and now", "reference": ""},
    ]
    for english in ("aus", "ind_n"):
        parquet(folder / "sd-qa" / f"{english}-00000-of-00001.parquet", asked)
    return Tree(folder, 2, 0, "Parquet", frozenset({"aus-0001", "ind_n-0001"}))


def voicebench(folder: Path) -> Tree:
    asked = [
        {"prompt": "which one? A. x B. y", "reference": "B"},
        {"prompt": "and now? A. x", "reference": "Z"},
    ]
    parquet(folder / "mmsu" / "law-00000-of-00001.parquet", asked)
    return Tree(folder, 1, 0, "mmsu", frozenset({"law-0001"}), {"subset": "mmsu"})


def mmau(folder: Path) -> Tree:
    row = {
        "id": "m1",
        "audio_id": "./test-mini-audios/m1.wav",
        "question": "Who?",
        "choices": ["Man", "Woman"],
    }
    more = {"answer": "Man", "task": "speech", "sub-category": "x"}
    rows = [
        row | more,
        row | more | {"id": "m2", "audio_id": "./test-mini-audios/m2.wav"},
        row | {"id": "m3"},
    ]
    write(folder / "mmau-test-mini.json", json.dumps(rows))
    hollow(folder / "test-mini-audios" / "m1.wav")
    return Tree(folder, 1, 0, "mmau-test-mini.json", frozenset({"row 2", "row 3"}))


def air_bench(folder: Path) -> Tree:
    row = {
        "path": "1.wav",
        "question": "How old?",
        "choice_a": "young",
        "choice_b": "old",
        "choice_c": None,
        "answer_gt": "old",
        "task_name": "Audio_Grounding",
        "dataset_name": "set",
        "uniq_id": 7,
    }
    rows = [row, row | {"uniq_id": 8, "answer_gt": "middle"}, row | {"uniq_id": 9, "path": "../../1.wav"}]
    write(folder / "Foundation" / "Foundation_meta.json", json.dumps(rows))
    hollow(folder / "Foundation" / "Audio_Grounding_set" / "1.flac")
    return Tree(folder, 1, 0, "Foundation_meta.json", frozenset({"8", "row 3"}))


def sd_eval(folder: Path) -> Tree:
    row = {
        "wav_path": "VCTK/p225_001.flac",
        "transcript": "Hello.",
        "utt_id": "p225_001",
        "info": "Scottish",
        "target": [],
    }
    write(
        folder / "data" / "test-acc.json",
        json.dumps([row, row | {"utt_id": "p226_001", "wav_path": "VCTK/p226_001.flac"}]),
    )
    hollow(folder / "VCTK" / "p225_001.flac")
    return Tree(folder, 1, 1, "test-acc.json", frozenset({"row 2"}))


def voxsafebench(folder: Path) -> Tree:
    task = folder / "Safety-tier1" / "No_jailbreak"
    row = {
        "id": "v1",
        "clean_audio_file_name": "audio/c.wav",
        "diverse_audio_file_name": "audio/d.wav",
        "transcript": "do a bad thing",
        "task_type": "generative",
        "language": "EN",
    }
    write(task / "metadata.jsonl", json.dumps(row), "{", json.dumps({"id": "v2", "transcript": "x"}))
    hollow(task / "audio" / "c.wav")
    hollow(task / "audio" / "d.wav")
    return Tree(folder, 2, 0, "metadata.jsonl", frozenset({"line 2", "line 3"}))


def salmon(folder: Path) -> Tree:
    for name in ("sample_0_0", "sample_0_1", "notes"):
        hollow(folder / "rir_consistency" / f"{name}.wav")
    return Tree(folder, 2, 0, "speaker_consistency", frozenset({"rir_consistency/notes"}))


def au_harness(folder: Path) -> Tree:
    """A task that extends another, with choices written as text."""
    write(
        folder / "tasks" / "base.yaml",
        *("language: en", "split: test", "audio_column: context", "target_column: answer"),
        *("instruction_column: instruction", "choices_column: choices"),
    )
    write(folder / "tasks" / "one.yaml", "task_name: one", 'extends: ["./base.yaml#"]')
    rows = [
        {"instruction": "Which accent?", "answer": "Irish", "choices": "['Irish', 'Welsh']", "accent": "ie"},
        {"instruction": "Which accent?", "answer": "Irish", "choices": "Irish", "accent": "ie"},
    ]
    parquet(folder / "data" / "test-00000-of-00001.parquet", rows, "context")
    options = {"task": "tasks/one.yaml"}
    return Tree(folder, 1, 0, "the task file", frozenset({"test-00000-of-00001-00001"}), options)


TREES: dict[str, Callable[[Path], Tree]] = {
    "air-bench": air_bench,
    "au-harness": au_harness,
    "items": items,
    "mmau": mmau,
    "salmon": salmon,
    "sd-eval": sd_eval,
    "voicebench": voicebench,
    "voicebench-sd-qa": voicebench_sd_qa,
    "voxsafebench": voxsafebench,
}

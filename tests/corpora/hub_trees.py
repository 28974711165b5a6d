"""Tiny copies from the Hugging Face hub: Parquet files whose audio column holds bytes that are no audio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from tests.corpora.planting import Tree


def hub(path: Path, *rows: dict[str, Any]) -> Path:
    """A Parquet file of these rows, each with an audio cell as `datasets` writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [{"audio": {"bytes": b"not audio", "path": f"{number}.wav"}} for number in range(len(rows))]
    pl.DataFrame([row | cell for row, cell in zip(rows, cells, strict=True)]).write_parquet(path)
    return path


def afrispeech(folder: Path) -> Tree:
    """Names of one language to be merged, two languages in one label, a range across two age bands, no text."""
    facts = {"age_group": "19-25", "gender": "Female", "domain": "clinical", "country": "ZA"}
    hub(
        folder / "data" / "train-00000-of-00001.parquet",
        {"speaker_id": "s1", "audio_id": "x/1", "transcript": "He is well .", "accent": "isizulu", **facts},
        {
            "speaker_id": "s2",
            "audio_id": "x/2",
            "transcript": "She is .",
            "accent": "igbo and yoruba",
            **facts,
        },
    )
    hub(
        folder / "data" / "test-00000-of-00001.parquet",
        {
            "speaker_id": "s3",
            "audio_id": "x/3",
            "transcript": None,
            "accent": "zulu",
            **facts,
            "age_group": "56-65",
        },
    )
    return Tree(folder, 3, 3, "data/test-00000-of-00001.parquet")


def globe(folder: Path) -> Tree:
    """Labels that nobody gave."""
    hub(
        folder / "data" / "test-00000-of-00001.parquet",
        {
            "speaker_id": "S_1",
            "transcript": "Hello.",
            "accent": "New Zealand English",
            "age": "thirties",
            "gender": "male",
        },
        {
            "speaker_id": "S_2",
            "transcript": "Well.",
            "accent": "Welsh English",
            "age": "teens",
            "gender": "female",
        },
    )
    return Tree(folder, 2, 2, "data/test-00000-of-00001.parquet")

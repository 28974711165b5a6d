"""Datasets whose labels are numbers: the names are read, and -1 is unlabelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from speechfair.corpora import load_corpus
from speechfair.corpora.streamed import StreamedDataset
from speechfair.types import Utterance

GENDER = [0, 1, 1, -1]


@pytest.fixture
def made() -> Any:
    datasets = pytest.importorskip("datasets", reason="the extra 'datasets' is not installed")
    audio = {"bytes": datasets.Value("binary"), "path": datasets.Value("string")}
    features = datasets.Features(
        {
            "audio": audio,
            "text": datasets.Value("string"),
            "gender": datasets.ClassLabel(names=["male", "female"]),
            "accent": datasets.ClassLabel(names=["in", "ng"]),
        }
    )
    rows = [
        {"audio": {"bytes": b"x", "path": None}, "text": "hi", "gender": gender, "accent": 1}
        for gender in GENDER
    ]
    return datasets.Dataset.from_list(rows, features=features)


def genders(corpus: Any) -> list[str | None]:
    rows = [row for row in corpus if isinstance(row, Utterance)]
    assert all(("accent", "ng") in [(x.axis, x.value) for x in row.labels] for row in rows)
    return [next((x.value for x in row.labels if x.axis == "gender"), None) for row in rows]


def test_names_of_a_saved_dataset(made: Any, tmp_path: Path) -> None:
    made.save_to_disk(str(tmp_path / "d"))
    assert genders(load_corpus("huggingface", tmp_path / "d")) == ["male", "female", "female", None]


def test_names_of_a_streamed_dataset(made: Any) -> None:
    assert genders(StreamedDataset(made.to_iterable_dataset())) == ["male", "female", "female", None]

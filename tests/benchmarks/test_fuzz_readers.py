"""A slice of `benchmarks.fuzz_readers`: a damaged file is read, or refused with an error of speechfair."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.fuzz_readers import Reader, attempt, damaged, fault_of, readers
from speechfair.errors import RunFolderError

FEW = 12
READERS = (
    *("transcripts table", "transcripts nemo", "transcripts azure", "transcripts saved-dataset"),
    *("corpus manifest", "corpus globe", "corpus erj", "corpus jsut"),
    *("debias result", "debias record", "debias speakers"),
    *("run.yaml", "run.log.jsonl", "manifest.parquet", "audit.json", "criteria", "columns", "audio"),
)


@pytest.mark.parametrize("name", READERS)
def test_nothing_but_errors_of_speechfair_reaches_the_user(name: str, tmp_path: Path) -> None:
    (reader,) = readers(tmp_path, lambda each: each == name)
    reader.read()
    generator = random.Random(FEW)
    faults = {attempt(reader, generator) for _ in range(FEW)}
    assert faults == {None}
    reader.read()


@pytest.mark.parametrize("name", ["debias result", "debias record", "debias speakers"])
@pytest.mark.parametrize("damage", [b"[" * 5_000, b'{"a": ' * 5_000, b"{}", b"[]", b"null"], ids=len)
def test_files_of_a_debiasing_run_are_read_or_refused(name: str, damage: bytes, tmp_path: Path) -> None:
    (reader,) = readers(tmp_path, lambda each: each == name)
    for path in reader.files:
        good = path.read_bytes()
        path.write_bytes(damage)
        assert fault_of(reader) is None, path.name
        path.write_bytes(good)
    reader.read()


def test_a_development_set_without_a_digest_is_no_traceback(tmp_path: Path) -> None:
    (reader,) = readers(tmp_path, lambda each: each == "debias record")
    path = next(path for path in reader.files if path.name == "training.json")
    path.write_bytes(path.read_bytes().replace(b"3" * 64, b"3" * 63))
    with pytest.raises(RunFolderError, match="holds no finished training"):
        reader.read()


def test_a_fault_is_seen(tmp_path: Path) -> None:
    def broken() -> None:
        raise KeyError("a")

    assert "KeyError" in str(fault_of(Reader("broken", tmp_path, (), broken)))


def test_damage_is_reproducible() -> None:
    good = b'{"a": [1, 2]}'
    assert damaged(good, random.Random(1)) == damaged(good, random.Random(1))
    assert len({damaged(good, random.Random(seed)) for seed in range(50)}) > 40

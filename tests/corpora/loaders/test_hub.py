"""Parquet copies from the hub: the audio comes from its own row, and is read only when asked for."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from speechfair.audio import AudioError, load_bytes
from speechfair.corpora import load_corpus
from speechfair.corpora.hub import ParquetAudio, hub_rows
from speechfair.errors import CorpusError
from speechfair.types import Exclusion, Utterance
from tests.corpora.hub_trees import hub


def test_every_row_has_its_own_audio(tmp_path: Path) -> None:
    path = tmp_path / "test-00000-of-00001.parquet"
    cells = [{"bytes": str(number).encode(), "path": None} for number in range(40)]
    pl.DataFrame({"text": [str(number) for number in range(40)], "audio": cells}).write_parquet(path)
    rows = list(hub_rows(path, ("text",)))
    assert all("audio" not in row for _, row, _ in rows)
    assert [audio.read().decode() for _, _, audio in reversed(rows)] == [
        row["text"] for _, row, _ in reversed(rows)
    ]


def test_a_cell_without_bytes_is_a_failed_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame(
        {"audio": [None]}, schema={"audio": pl.Struct({"bytes": pl.Binary, "path": pl.String})}
    ).write_parquet(path)
    with pytest.raises(AudioError, match="cannot be read"):
        load_bytes(ParquetAudio(path, 0, "audio"))


def test_columns_and_splits_that_are_not_there(tmp_path: Path) -> None:
    hub(tmp_path / "data" / "test-00000-of-00001.parquet", {"speaker": "s", "transcript": "x", "accent": "y"})
    with pytest.raises(CorpusError, match="no column 'speaker_id'; did you mean 'speaker'"):
        list(load_corpus("afrispeech", tmp_path))
    with pytest.raises(CorpusError, match="no split 'tset'; did you mean 'test'"):
        load_corpus("afrispeech", tmp_path, split="tset")


def test_afrispeech_merges_names_and_keeps_the_words(tmp_path: Path) -> None:
    facts = {"speaker_id": "s", "transcript": "x", "age_group": "26-40"}
    hub(
        tmp_path / "test-00000-of-00001.parquet",
        {**facts, "accent": "isizulu"},
        {**facts, "accent": "zulu"},
        {**facts, "accent": "igbo and yoruba"},
    )
    rows = [row for row in load_corpus("afrispeech", tmp_path) if isinstance(row, Utterance)]
    found = [{label.axis: label.value for label in row.labels} for row in rows]
    assert [(each["accent"], each["variety"]) for each in found] == [
        ("isizulu", "zulu"),
        ("zulu", "zulu"),
        ("igbo and yoruba", "several"),
    ]
    assert {each["age_band"] for each in found} == {"adult"}


def test_edacc_from_the_hub(tmp_path: Path) -> None:
    facts = {"accent": "Scottish English", "raw_accent": "Glaswegian", "gender": "female", "l1": "English"}
    hub(
        tmp_path / "data" / "test-00000-of-00002.parquet",
        {"speaker": "EDACC-C01-A", "text": "Aye <laugh>", **facts},
        {"speaker": "EDACC-C01-A", "text": "IGNORE_TIME_SEGMENT_IN_SCORING", **facts},
        {"speaker": "EDACC-C01-A", "text": "<laugh>", **facts, "l1": "Klingon"},
    )
    hub(tmp_path / "data" / "test-00001-of-00002.parquet", {"speaker": "EDACC-C02-A", "text": "No", **facts})
    hub(
        tmp_path / "data" / "validation-00000-of-00001.parquet",
        {"speaker": "EDACC-C03-A", "text": "No", **facts},
    )
    rows = list(load_corpus("edacc", tmp_path, split="test"))
    assert len({row.id for row in rows}) == 4
    assert [type(row) for row in rows] == [Utterance, Exclusion, Exclusion, Utterance]
    assert isinstance(rows[0], Utterance)
    assert {(label.axis, label.value, label.source) for label in rows[0].labels} == {
        ("accent", "Scottish English", "corpus"),
        ("self_described", "Glaswegian", "self_reported"),
        ("first_language", "eng", "self_reported"),
        ("native_language", "English", "self_reported"),
        ("gender", "female", "self_reported"),
    }
    assert len(list(load_corpus("edacc", tmp_path))) == 5

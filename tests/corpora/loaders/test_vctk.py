"""VCTK: one utterance for two microphones, in both releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.corpora import load_corpus
from speechfair.errors import CorpusError, InputError
from speechfair.types import Exclusion, Utterance
from tests.corpora.trees import TREES, hollow, write


def test_the_other_microphone_hears_the_same_utterances(tmp_path: Path) -> None:
    root = TREES["vctk"](tmp_path).root
    second = {row.id: row for row in load_corpus("vctk", root, microphone="mic2")}
    first = {row.id: row for row in load_corpus("vctk", root)}
    assert set(first) == set(second)
    assert isinstance(second["p225_002"], Utterance)
    assert second["p280_001"] == Exclusion(
        "p280_001", "no recording p280_001_mic2.flac", "wav48_silence_trimmed/p280"
    )
    with pytest.raises(InputError, match="did you mean 'mic2'"):
        load_corpus("vctk", root, microphone="mic3")


def test_release_0_80(tmp_path: Path) -> None:
    write(
        tmp_path / "speaker-info.txt",
        "ID  AGE  GENDER  ACCENTS  REGION",
        "225  23  F    English    Southern  England",
    )
    hollow(tmp_path / "wav48" / "p225" / "p225_001.wav")
    write(tmp_path / "txt" / "p225" / "p225_001.txt", "Please call Stella.")
    (row,) = load_corpus("vctk", tmp_path)
    assert isinstance(row, Utterance)
    assert {label.axis: label.value for label in row.labels}["region"] == "Southern England"


@pytest.mark.parametrize("lines", [["ID AGE"], ["ID  AGE  GENDER  ACCENTS  REGION", "p225 23"]])
def test_a_table_that_is_another(tmp_path: Path, lines: list[str]) -> None:
    root = TREES["vctk"](tmp_path).root
    write(root / "speaker-info.txt", *lines)
    with pytest.raises(CorpusError, match=r"speaker-info\.txt, line \d: expected ID AGE GENDER ACCENTS"):
        list(load_corpus("vctk", root))

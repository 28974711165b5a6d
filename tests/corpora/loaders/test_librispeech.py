"""LibriSpeech: chapters, genders, and no accent that nobody labelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.corpora import load_corpus
from speechfair.errors import CorpusError
from speechfair.types import Exclusion, Utterance
from tests.corpora.trees import librispeech, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return librispeech(tmp_path).root


def rows(root: Path, **options: str) -> dict[str, Utterance | Exclusion]:
    return {row.id: row for row in load_corpus("librispeech", root, **options)}


def test_rows(root: Path) -> None:
    found = rows(root)
    first = found["84-121123-0000"]
    assert isinstance(first, Utterance)
    assert (first.text, first.speaker) == ("GO DO YOU HEAR", "84")
    assert [(label.axis, label.value) for label in first.labels] == [("gender", "female")]
    unlisted = found["367-130732-0000"]
    assert isinstance(unlisted, Utterance)
    assert unlisted.labels == ()


def test_no_audio_is_lost_in_silence(root: Path) -> None:
    excluded = {row.id: row.reason for row in rows(root).values() if isinstance(row, Exclusion)}
    assert excluded == {
        "84-121123-0009": "audio without a line in the transcript",
        "367-999-0000": "chapter without a transcript",
    }


def test_the_root_may_be_either_folder(root: Path) -> None:
    assert rows(root) == rows(root / "LibriSpeech")


def test_splits(root: Path) -> None:
    assert {name.split("-")[0] for name in rows(root, split="dev-clean")} == {"84", "174"}
    with pytest.raises(CorpusError, match="no split 'dev-claen'; did you mean 'dev-clean'"):
        load_corpus("librispeech", root, split="dev-claen")
    with pytest.raises(CorpusError, match="no split"):
        load_corpus("librispeech", root, split="..")


def test_a_split_without_transcripts(root: Path) -> None:
    (root / "LibriSpeech" / "train-clean-100").mkdir()
    with pytest.raises(CorpusError, match=r"train-clean-100 holds no SPEAKER/CHAPTER/\*\.trans\.txt"):
        rows(root)


def test_hidden_folders_are_no_splits(root: Path) -> None:
    (root / "LibriSpeech" / ".cache").mkdir()
    assert rows(root)


def test_an_id_twice(root: Path) -> None:
    path = root / "LibriSpeech/dev-clean/84/121123/84-121123.trans.txt"
    write(path, "84-121123-0000 A", "84-121123-0001 B", "84-121123-0000 C")
    with pytest.raises(CorpusError, match="'84-121123-0000' comes twice, in lines 1 and 3"):
        rows(root)


def test_a_line_without_text_has_none(root: Path) -> None:
    write(root / "LibriSpeech/dev-clean/84/121123/84-121123.trans.txt", "84-121123-0000", "84-121123-0001  ")
    first = rows(root)["84-121123-0000"]
    assert isinstance(first, Utterance)
    assert first.text is None


def test_a_name_cannot_lead_out(root: Path) -> None:
    write(root / "LibriSpeech/dev-clean/84/121123/84-121123.trans.txt", "../../../../../x SECRET")
    found = rows(root)["../../../../../x"]
    assert isinstance(found, Exclusion)
    assert "leads out" in found.reason


def test_not_utf_8(root: Path) -> None:
    path = root / "LibriSpeech/dev-clean/84/121123/84-121123.trans.txt"
    path.write_bytes(b"84-121123-0000 CAF\xc9\n")
    with pytest.raises(CorpusError, match="line 1: byte 0xc9 at column 19 is not UTF-8"):
        rows(root)


def test_a_table_of_speakers_that_is_another(root: Path) -> None:
    write(root / "LibriSpeech" / "SPEAKERS.TXT", "; comment", "84 F")
    with pytest.raises(CorpusError, match=r"SPEAKERS\.TXT, line 2: expected ID \| SEX"):
        rows(root)


@pytest.mark.data
def test_the_real_subset(data_root: Path) -> None:
    found = list(load_corpus("librispeech", data_root / "librispeech-subset"))
    assert len(found) == 298
    assert all(isinstance(row, Utterance) and row.text for row in found)
    assert len({row.speaker for row in found if isinstance(row, Utterance)}) == 20
    axes = {label.axis for row in found if isinstance(row, Utterance) for label in row.labels}
    assert axes == {"gender"}

"""speechocean762: Kaldi files with their faults, and the counts of the real subset."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from speechfair.corpora import load_corpus
from speechfair.errors import CorpusError, InputError
from speechfair.types import Exclusion, Utterance
from tests.corpora.trees import speechocean762, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return speechocean762(tmp_path).root


def rows(root: Path, **options: str) -> dict[str, Utterance | Exclusion]:
    return {row.id: row for row in load_corpus("speechocean762", root, **options)}


def labels(row: Utterance | Exclusion) -> dict[str, str]:
    assert isinstance(row, Utterance)
    return {label.axis: label.value for label in row.labels}


def test_labels_come_from_the_kaldi_files(root: Path) -> None:
    found = rows(root)
    assert labels(found["000010011"]) == {
        "first_language": "cmn",
        "accent": "Mandarin",
        "gender": "male",
        "age_band": "child",
    }
    assert "age_band" not in labels(found["000020012"]), "no age is no age band"
    assert labels(found["000030002"])["age_band"] == "adult"


def test_text_and_audio_are_as_listed(root: Path) -> None:
    found = rows(root)["000030002"]
    assert isinstance(found, Utterance)
    assert found.text == "MADE LIKES WHITE"
    assert found.audio == root / "WAVE/SPEAKER0003/000030002.WAV"
    assert found.speaker == "0003"
    silent = rows(root)["000030017"]
    assert isinstance(silent, Utterance)
    assert silent.text is None


def test_splits(root: Path) -> None:
    assert set(rows(root, split="train")) == {"000010011", "000020012"}
    with pytest.raises(InputError, match="did you mean 'test'"):
        load_corpus("speechocean762", root, split="tset")


@pytest.mark.parametrize(
    "path", ["../../elsewhere.WAV", "/etc/hostname", "sox a.wav -t wav - |", "", "a\0b.wav"]
)
def test_what_is_no_path_in_the_folder_is_excluded(root: Path, path: str) -> None:
    write(root / "train" / "wav.scp", f"000010011\t{path}")
    found = rows(root, split="train")["000010011"]
    assert isinstance(found, Exclusion)
    assert found.where == "train/wav.scp"
    assert "path" in found.reason


def test_a_link_out_of_the_folder_is_excluded(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.WAV"
    outside.write_bytes(b"x")
    (root / "WAVE" / "link.WAV").symlink_to(outside)
    (root / "WAVE" / "folder").symlink_to(outside.parent)
    write(
        root / "train" / "wav.scp", "1\tWAVE/link.WAV", "2\tWAVE/folder/secret.WAV", "3\tWAVE/../WAVE/x.WAV"
    )
    found = rows(root, split="train")
    assert isinstance(found["1"], Exclusion)
    assert isinstance(found["2"], Exclusion)
    assert isinstance(found["3"], Utterance)


def test_an_id_twice_names_both_lines(root: Path) -> None:
    write(root / "train" / "text", "000010011\tA", "000020012\tB", "000010011\tC")
    with pytest.raises(CorpusError, match=r"train/text: '000010011' comes twice, in lines 1 and 3"):
        rows(root)


def test_not_utf_8_names_file_line_and_byte(root: Path) -> None:
    (root / "train" / "text").write_bytes(b"000010011\tA\n000020012\tcaf\xe9\n")
    with pytest.raises(CorpusError, match=r"train/text, line 2: byte 0xe9 at column 14 is not UTF-8"):
        rows(root)


def test_an_empty_table_is_an_error(root: Path) -> None:
    (root / "test" / "utt2spk").write_bytes(b"\n \n")
    with pytest.raises(CorpusError, match="test/utt2spk is empty"):
        rows(root)


def test_a_missing_table_is_named(root: Path) -> None:
    (root / "test" / "spk2age").unlink()
    with pytest.raises(CorpusError, match=r"expected the Kaldi file test/spk2age .* holds spk2gender, text"):
        rows(root)


def test_a_speaker_that_is_not_told_is_none(root: Path) -> None:
    write(root / "train" / "utt2spk", "000010011")
    found = rows(root, split="train")
    for row in found.values():
        assert isinstance(row, Utterance)
        assert row.speaker is None
        assert set(labels(row)) == {"first_language", "accent"}


@pytest.mark.parametrize("age", ["", "?", "-3", "nan", "inf", "500"])
def test_an_age_that_is_none_gives_no_band(root: Path, age: str) -> None:
    write(root / "train" / "spk2age", f"0001 {age}")
    assert "age_band" not in labels(rows(root)["000010011"])


@pytest.mark.data
def test_the_real_subset(data_root: Path) -> None:
    root = data_root / "speechocean762-subset"
    for split, utterances, speakers in (("train", 480, 40), ("test", 240, 24)):
        found = list(rows(root, split=split).values())
        assert all(isinstance(row, Utterance) for row in found)
        assert len(found) == utterances
        assert set(Counter(row.speaker for row in found if isinstance(row, Utterance)).values()) == {
            utterances // speakers
        }
        assert all(isinstance(row, Utterance) and row.text for row in found)
        assert all(
            isinstance(row, Utterance) and isinstance(row.audio, Path) and row.audio.is_file()
            for row in found
        )
        assert {frozenset(labels(row)) for row in found} == {
            frozenset({"first_language", "accent", "gender", "age_band"})
        }
    assert len(rows(root)) == 720

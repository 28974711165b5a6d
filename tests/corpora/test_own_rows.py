"""Rows of other people's tables: times in every unit, channels, words for missing values, several labels, odd paths."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from speechfair.corpora import load_corpus
from speechfair.corpora.cells import MISSING_WORDS
from speechfair.corpora.wav_scp import recording_of
from speechfair.errors import CorpusError, InputError
from speechfair.types import Exclusion, Label, Utterance
from tests.corpora.trees import hollow, write


def rows(path: Path, **options: Any) -> list[Utterance | Exclusion]:
    return list(load_corpus("manifest", manifest=path, **options))


def one(path: Path, **options: Any) -> Utterance:
    (row,) = rows(path, **options)
    assert isinstance(row, Utterance), row
    return row


@pytest.mark.parametrize(
    ("unit", "start", "length"),
    [
        ({}, "2", "1.5"),
        ({}, "2,0", "1,5"),
        ({"time_unit": "milliseconds"}, "2000", "1500"),
        ({"time_unit": "samples", "sample_rate": 8000}, "16000", "12000"),
    ],
)
def test_start_and_duration_in_every_unit(
    tmp_path: Path, unit: dict[str, Any], start: str, length: str
) -> None:
    path = write(tmp_path / "m.csv", "audio;text;begin;length", f"a.wav;hi;{start};{length}")
    row = one(path, columns={"start_s": "begin", "duration_s": "length", **unit})
    assert (row.start_s, row.end_s, row.id) == (2.0, 3.5, "a.wav#2-3.5")


def test_times_that_may_mean_two_things_are_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "audio;text;start_s", "a.wav;hi;1,500", "b.wav;hi;0,500")
    first, second = rows(path)
    assert isinstance(first, Exclusion)
    assert "may be 1.500 or 1500" in first.reason
    assert isinstance(second, Utterance)
    assert second.start_s == 0.5
    with pytest.raises(InputError, match="needs sample_rate"):
        rows(path, columns={"time_unit": "samples"})
    with pytest.raises(InputError, match="both end_s and duration_s"):
        rows(path, columns={"end_s": "start_s", "duration_s": "start_s"})


@pytest.mark.parametrize("name", ["m.json", "m.jsonl"])
@pytest.mark.parametrize("columns", [None, {"audio": "audio_filepath"}, {"start_s": "offset"}])
def test_a_nemo_manifest_is_read_as_it_is(tmp_path: Path, name: str, columns: dict[str, Any] | None) -> None:
    lines = [{"audio_filepath": "c.wav", "offset": 2.0 * n, "duration": 2.0, "text": "x"} for n in range(5)]
    path = write(tmp_path / name, *map(json.dumps, lines))
    found = rows(path, columns=columns)
    assert [(row.start_s, row.end_s) for row in found if isinstance(row, Utterance)] == [
        (2.0 * n, 2.0 * n + 2) for n in range(5)
    ]
    assert len({row.id for row in found}) == 5


def test_a_nemo_duration_without_offset_is_the_whole_file(tmp_path: Path) -> None:
    path = write(tmp_path / "m.json", '{"audio_filepath": "c.wav", "duration": 3.1, "text": "x"}')
    assert one(path).end_s is None


@pytest.mark.parametrize(
    ("cell", "channel"), [("0", 0), ("1", 1), ("Left", 0), ("R", 1), ("B", 1), ("", None)]
)
def test_a_row_is_its_own_channel(tmp_path: Path, cell: str, channel: int | None) -> None:
    row = one(write(tmp_path / "m.csv", "audio,text,Channel", f"a.wav,hi,{cell}"))
    assert row.channel == channel


def test_two_channels_are_two_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "audio,text,channel", "a.wav,hi,0", "a.wav,ho,1", "a.wav,ho,both")
    found = rows(path)
    assert [row.id for row in found[:2]] == ["a.wav#c0", "a.wav#c1"]
    assert isinstance(found[2], Exclusion)
    assert "channel is neither" in found[2].reason


@pytest.mark.parametrize("word", sorted(MISSING_WORDS))
@pytest.mark.parametrize("shape", [str, str.upper, str.title, lambda word: f" {word} "])
def test_words_for_missing_values_give_no_label_and_no_speaker(tmp_path: Path, word: str, shape: Any) -> None:
    row = one(write(tmp_path / "m.csv", "audio,text,speaker,accent", f"a.wav,hi,{shape(word)},{shape(word)}"))
    assert (row.speaker, row.labels) == (None, ())


def test_they_are_counted_and_words_that_may_be_names_stay(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "audio,text,accent", "a.wav,none,N/A", "b.wav,hi,NA", "c.wav,hi,other")
    corpus: Any = load_corpus("manifest", manifest=path)
    found = list(corpus)
    assert [[label.value for label in row.labels] for row in found] == [[], ["NA"], ["other"]]
    assert found[0].text == "none"  # a transcript is verbatim
    assert corpus.missing_words == {("accent", "N/A"): 1}


def test_a_map_decides_before_the_list_of_words(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "audio,text,a", "a.wav,x,None", "b.wav,x,NA", "c.wav,x,z")
    columns = {"labels": {"accent": {"column": "a", "map": {"None": "no accent", "NA": "unknown"}}}}
    found = rows(path, columns=columns)
    assert [[label.value for label in row.labels] for row in found if isinstance(row, Utterance)] == [
        ["no accent"],
        [],
        ["z"],
    ]


@pytest.mark.parametrize("separator", ["|", ";", ",", "/", " and "])
def test_several_labels_in_a_cell_are_never_lost(tmp_path: Path, separator: str) -> None:
    cells = [f"x{separator}y", "x", f"x{separator}x", f"nan{separator}y", f"X{separator}x"]
    path = write(
        tmp_path / "m.jsonl",
        *(json.dumps({"audio": f"{n}", "text": "t", "a": c}) for n, c in enumerate(cells)),
    )
    columns = {"labels": {"accent": {"column": "a", "separator": separator, "map": {"X": "x"}}}}
    found = [row.labels[0] for row in rows(path, columns=columns) if isinstance(row, Utterance)]
    assert found == [Label("accent", value, "corpus") for value in ("several", "x", "x", "y", "x")]


def test_speaker_numbers_that_begin_anew(tmp_path: Path) -> None:
    path = write(
        tmp_path / "m.csv", "audio,text,speaker,accent", "a.wav,x,1,in", "b.wav,x,1,ng", "c.wav,x,nan,ng"
    )
    found = rows(path, columns={"speaker_within": "accent"})
    assert [row.speaker for row in found if isinstance(row, Utterance)] == ["in:1", "ng:1", None]
    with pytest.raises(CorpusError, match=r"'acent' \(for speaker_within\)"):
        rows(path, columns={"speaker_within": "acent"})


@pytest.mark.parametrize(
    ("cell", "file"),
    [
        ("clips\\a.wav", "clips/a.wav"),
        (".\\clips\\a.wav", "clips/a.wav"),
        (unicodedata.normalize("NFC", "Jürgen.wav"), unicodedata.normalize("NFD", "Jürgen.wav")),
        (unicodedata.normalize("NFD", "Jürgen.wav"), unicodedata.normalize("NFC", "Jürgen.wav")),
        (" lead.wav", " lead.wav"),
        ("plain.wav ", "plain.wav"),
        ("hash#1%20.wav", "hash#1%20.wav"),
        ("file://{root}/a%20b.wav", "a b.wav"),
    ],
)
def test_a_path_that_is_written_in_another_way_is_found(tmp_path: Path, cell: str, file: str) -> None:
    hollow(tmp_path / file)
    path = write(tmp_path / "m.jsonl", json.dumps({"audio": cell.format(root=tmp_path), "text": "x"}))
    assert one(path).audio == tmp_path / file


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("https://example.org/a.wav", "audio is a URL (https://), and nothing is downloaded"),
        ("s3://bucket/a.wav", "audio is a URL (s3://)"),
        ("C:\\data\\a.wav", "a path of a Windows drive"),
        ("file:///elsewhere/a.wav", "leads out of"),
        ("~/a.wav", "(written as ~/a.wav)"),
        ("..\\a.wav", "audio file"),
    ],
)
def test_a_path_that_cannot_be_resolved_says_which(tmp_path: Path, cell: str, words: str) -> None:
    (row,) = rows(write(tmp_path / "m.jsonl", json.dumps({"audio": cell, "text": "x"})))
    if isinstance(row, Exclusion):
        assert words in row.reason
    else:  # a name with backslashes may be a file's own on Linux; it lies inside the root
        assert row.audio == tmp_path / cell


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("a.wav", ("a.wav", None)),
        ("sox -t wav a.wav -t wav - remix 1 |", ("a.wav", 0)),
        ("sox a.wav -t wav -c 1 - remix 2 |", ("a.wav", 1)),
        ("sph2pipe -f wav -p -c 2 a.sph |", ("a.sph", 1)),
        ("flac -c -d -s a.flac |", ("a.flac", None)),
        ("cat a.wav |", ("a.wav", None)),
        ("sox a.wav -r 8000 -t wav - |", "not run"),
        ("sox a.wav -t wav - remix 1,2 |", "not run"),
        ("sox a.wav b.wav -t wav - |", "not run"),
        ("cat 'a.wav |", "not run"),
        ("rm -r / |", "not run"),
        ("", "no path"),
    ],
)
def test_kaldi_commands_that_take_one_channel(entry: str, found: Any) -> None:
    read = recording_of(entry)
    assert read == found if isinstance(found, tuple) else found in read

"""The user's own table: every format, every way a row can be wrong, and no label that vanishes."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechfair.corpora import load_corpus
from speechfair.corpora.loaders.manifest import ManifestCorpus
from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError, InputError
from speechfair.types import Exclusion, Label, Utterance
from tests.corpora.trees import hollow, write


def load(path: Path, **options: Any) -> list[Utterance | Exclusion]:
    return list(load_corpus("manifest", manifest=path, **options))


def only(path: Path, **options: Any) -> Utterance:
    (row,) = load(path, **options)
    assert isinstance(row, Utterance), row
    return row


def reason(path: Path, **options: Any) -> Exclusion:
    (row,) = load(path, **options)
    assert isinstance(row, Exclusion), row
    return row


ROW = {"audio": "a.wav", "text": "hi, you", "speaker": "s", "gender": "F", "start_s": "0.5", "end_s": "1"}


@pytest.fixture(params=["csv", "tsv", "jsonl", "ndjson", "parquet"])
def any_format(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path: Path = tmp_path / f"m.{request.param}"
    if request.param == "parquet":
        pl.DataFrame([ROW]).write_parquet(path)
    elif request.param in ("jsonl", "ndjson"):
        write(path, json.dumps(ROW))
    elif request.param == "tsv":
        write(path, "\t".join(ROW), "\t".join(ROW.values()))
    else:
        write(path, ",".join(ROW), ",".join(f'"{value}"' for value in ROW.values()))
    return path


def test_every_format_gives_the_same_row(any_format: Path) -> None:
    labels = (Label("gender", "female", "corpus"),)
    assert only(any_format) == Utterance(
        "a.wav#0.5-1", any_format.parent / "a.wav", "hi, you", "eng", "s", labels, 0.5, 1.0
    )


def test_the_root_is_where_paths_begin(tmp_path: Path) -> None:
    path = write(tmp_path / "lists" / "m.csv", "audio,text", "a.wav,hi")
    (tmp_path / "sounds").mkdir()
    assert only(path, root=tmp_path / "sounds").audio == tmp_path / "sounds" / "a.wav"


@pytest.mark.parametrize("path", ["../a.wav", "/etc/hostname", "x/../../a.wav", "a\0.wav", "x/../.."])
def test_paths_stay_inside(tmp_path: Path, path: str) -> None:
    found = reason(
        write(tmp_path / "m" / "m.jsonl", json.dumps({"audio": path, "text": "hi"})), root=tmp_path / "m"
    )
    assert "leads out of 'm'" in found.reason
    assert found.where == "m.jsonl, row 1"


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    outside = hollow(tmp_path / "outside" / "a.wav")
    root = tmp_path / "root"
    hollow(root / "in.wav")
    (root / "file.wav").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "fine.wav").symlink_to(root / "in.wav")
    (root / "circle").symlink_to(root / "circle")
    names = ("file.wav", "folder/a.wav", "fine.wav", "circle/a.wav")
    rows = load(write(root / "m.csv", "audio,text", *(f"{name},hi" for name in names)))
    assert [isinstance(row, Utterance) for row in rows] == [False, False, True, False]


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        ("nan", "1", "start_s is not a time"),
        ("0", "NaN", "end_s is not a time"),
        ("-1", "1", "start_s is not a time in seconds: -1"),
        ("0", "inf", "end_s is not a time"),
        ("2", "1", "end_s 1.0 is not after start_s 2.0"),
        ("1", "1", "is not after"),
        ("", "0", "end_s 0.0 is not after start_s 0.0"),
        ("0:01", "2", "start_s is not a number: '0:01'"),
    ],
)
def test_times_that_cannot_be(tmp_path: Path, start: str, end: str, wrong: str) -> None:
    path = write(tmp_path / "m.csv", "audio,text,start_s,end_s", f"a.wav,hi,{start},{end}")
    assert wrong in reason(path).reason


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_time_that_is_not_a_number_is_no_missing_time(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"m.{kind}"
    if kind == "jsonl":
        write(path, '{"audio": "a.wav", "text": "hi", "end_s": NaN}')
    else:
        pl.DataFrame([{"audio": "a.wav", "text": "hi", "end_s": math.nan}]).write_parquet(path)
    assert "end_s is not a time" in reason(path).reason


def test_a_text_that_is_missing_is_none(tmp_path: Path) -> None:
    for text in ("", "  "):
        assert only(write(tmp_path / "m.csv", "audio,text,speaker", f"a.wav,{text},s")).text is None
    assert only(write(tmp_path / "m.jsonl", '{"audio": "a.wav", "text": null}')).text is None


def test_a_row_without_audio_is_excluded(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "id,audio,text", "one,,hi", ",a.wav,hi")
    assert [(row.id, row.reason) for row in load(path) if isinstance(row, Exclusion)] == [
        ("one", "no audio path"),
        ("row 3", "no id"),
    ]


def test_ragged_rows_are_excluded_with_their_line(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "audio,text", "", "a.wav", "b.wav,hi", "c.wav,hi,there")
    rows = load(path)
    assert [(row.id, row.where) for row in rows if isinstance(row, Exclusion)] == [
        ("row 3", "m.csv, row 3"),
        ("row 5", "m.csv, row 5"),
    ]
    assert "1 cells, but the header has 2 columns" in str(rows[0])


def test_a_quoted_cell_keeps_its_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "audio,text", 'a.wav,"one', "", 'two, three"', "b.wav,hi")
    rows = load(path)
    assert [row.text for row in rows if isinstance(row, Utterance)] == ["one\n\ntwo, three", "hi"]


def test_an_open_quotation_mark(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"near line 3: not CSV: .*is a quotation mark open"):
        load(write(tmp_path / "m.csv", "audio,text", 'a.wav,"one', "b.wav,hi"))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["audio,txt", "a.wav,hi"], r"no column 'text' \(for text\); did you mean 'txt'\? Known: audio, txt"),
        (["adio,text", "a.wav,hi"], "no column 'audio' .*did you mean 'adio'"),
        (["audio,text,text", "a.wav,hi,ho"], "line 1: the column 'text' comes twice"),
        ([], "is empty; it needs a header line"),
        (["", ""], "is empty; it needs a header line"),
        (["audio,text", "a.wav,hi", "b.wav,hi", "a.wav,ho"], "id 'a.wav' comes twice, in rows 2 and 4"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path: Path, lines: list[str], message: str) -> None:
    path = write(tmp_path / "m.csv", *lines)
    with pytest.raises(CorpusError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_a_header_alone_lists_nothing(tmp_path: Path) -> None:
    assert load(write(tmp_path / "m.csv", "audio,text")) == []


def test_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"audio,text\na.wav,hi\nb.wav,caf\xe9\n")
    with pytest.raises(CorpusError, match=r"m\.csv, line 3: byte 0xe9 at column 10 is not UTF-8"):
        load(path)
    path.write_bytes(b"\xff\xfe" + "audio,text\na.wav,x".encode("utf-16-le") + b"\x00")
    with pytest.raises(CorpusError, match=r"m\.csv, after line 1: not UTF-16"):
        load(path)


def test_a_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"\xef\xbb\xbfaudio,text\r\na.wav,hi\r\n")
    assert only(path).text == "hi"


def test_a_line_without_end(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(b'{"audio": "' + b"a" * (17 * 2**20))
    with pytest.raises(CorpusError, match="line 1 is longer than 16 MiB"):
        load(path)


def test_json_lines_that_are_none(tmp_path: Path) -> None:
    path = write(
        tmp_path / "m.jsonl",
        '{"audio": "a.wav", "text": "hi"}',
        "{",
        "[1]",
        "[" * 100_000,
        '{"audio": "b.wav", "text": ["hi"]}',
        '{"audio": {"path": "c.wav"}, "text": "hi"}',
    )
    rows = load(path)
    assert isinstance(rows[0], Utterance)
    reasons = [row.reason for row in rows if isinstance(row, Exclusion)]
    assert len(reasons) == 5
    assert "not JSON" in reasons[0]
    assert reasons[1] == "a JSON list, not an object"
    assert "not JSON that can be read" in reasons[2]
    assert reasons[3:] == ["column 'text' holds a list", "column 'audio' holds a dict"]


def test_a_label_that_the_first_json_line_lacks_is_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path / "m.jsonl",
        '{"audio": "a.wav", "text": "hi"}',
        '{"audio": "b.wav", "text": "hi", "accent": "Scottish", "speaker": "s"}',
    )
    second = load(path)[1]
    assert isinstance(second, Utterance)
    assert second.labels == (Label("accent", "Scottish", "corpus"),)
    assert second.speaker == "s"


@pytest.mark.parametrize("content", [b"", b"PAR1 no parquet", b"audio,text\n"])
def test_a_parquet_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.parquet"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"m\.parquet is not a Parquet file"):
        load(path)


def test_unknown_endings_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"a manifest ends in \.csv, .*did you mean '\.csv'"):
        load(write(tmp_path / "m.cvs", "audio,text"))
    with pytest.raises(CorpusError, match=r"no\.csv: there is no such file"):
        load(tmp_path / "no.csv")
    with pytest.raises(InputError, match="needs its file; give --manifest"):
        load_corpus("manifest", tmp_path)


def test_columns_are_mapped_in_a_file(tmp_path: Path) -> None:
    columns = write(
        tmp_path / "columns.yaml",
        "audio: wav",
        "text: said",
        "speaker: who",
        "labels:",
        "  first_language: {column: l1, source: self_reported, map: {Deutsch: deu}}",
    )
    path = write(tmp_path / "m.csv", "wav,said,who,l1,gender", "a.wav,hi,s,Deutsch,F")
    assert only(path, columns=columns).labels == (Label("first_language", "deu", "self_reported"),)
    with pytest.raises(CorpusError, match=r"no column 'l1' \(for labels.first_language\)"):
        load(write(tmp_path / "n.csv", "wav,said,who", "a.wav,hi,s"), columns=columns)
    with pytest.raises(InputError, match=r"columns\.yaml, line 1: unknown key 'adio'; did you mean 'audio'"):
        load(path, columns=write(tmp_path / "columns.yaml", "adio: wav"))
    with pytest.raises(InputError, match="columns: speaker: Input should be a valid string"):
        load(path, columns={"speaker": 3})


def test_a_formula_is_only_text(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "audio,text,accent", "a.wav,=cmd|'/c calc'!A1,=1+1")
    assert only(path).text == "=cmd|'/c calc'!A1"
    assert only(path).labels[0].value == "=1+1"


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n\t"), max_size=12)


@given(st.lists(st.tuples(cells, cells), max_size=8))
def test_jsonl_rows_in_are_rows_out(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("m") / "m.jsonl"
    content = [
        {"id": f"u{i}", "audio": "a.wav", "text": text, "accent": accent}
        for i, (text, accent) in enumerate(rows)
    ]
    write(path, json.dumps({"id": "first", "audio": "a.wav", "text": "x"}), *map(json.dumps, content))
    found = list(ManifestCorpus(None, manifest=path))
    assert len(found) == len(rows) + 1
    for row, (text, accent) in zip(found[1:], rows, strict=True):
        assert isinstance(row, Utterance)
        assert row.text == (text.strip() or None)
        assert [label.value for label in row.labels] == ([accent.strip()] if accent.strip() else [])


def test_rows_of_a_parquet_file_come_in_slices(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    pl.DataFrame({"audio": [f"{i}.wav" for i in range(20_001)], "text": "x"}).write_parquet(path)
    assert columns_of(path) == ["audio", "text"]
    numbers = [number for number, _ in rows_of(path)]
    assert numbers == list(range(1, 20_002))

"""Tables as strangers save them: other encodings, decimal commas, objects and lists in cells, numbers, odd headers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from speechfair.errors import CorpusError, InputError, SpeechfairError
from speechfair.importing.imported_counts import CountColumns
from speechfair.importing.read_transcripts import asked_of, read_counts, read_transcripts
from speechfair.importing.transcript_corpus import TranscriptCorpus
from speechfair.importing.transcripts import Transcripts
from tests.corpora.test_tables import workbook


def read(
    path: Path, hypothesis: str = "hyp", group_by: tuple[str, ...] = ("accent",), **given: Any
) -> Transcripts:
    roles = given.pop("roles", {})
    return read_transcripts(path, {"a": hypothesis}, asked_of(None, roles, {}, group_by), **given)


def rows(**more: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": f"u{n}",
            "text": "one cat",
            "hyp": "one bat",
            "speaker": f"s{n}",
            "accent": "xy"[n % 2],
            **more,
        }
        for n in range(4)
    ]


def jsonl(folder: Path, content: list[dict[str, Any]]) -> Path:
    path = folder / "t.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in content))
    return path


def labels(found: Transcripts, axis: str = "accent") -> list[str | None]:
    return [
        next((label["value"] for label in row if label["axis"] == axis), None)
        for row in found.manifest["labels"].to_list()
    ]


def test_a_german_export_of_excel(tmp_path: Path) -> None:
    path = tmp_path / "anrufe.csv"
    text = "ID;Referenz;Hypothese;Sprecher;Akzent;duration;sure\r\n1;Grüße;Gruß;Müller;fränkisch;1,5;0,75\r\n"
    path.write_bytes(text.encode("cp1252"))
    names = {"text": "Referenz", "speaker": "Sprecher"}
    with pytest.raises(CorpusError, match=r"line 2.*--encoding cp1252"):
        read(path, "Hypothese", ("Akzent",), language="deu", roles=names)
    given = {"language": "deu", "roles": names, "confidence": {"a": "sure"}, "encoding": "cp1252"}
    found = read(path, "Hypothese", ("Akzent",), **given)
    row = found.manifest.row(0, named=True)
    assert (row["text"], row["speaker"], row["duration_s"]) == ("Grüße", "Müller", 1.5)
    assert labels(found, "Akzent") == ["fränkisch"]
    assert found.systems[0].table["confidence"].to_list() == [0.75]


def test_an_encoding_is_refused_where_there_is_none_to_choose(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame(rows()).write_parquet(path)
    with pytest.raises(InputError, match="encoding"):
        read(path, encoding="cp1252")


def test_a_sheet_is_chosen_by_its_name(tmp_path: Path) -> None:
    frame = pl.DataFrame(rows())
    path = workbook(tmp_path / "t.xlsx", calls=frame, more=frame.with_columns(hyp=pl.lit("two dogs")))
    with pytest.raises(CorpusError, match="--sheet 'calls'"):
        read(path)
    assert read(path, sheet="more").systems[0].table["text"][0] == "two dogs"
    assert TranscriptCorpus(path, sheet="more").options["file"] == "t.xlsx"
    with pytest.raises(InputError, match="sheet"):
        read(jsonl(tmp_path, rows()), sheet="more")


def test_an_objects_part_never_displaces_the_rows_own_column(tmp_path: Path) -> None:
    nested = [{"speaker": {"id": 0}, "speaker_id": row.pop("speaker"), **row} for row in rows()]
    late = [{"speaker": {"id": 0}, "id": "first"}, *nested]
    pl.DataFrame(nested).write_parquet(tmp_path / "t.parquet")
    for path in (jsonl(tmp_path, nested), tmp_path / "t.parquet"):
        assert read(path).manifest["speaker"].to_list() == ["s0", "s1", "s2", "s3"]
    assert read(jsonl(tmp_path, late)).manifest["speaker"].to_list() == [None, "s0", "s1", "s2", "s3"]


@pytest.mark.parametrize("first", [2**53 + 1, 10**18, 2**63, 10**30])
@pytest.mark.parametrize("other", [None, 0.5])
def test_long_whole_numbers_keep_their_digits(first: int, other: float | None, tmp_path: Path) -> None:
    content = [row | {"speaker": first + n, "hyp": 9_100_000_000_000_001} for n, row in enumerate(rows())]
    content += [rows()[0] | {"id": "last", "speaker": other, "hyp": None}]
    found = read(jsonl(tmp_path, content))
    assert found.manifest["speaker"].to_list()[:4] == [str(first + n) for n in range(4)]
    assert found.systems[0].table["text"][0] == "9100000000000001"


@pytest.mark.parametrize(
    ("cell", "value"), [("1,000", 1.0), ("0,987", 0.987), ("0.5", 0.5), ("1,500", None), ("97", None)]
)
def test_a_confidence_has_a_decimal_comma(cell: str, value: float | None, tmp_path: Path) -> None:
    path = jsonl(tmp_path, rows(sure=cell))
    if value is None:
        with pytest.raises(InputError, match="confidence"):
            read(path, confidence={"a": "sure"})
    else:
        assert read(path, confidence={"a": "sure"}).systems[0].table["confidence"].to_list() == [value] * 4


def test_a_confidence_is_looked_up_in_the_systems_own_file(tmp_path: Path) -> None:
    references = jsonl(tmp_path, [{k: v for k, v in row.items() if k != "hyp"} for row in rows()])
    hypotheses = tmp_path / "hyp.csv"
    pl.DataFrame({"id": ["u0", "u1"], "text": ["one", "two"], "confidence": [0.5, 1.0]}).write_csv(hypotheses)
    asked = asked_of(None, {}, {}, ("accent",))
    found = read_transcripts(references, {"a": str(hypotheses)}, asked, confidence={"a": "Confidence"})
    assert found.systems[0].table["confidence"].to_list()[:2] == [0.5, 1.0]
    with pytest.raises(InputError, match=r"hyp.csv has no column 'sure' \(for confidence\)"):
        read_transcripts(references, {"a": str(hypotheses)}, asked, confidence={"a": "sure"})


def test_columns_of_counts_are_matched_without_case(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Speaker,accent,Words,Errors,WER\ns,x,8,1,12.5\n")
    given = {"a": CountColumns("words", ("errors",), "wer", "percent")}
    found = read_counts(path, given, asked_of(None, {}, {}, ("accent",)))
    assert found.systems[0].table["errors"].to_list() == [1]
    assert found.systems[0].source["words"] == "Words"


def test_a_comma_after_four_digits_is_a_decimal_comma(tmp_path: Path) -> None:
    assert read(jsonl(tmp_path, rows(duration="1234,567"))).manifest["duration_s"].to_list() == [1234.567] * 4
    with pytest.raises(CorpusError, match=r"may be 1\.500 or 1500"):
        read(jsonl(tmp_path, rows(duration="1,500")))


@pytest.mark.parametrize("cell", ["1,500", "1:30", "1.5 s", "-1"])
def test_what_is_no_time_is_refused_with_its_place(tmp_path: Path, cell: str) -> None:
    with pytest.raises(CorpusError, match=r"line 1, column 'duration'.*seconds"):
        read(jsonl(tmp_path, rows(duration=cell)))


@pytest.mark.parametrize(
    ("words", "rate", "errors"),
    [
        ("200", "12,5", 25),
        ("200", "12.5", 25),
        ("1.000", "12,5", None),
        ("80", "1,250", 1),
        ("1,000", "5", None),
    ],
)
def test_counts_with_a_decimal_comma(tmp_path: Path, words: str, rate: str, errors: int | None) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"speaker;accent;words;wer\ns;x;{words};{rate}\n")
    columns = {"a": CountColumns("words", (), "wer", "percent")}
    if errors is None:
        with pytest.raises(CorpusError, match="line 2"):
            read_counts(path, columns, asked_of(None, {}, {}, ("accent",)))
    else:
        found = read_counts(path, columns, asked_of(None, {}, {}, ("accent",)))
        assert found.systems[0].table["errors"].to_list() == [errors]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_objects_are_columns_and_lists_are_labels(tmp_path: Path, kind: str) -> None:
    content = [
        {
            "id": row["id"],
            "text": row["text"],
            "result": {"best": {"text": row["hyp"]}},
            "speaker": {"id": row["speaker"], "accent": [row["accent"]] if n else ["x", "y"]},
        }
        for n, row in enumerate(rows())
    ]
    path = jsonl(tmp_path, content)
    if kind == "parquet":
        path = tmp_path / "t.parquet"
        pl.DataFrame(content).write_parquet(path)
    found = read(path, "result.best.text", ("speaker.accent",), roles={"speaker": "speaker.id"})
    assert found.systems[0].table["text"].to_list() == ["one bat"] * 4
    assert found.manifest["speaker"].to_list() == ["s0", "s1", "s2", "s3"]
    assert labels(found, "speaker.accent") == ["several", "y", "x", "y"]
    with pytest.raises(InputError, match="lists or objects"):
        read(path, "result.best.text", roles={"text": "speaker.accent"}, group_by=())


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_whole_numbers_are_spoken_digits_and_that_is_said(tmp_path: Path, kind: str) -> None:
    content = [{**row, "text": n, "hyp": n} for n, row in enumerate(rows())]
    path = jsonl(tmp_path, content)
    if kind == "parquet":
        path = tmp_path / "t.parquet"
        pl.DataFrame(content).with_columns(pl.col("hyp").cast(pl.Float64)).write_parquet(path)
    found = read(path)
    assert (
        found.manifest["text"].to_list() == found.systems[0].table["text"].to_list() == ["0", "1", "2", "3"]
    )
    assert sum("holds numbers" in line for line in found.said) == 2


def test_numbers_that_pandas_gave_a_point_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,text,hyp,accent\n1,12,12.0,x\n2,13,,y\n")
    assert any(
        "1 hypotheses are a whole number with a point, such as '12.0'" in line for line in read(path).said
    )


@pytest.mark.parametrize("header", ["ACCENT", " Accent ", "accent\u200b", "\ufeffaccent", "ａccent"])
def test_headers_that_look_alike_are_one_column(tmp_path: Path, header: str) -> None:
    content = [
        {header if key == "accent" else key.upper(): value for key, value in row.items()} for row in rows()
    ]
    assert labels(read(jsonl(tmp_path, content))) == ["x", "y", "x", "y"]


@pytest.mark.parametrize("name", ["__row", "row", "group", "value 0", "labels", "excluded", "0", " é"])
def test_no_name_of_a_column_is_special(tmp_path: Path, name: str) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame(rows()).rename({"accent": name}).write_parquet(path)
    assert labels(read(path, group_by=(name,)), name) == ["x", "y", "x", "y"]


@pytest.mark.parametrize("separator", [":", "~", "^", "\x1f", " "])
def test_a_separator_that_is_not_known_is_named(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(separator.join(("id", "text", "hyp")) + "\n" + separator.join(("1", "a", "b")) + "\n")
    with pytest.raises(SpeechfairError, match="has one column"):
        read(path)

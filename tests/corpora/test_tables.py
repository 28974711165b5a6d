"""One little table in every form in which people save it: the same rows, whatever the separator or the encoding."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError, InputError

HEADER = ["audio", "text", "speaker"]
ROWS = [
    ["a.wav", 'she said "yes", twice; then | left', "001"],
    ["b.wav", "plaîn – 日本語", "1E+05"],
    ["c.wav", "", "Namibia, NA"],
]


def as_text(separator: str, end: str = "\r\n", rows: list[list[str]] = ROWS) -> str:
    made = io.StringIO()
    csv.writer(made, delimiter=separator, lineterminator=end).writerows([HEADER, *rows])
    return made.getvalue()


def read(path: Path, **options: str) -> list[list[str]]:
    assert columns_of(path, **options)[:3] == HEADER
    found = []
    for _, row in rows_of(path, **options):
        assert not isinstance(row, str), row
        found.append([row[name] for name in HEADER])
    return found


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("told", [False, True])
def test_every_form_gives_the_same_rows(
    tmp_path: Path, separator: str, encoding: str, end: str, told: bool
) -> None:
    path = tmp_path / "t.csv"
    first = f"sep={separator}{end}" if told else ""
    path.write_bytes((first + as_text(separator, end)).encode(encoding))
    assert read(path) == ROWS
    lines = [number for number, _ in rows_of(path)]
    assert lines == [number + told for number in (2, 3, 4)]


def test_a_spreadsheets_unicode_text(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(as_text("\t").encode("utf-16"))
    assert read(path) == ROWS


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc"))), min_size=3, max_size=3),
        max_size=5,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_no_cell_is_changed(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], separator: str, encoding: str
) -> None:
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_bytes(as_text(separator, rows=rows).encode(encoding))
    assert read(path) == [row for row in rows if any(map(str.strip, row))]


def test_another_encoding_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("audio,text,speaker\na.wav,café,1\n".encode("cp1252"))
    with pytest.raises(CorpusError, match=r"line 2: byte 0xe9.*Windows-1252.*iconv.*encoding=cp1252"):
        list(rows_of(path))
    assert read(path, encoding="cp1252") == [["a.wav", "café", "1"]]
    with pytest.raises(InputError, match="no encoding 'cp125'"):
        columns_of(path, encoding="cp125")


def test_ragged_rows_name_the_separator(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("audio;text\na.wav;hi;there\n", encoding="utf-8")
    assert list(rows_of(path)) == [(2, "3 cells, but the header has 2 columns (separated by ';')")]


def test_a_spreadsheets_margin_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("audio,text,speaker,,\na.wav,hi,1,,\n,,,,\n", encoding="utf-8")
    assert read(path) == [["a.wav", "hi", "1"]]


@pytest.mark.parametrize("kind", [".json", ".jsonl", ".ndjson"])
def test_json_lines_under_every_ending(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"t{kind}"
    path.write_text("\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in ROWS), "utf-8")
    assert read(path) == ROWS


def test_a_json_list(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(
        json.dumps([*(dict(zip(HEADER, row, strict=True)) for row in ROWS), 7], indent=1), "utf-8"
    )
    assert [row for _, row in rows_of(path)][-1] == "a JSON int, not an object"
    path.write_text('[{"audio": "a.wav"}, {"au', "utf-8")
    with pytest.raises(CorpusError, match=r"t\.json is not JSON.*cut off"):
        list(rows_of(path))


def workbook(path: Path, **sheets: pl.DataFrame) -> Path:
    """A minimal .xlsx; strings are inline."""

    def cell(value: object) -> str:
        if value is None:
            return "<c/>"
        if isinstance(value, (int, float)):
            return f"<c><v>{value}</v></c>"
        text = str(value).replace("&", "&amp;").replace("<", "&lt;")
        return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    listed, links = "", ""
    with zipfile.ZipFile(path, "w") as made:
        for number, (name, frame) in enumerate(sheets.items(), 1):
            listed += f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
            links += (
                f'<Relationship Id="r{number}" Type="{office}/worksheet" Target="worksheets/s{number}.xml"/>'
            )
            rows = [frame.columns, *frame.rows()] if frame.width else []
            body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            made.writestr(
                f"xl/worksheets/s{number}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
            )
        made.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        )
        root = f'<Relationship Id="r0" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
        made.writestr("_rels/.rels", f'<Relationships xmlns="{package}">{root}</Relationships>')
        made.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{links}</Relationships>'
        )
    return path


def test_a_spreadsheet(tmp_path: Path) -> None:
    frame = pl.DataFrame([["a.wav", "hi, you"], ["b.wav", None]], schema=["audio", "text"], orient="row")
    frame = frame.with_columns(pl.Series("speaker", [7.0, 2.5]))
    path = workbook(tmp_path / "t.xlsx", calls=frame, notes=pl.DataFrame())
    assert columns_of(path) == HEADER
    assert list(rows_of(path)) == [
        (2, {"audio": "a.wav", "text": "hi, you", "speaker": 7}),
        (3, {"audio": "b.wav", "text": None, "speaker": 2.5}),
    ]


def test_a_spreadsheet_of_several_tables_asks_which(tmp_path: Path) -> None:
    frame = pl.DataFrame({"audio": ["a.wav"], "text": ["x"], "speaker": ["s"]})
    path = workbook(tmp_path / "t.xlsx", one=frame, two=frame.with_columns(text=pl.lit("y")))
    with pytest.raises(CorpusError, match=r"2 sheets \(one, two\); choose one with --sheet 'one' "):
        columns_of(path)
    assert read(path, sheet="two") == [["a.wav", "y", "s"]]
    with pytest.raises(CorpusError, match=r"no sheet 'tow'.*did you mean 'two'"):
        columns_of(path, sheet="tow")


def test_what_is_no_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(CorpusError, match=r"cannot be read as a spreadsheet.*save the table as CSV"):
        columns_of(path)
    with pytest.raises(CorpusError, match="is empty"):
        columns_of(workbook(tmp_path / "empty.xlsx", one=pl.DataFrame()))

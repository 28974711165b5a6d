"""Rows of a table as people have it, one at a time, with the number by which a person finds them.

CSV and TSV (any common separator and encoding, see `speechfair.corpora.delimited`), JSON lines, a JSON list, Parquet
and spreadsheets. A file that cannot be understood as a whole raises `CorpusError` with file and line. A single row
that does not fit comes as the reason, a string, instead of a mapping.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.corpora.delimited import TextForm, form_of, lines_in
from speechfair.corpora.layout import lines_of, readable
from speechfair.corpora.workbook import WORKBOOKS, workbook_rows
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.strict_json import parse_json

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "DELIMITED",
    "FORMATS",
    "columns_of",
    "parquet_columns",
    "parquet_frames",
    "rows_of",
    "sound_parquet",
    "tsv_frames",
]

FORMATS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", *WORKBOOKS)
DELIMITED = (".csv", ".tsv", ".txt")
"""Endings of text tables, whose encoding can be named."""
_FIELD_LIMIT = 10_000_000
_SLICE = 10_000
_DEEPEST = 5  # objects in objects whose content has names of its own
_LARGEST_JSON = 2**30


def columns_of(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> list[str]:
    """Column names; of JSON those of any row, since a row may leave out what it does not have."""
    kind = _kind(path)
    if kind == ".parquet":
        return parquet_columns(path)
    if kind in WORKBOOKS:
        return _names(next(workbook_rows(path, sheet))[1], path, "header row")
    if kind in DELIMITED:
        return _header(path, form_of(path, encoding=encoding))[0]
    found: dict[str, None] = {}
    for _, row in rows_of(path):
        if isinstance(row, Mapping):
            found.update(dict.fromkeys(row))
    if not found:
        raise CorpusError(f"{path} holds no row that is a JSON object with keys")
    return list(found)


def rows_of(
    path: Path, *, encoding: str | None = None, sheet: str | None = None
) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Numbered rows of a table; a string says why a row does not fit.

    Numbers are lines of text formats, rows as a spreadsheet program shows them, and places from 1 in Parquet and in
    a JSON list. Cells of text formats are text as written; nothing is taken for a missing value here.

    Parameters
    ----------
    path : its ending, one of `FORMATS`, tells the format.
    encoding : of a CSV, TSV or text file; None is what a byte order mark says, else UTF-8.
    sheet : of a spreadsheet, where several have content.

    Raises
    ------
    CorpusError
        The file as a whole cannot be understood; the message has its line.
    """
    kind = _kind(path)
    if kind == ".parquet":
        yield from _parquet_rows(path)
    elif kind in WORKBOOKS:
        yield from _workbook_rows(path, sheet)
    elif kind in DELIMITED:
        yield from _delimited_rows(path, form_of(path, encoding=encoding))
    elif kind == ".json" and _begins_with_bracket(path):
        yield from _json_list(path)
    else:
        yield from _json_rows(path)


def tsv_frames(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """The rows that `rows_of` gives of a TSV file, as frames of about `rows` rows.

    Columns are ``number`` (of the line), ``reason`` (why a row does not fit, else null), and those of the file.
    """
    form = form_of(path)
    header = _header(path, form)[0]
    numbers: list[int] = []
    texts: list[str] = []
    lines = ((number, line) for number, line in enumerate(lines_in(path, form), 1) if line)
    next(lines, None)
    for number, line in lines:
        if "\r" in line or len(line) > _FIELD_LIMIT:
            _refuse_line(path, number, line)
        if "\t" in line and not line.strip():
            continue
        numbers.append(number)
        texts.append(line)
        if len(texts) >= rows:
            yield _tsv_frame(numbers, texts, header)
            numbers, texts = [], []
    if texts:
        yield _tsv_frame(numbers, texts, header)


def _tsv_frame(numbers: list[int], texts: list[str], header: list[str]) -> pl.DataFrame:
    import polars as pl

    frame = pl.DataFrame({"number": numbers, "cells": texts}).with_columns(pl.col("cells").str.split("\t"))
    count = pl.col("cells").list.len()
    reason = pl.format(f"{{}} cells, but the header has {len(header)} columns", count)
    return frame.select(
        "number",
        pl.when(count != len(header)).then(reason).alias("reason"),
        *(
            pl.col("cells").list.get(at, null_on_oob=True).alias(name)
            for at, name in enumerate(header)
            if name
        ),
    )


def _refuse_line(path: Path, number: int, line: str) -> None:
    """Raise what `rows_of` would raise for a line that the csv module refuses."""
    csv.field_size_limit(_FIELD_LIMIT)
    try:
        list(csv.reader([line + "\n"], delimiter="\t", quoting=csv.QUOTE_NONE))
    except csv.Error as error:
        raise CorpusError(
            f"{path}, near line {number}: not TSV: {error}; is a quotation mark open?"
        ) from None


def _kind(path: Path) -> str:
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise CorpusError(f"{path}: a manifest ends in {', '.join(FORMATS)}; {did_you_mean(kind, FORMATS)}")
    return kind


def _reader(path: Path, form: TextForm) -> Any:
    csv.field_size_limit(_FIELD_LIMIT)
    lines = (line + "\n" for line in lines_in(path, form))
    if not form.quoted:
        return csv.reader(lines, delimiter=form.separator, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=form.separator, strict=True)


def _header(path: Path, form: TextForm) -> tuple[list[str], Any]:
    reader = _reader(path, form)
    try:
        header = next(cells for cells in reader if cells)
    except StopIteration:
        raise CorpusError(f"{path} is empty; it needs a header line with the column names") from None
    except csv.Error as error:
        raise CorpusError(f"{path}, line 1: not {_called(form)}: {error}") from None
    return _names(header, path, "line 1"), reader


def _names(cells: list[Any], path: Path, where: str) -> list[str]:
    header = ["" if name is None else str(name).strip() for name in cells]
    double = {
        name for name in header if name and header.count(name) > 1
    }  # blank ones are a spreadsheet's margin
    if double:
        raise CorpusError(f"{path}, {where}: the column {sorted(double)[0]!r} comes twice")
    return header


def _called(form: TextForm) -> str:
    return "CSV" if form.quoted else "TSV"


def _delimited_rows(path: Path, form: TextForm) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    header, reader = _header(path, form)
    other = "" if form.separator in (",", "\t") else f" (separated by {form.separator!r})"
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            line = reader.line_num + form.skipped
            raise CorpusError(
                f"{path}, near line {line}: not {_called(form)}: {error}; is a quotation mark open?"
            ) from None
        line = reader.line_num + form.skipped
        if not cells or (len(cells) > 1 and not any(map(str.strip, cells))):  # a spreadsheet's margin
            continue
        if len(cells) != len(header):
            yield line, f"{len(cells)} cells, but the header has {len(header)} columns{other}"
        else:
            yield line, dict(zip(header, cells, strict=True))


def _workbook_rows(path: Path, sheet: str | None) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = workbook_rows(path, sheet)
    header = _names(next(rows)[1], path, "header row")
    for number, cells in rows:
        yield number, dict(zip(header, cells, strict=True))


def _begins_with_bracket(path: Path) -> bool:
    return next((line for _, line in lines_of(path)), "").lstrip().startswith("[")


def _json_list(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    if path.stat().st_size > _LARGEST_JSON:
        raise CorpusError(f"{path} is one JSON list of more than 1 GiB; write a JSON object a line (.jsonl)")
    try:
        listed = parse_json(readable(path).read_bytes())
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise CorpusError(f"{path} is not JSON: {error}; the file may have been cut off") from None
    for number, row in enumerate(listed, 1):
        yield number, _with_inner(row) if isinstance(row, dict) else _no_object(row)


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    empty = True
    for number, line in lines_of(path):
        empty = False
        try:
            row = parse_json(line)
        except json.JSONDecodeError as error:
            yield number, f"not JSON: {error.msg} at column {error.colno}"
            continue
        except ValueError as error:
            yield number, f"not JSON that can be read: {error}"
            continue
        yield number, _with_inner(row) if isinstance(row, dict) else _no_object(row)
    if empty:
        raise CorpusError(f"{path} is empty; it needs a JSON object a line")


def _no_object(row: Any) -> str:
    return f"a JSON {type(row).__name__}, not an object"


def _with_inner(row: dict[str, Any]) -> dict[str, Any]:
    """`row`, then what its objects hold under names such as ``speaker.id``; a name that is there already stays."""
    inner = {
        f"{name}.{key}": value
        for name, cell in row.items()
        if isinstance(cell, dict) and name.count(".") < _DEEPEST
        for key, value in cell.items()
    }
    if not inner:
        return row
    return {**row, **{name: cell for name, cell in _with_inner(inner).items() if name not in row}}


def parquet_columns(path: Path) -> list[str]:
    """Column names of a Parquet file; `CorpusError` if it is none."""
    import polars as pl

    with sound_parquet(path):
        return pl.scan_parquet(readable(path)).collect_schema().names()


def parquet_frames(
    path: Path, columns: Sequence[str] | None = None, *, rows: int = _SLICE
) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file, so many at a time; `CorpusError` for a page that is damaged."""
    import polars as pl

    with sound_parquet(path):
        lazy = pl.scan_parquet(readable(path))
        lazy = lazy if columns is None else lazy.select(columns)
    start = 0
    while True:
        with sound_parquet(path):
            part = lazy.slice(start, rows).collect()
        if part.is_empty():
            return
        yield part
        start += part.height


@contextmanager
def sound_parquet(path: Path) -> Iterator[None]:
    """While it lasts, what polars raises of a Parquet file is a `CorpusError` that names the file."""
    import polars as pl

    try:
        yield
    except (
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
        OSError,
        MemoryError,
        ValueError,
    ) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)[:300]
        raise CorpusError(f"{path} is not a Parquet file, or is damaged: {first}") from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    number = 0
    for part in parquet_frames(path):
        for row in part.iter_rows(named=True):
            number += 1
            yield number, row

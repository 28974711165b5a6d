"""Rows of a CSV, TSV, JSONL or Parquet file, one at a time, with the number by which a person finds them.

A file that cannot be understood as a whole raises `CorpusError` with file and line. A single row that does not fit
comes as the reason, a string, instead of a mapping.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.corpora.layout import lines_of, readable
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FORMATS", "columns_of", "parquet_columns", "rows_of", "tsv_frames"]

FORMATS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_FIELD_LIMIT = 10_000_000
_SLICE = 10_000


def columns_of(path: Path) -> list[str]:
    """Column names; of JSON lines those of any row, since a row may leave out what it does not have."""
    kind = _kind(path)
    if kind == ".parquet":
        return parquet_columns(path)
    if kind in (".csv", ".tsv"):
        return _header(path, kind)[0]
    found: dict[str, None] = {}
    for _, row in rows_of(path):
        if isinstance(row, Mapping):
            found.update(dict.fromkeys(row))
    if not found:
        raise CorpusError(f"{path} holds no row that is a JSON object with keys")
    return list(found)


def rows_of(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Numbered rows (line numbers for text formats, from 1 for Parquet); a string says why a row does not fit."""
    kind = _kind(path)
    if kind == ".parquet":
        yield from _parquet_rows(path)
    elif kind in (".csv", ".tsv"):
        yield from _csv_rows(path, kind)
    else:
        yield from _json_rows(path)


def tsv_frames(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """The rows that `rows_of` gives of a TSV file, as frames of about `rows` rows.

    Columns are ``number`` (of the line), ``reason`` (why a row does not fit, else null), and those of the file.
    """
    header = _header(path, ".tsv")[0]
    numbers: list[int] = []
    texts: list[str] = []
    lines = ((number, line) for number, line in lines_of(path, blank=True) if line)
    next(lines, None)
    for number, line in lines:
        if "\r" in line or len(line) > _FIELD_LIMIT:
            _refuse_line(path, number, line)
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


def _reader(path: Path, kind: str) -> Any:
    csv.field_size_limit(_FIELD_LIMIT)
    lines = (line + "\n" for _, line in lines_of(path, blank=True))
    if kind == ".tsv":
        return csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return csv.reader(lines, strict=True)


def _header(path: Path, kind: str) -> tuple[list[str], Any]:
    reader = _reader(path, kind)
    try:
        header = [name.strip() for name in next(cells for cells in reader if cells)]
    except StopIteration:
        raise CorpusError(f"{path} is empty; it needs a header line with the column names") from None
    except csv.Error as error:
        raise CorpusError(f"{path}, line 1: not {kind[1:].upper()}: {error}") from None
    double = {
        name for name in header if name and header.count(name) > 1
    }  # blank ones are a spreadsheet's margin
    if double:
        raise CorpusError(f"{path}, line 1: the column {sorted(double)[0]!r} comes twice")
    return header, reader


def _csv_rows(path: Path, kind: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    header, reader = _header(path, kind)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CorpusError(
                f"{path}, near line {reader.line_num}: not {kind[1:].upper()}: {error}; is a quotation mark open?"
            ) from None
        if not cells:
            continue
        if len(cells) != len(header):
            yield reader.line_num, f"{len(cells)} cells, but the header has {len(header)} columns"
        else:
            yield reader.line_num, dict(zip(header, cells, strict=True))


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    empty = True
    for number, line in lines_of(path):
        empty = False
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            yield number, f"not JSON: {error.msg} at column {error.colno}"
            continue
        except (
            ValueError,
            RecursionError,
        ) as error:  # a number of thousands of digits, or brackets without end
            yield number, f"not JSON that can be read: {error}"
            continue
        yield number, row if isinstance(row, dict) else f"a JSON {type(row).__name__}, not an object"
    if empty:
        raise CorpusError(f"{path} is empty; it needs a JSON object a line")


def parquet_columns(path: Path) -> list[str]:
    """Column names of a Parquet file; `CorpusError` if it is none."""
    import polars as pl

    try:
        return pl.scan_parquet(readable(path)).collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise CorpusError(
            f"{path} is not a Parquet file, or is damaged: {str(error).splitlines()[0]}"
        ) from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    import polars as pl

    parquet_columns(path)
    lazy = pl.scan_parquet(path)
    start = 0
    while True:
        part = lazy.slice(start, _SLICE).collect()
        if part.is_empty():
            return
        for offset, row in enumerate(part.iter_rows(named=True)):
            yield start + offset + 1, row
        start += part.height

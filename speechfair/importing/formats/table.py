"""One table with a row per utterance: CSV, TSV, JSON, Parquet or a spreadsheet.

The table's own columns are kept under their names; which of them means what is for `speechfair.importing.columns`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.tables import FORMATS, columns_of, parquet_frames, rows_of
from speechfair.corpora.workbook import WORKBOOKS
from speechfair.errors import CorpusError
from speechfair.importing.imported import PLACE, Format, ImportedTable, Refused

__all__ = ["FORMAT", "read"]

_UNTYPED = (".csv", ".tsv", ".txt", *WORKBOOKS)


def read(path: Path) -> ImportedTable:
    """The table of a file; every cell of CSV and TSV is text, and an empty one is an empty text."""
    import polars as pl

    if path.suffix.lower() == ".parquet":
        names = columns_of(path)  # refuses what is no Parquet file
        frame = pl.concat(parquet_frames(path) or [pl.DataFrame(schema=names)])
        return ImportedTable(_placed(frame), {}, path.name)
    refused: list[Refused] = []
    places: list[int] = []
    columns: dict[str, list[Any]] = {name: [] for name in columns_of(path)}
    for number, row in rows_of(path):
        if isinstance(row, str):
            refused.append(Refused(f"{path.name}, line {number}", row))
            continue
        places.append(number)
        for name, cells in columns.items():
            cells.append(row.get(name))
    if not places:
        raise CorpusError(f"{path} holds no row that can be read ({len(refused)} could not be)")
    frame = pl.DataFrame({name: _series(name, cells) for name, cells in columns.items() if name})
    where = pl.lit("line ") + pl.Series(places).cast(pl.String)
    return ImportedTable(
        frame.with_columns(where.alias(PLACE)),
        {},
        path.name,
        tuple(refused),
        blank_is_missing=path.suffix.lower() in _UNTYPED,
    )


def _series(name: str, cells: list[Any]) -> Any:
    import polars as pl

    if set(map(type, cells)) <= {str, type(None)}:
        return pl.Series(name, cells, dtype=pl.String)
    if set(map(type, cells)) <= {int, float, type(None)}:
        return pl.Series(name, cells, dtype=pl.Float64, strict=False)
    return pl.Series(name, [_text(cell) for cell in cells], dtype=pl.String)


def _text(cell: Any) -> str | None:
    if cell is None or (isinstance(cell, float) and cell != cell):
        return None
    if isinstance(cell, (list, Mapping)):
        return None  # an object is no cell; where a named column holds one, the text is missing
    return str(cell)


def _placed(frame: Any) -> Any:
    import polars as pl

    return (
        frame.with_row_index("__row", offset=1)
        .with_columns(pl.format("row {}", pl.col("__row")).alias(PLACE))
        .drop("__row")
    )


FORMAT = Format(
    name="table",
    title="one table: CSV, TSV, JSON, Parquet or a spreadsheet",
    source="docs/how-to/transcripts.md",
    read=read,
    endings=FORMATS,
)

"""One table with a row per utterance: CSV, TSV, JSON, Parquet or a spreadsheet.

The table's own columns are kept under their names; which of them means what is for `speechfair.importing.columns`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.corpora.cells import EXACT
from speechfair.corpora.tables import DELIMITED, FORMATS, columns_of, parquet_frames, rows_of
from speechfair.corpora.workbook import WORKBOOKS
from speechfair.errors import CorpusError, InputError
from speechfair.importing.imported import PLACE, Format, ImportedTable, Refused

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FORMAT", "read"]

_UNTYPED = (".csv", ".tsv", ".txt", *WORKBOOKS)
_LARGEST_INT64 = 2**63 - 1


def read(path: Path, encoding: str | None = None, sheet: str | None = None) -> ImportedTable:
    """The table of a file; every cell of CSV and TSV is text, and an empty one is an empty text.

    What an object in a cell holds is a column of its own: ``{"result": {"text": …}}`` gives ``result.text``.

    Parameters
    ----------
    encoding : of a CSV, TSV or text file; None is what a byte order mark says, else UTF-8.
    sheet : of a spreadsheet, where several have content.

    Raises
    ------
    InputError
        `encoding` or `sheet` is given for a file of another kind, or the separator is not known.
    CorpusError
        The file cannot be read, or has no row that can.
    """
    import polars as pl

    kind = path.suffix.lower()
    if encoding is not None and kind not in DELIMITED:
        raise InputError(
            f"{path.name}: an encoding is given for {', '.join(DELIMITED)}; leave it out for {kind}"
        )
    if sheet is not None and kind not in WORKBOOKS:
        raise InputError(f"{path.name}: a sheet is named for {', '.join(WORKBOOKS)}; leave it out for {kind}")
    if kind == ".parquet":
        names = columns_of(path)  # refuses what is no Parquet file
        frame = _apart(pl.concat(parquet_frames(path) or [pl.DataFrame(schema=names)]))
        places = pl.Series(range(1, frame.height + 1), dtype=pl.String)
        return ImportedTable(_placed(frame, "row ", places), {}, path.name)
    refused: list[Refused] = []
    numbers: list[int] = []
    columns: dict[str, list[Any]] = {name: [] for name in columns_of(path, encoding=encoding, sheet=sheet)}
    if kind in DELIMITED and len(columns) == 1:
        _refuse_separator(path, next(iter(columns)))
    for number, row in rows_of(path, encoding=encoding, sheet=sheet):
        if isinstance(row, str):
            refused.append(Refused(f"{path.name}, line {number}", row))
            continue
        numbers.append(number)
        for name, cells in columns.items():
            cells.append(row.get(name))
    if not numbers:
        raise CorpusError(f"{path} holds no row that can be read ({len(refused)} could not be)")
    frame = pl.DataFrame(
        {name: _series(name, cells) for name, cells in columns.items() if name and not _objects(cells)}
    )
    return ImportedTable(
        _placed(frame, "line ", pl.Series(numbers).cast(pl.String)),
        {},
        path.name,
        tuple(refused),
        blank_is_missing=kind in _UNTYPED,
    )


def _refuse_separator(path: Path, header: str) -> None:
    """A table of one column has no hypotheses; more likely, its separator is one that is not known."""
    raise InputError(
        f"{path.name} has one column, {header[:80]!r}; cells are separated by a comma, semicolon, tab or bar, so save "
        "it with one of these"
    )


def _series(name: str, cells: list[Any]) -> Any:
    import polars as pl

    kinds = set(map(type, cells))
    if kinds <= {str, type(None)}:
        return pl.Series(name, cells, dtype=pl.String)
    if kinds <= {int, float, type(None)}:
        whole = kinds <= {int, type(None)}
        most = _LARGEST_INT64 if whole else EXACT
        if all(abs(cell) <= most for cell in cells if isinstance(cell, int)):
            return pl.Series(name, cells, dtype=pl.Int64 if whole else pl.Float64, strict=False)
    if list in kinds and dict not in kinds:
        lists = [cell if isinstance(cell, list) or cell is None else [cell] for cell in cells]
        return pl.Series(name, [_texts(cell) for cell in lists], dtype=pl.List(pl.String))
    return pl.Series(name, [_text(cell) for cell in cells], dtype=pl.String)


def _objects(cells: list[Any]) -> bool:
    """Whether a column holds objects alone, whose content is in columns of its own."""
    return set(map(type, cells)) - {type(None)} == {dict}


def _texts(cells: list[Any] | None) -> list[str | None] | None:
    return None if cells is None else [_text(cell) for cell in cells]


def _text(cell: Any) -> str | None:
    if cell is None or (isinstance(cell, float) and cell != cell):
        return None
    if isinstance(cell, (list, Mapping)):
        return None  # an object is no cell; where a named column holds one, the text is missing
    return str(cell)


def _apart(frame: pl.DataFrame) -> pl.DataFrame:
    """Every struct column as a column for each of its fields, named ``struct.field``; a name that is taken stays."""
    import polars as pl

    while structs := [name for name, kind in frame.schema.items() if isinstance(kind, pl.Struct)]:
        fields = [
            frame[name].struct.field(field).alias(f"{name}.{field}")
            for name in structs
            for field in frame[name].struct.fields
            if f"{name}.{field}" not in frame.columns
        ]
        frame = frame.drop(structs).with_columns(fields)
    return frame


def _placed(frame: pl.DataFrame, word: str, numbers: pl.Series) -> pl.DataFrame:
    import polars as pl

    return frame.with_columns((pl.lit(word) + numbers).alias(PLACE))


FORMAT = Format(
    name="table",
    title="one table: CSV, TSV, JSON, Parquet or a spreadsheet",
    source="docs/how-to/transcripts.md",
    read=read,
    endings=FORMATS,
    options=("encoding", "sheet"),
)

"""Cells of an imported table as what they mean: ids, texts, times, languages, confidences.

A value that cannot be what its column says raises with file, row and column; nothing is repaired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.corpora.cells import AMBIGUOUS_COMMA, EXACT, MISSING_WORDS, two_meanings
from speechfair.corpora.languages import iso_639_3
from speechfair.errors import CorpusError, InputError
from speechfair.importing.imported import PLACE, ImportedTable

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "cells_of",
    "cleaned",
    "confidences_of",
    "ids_of",
    "languages_of",
    "nothing",
    "numbers_in",
    "place_of",
    "refuse_two_meanings",
    "texts_of",
    "times_of",
]

_ASSUMED = "eng"


def cleaned(column: pl.Series) -> pl.Series:
    """Cells as stripped text; blanks and words for nothing (`MISSING_WORDS`) are null; whole numbers lose a ``.0``."""
    import polars as pl

    if column.dtype.is_float():
        numbers = column.drop_nulls().drop_nans()
        whole = bool(((numbers % 1 == 0) & (numbers.abs() < EXACT)).all())
        column = column.fill_nan(None).cast(pl.Int64) if whole else column.fill_nan(None)
    text = column.cast(pl.String).str.strip_chars()
    return pl.select(
        pl.when(text.str.to_lowercase().is_in(list(MISSING_WORDS))).then(None).otherwise(text)
    ).to_series()


def cells_of(table: ImportedTable, column: str) -> pl.Series:
    """The cells of a column, `cleaned`; `InputError` where they hold lists or objects."""
    _require_plain(table, column)
    return cleaned(table.frame[column])


def _require_plain(table: ImportedTable, column: str) -> None:
    if table.frame[column].dtype.is_nested():
        raise InputError(
            f"{table.name}, column {column!r}: its cells hold lists or objects, and one value is needed; name another "
            "column (what an object holds is a column of its own, such as result.text), or join the parts into one text"
        )


def numbers_in(text: pl.Series) -> pl.Series:
    """Cells as numbers, null where one is none; a comma is a decimal comma.

    >>> import polars as pl
    >>> numbers_in(pl.Series(["0.5", "1,5", "0,125", "1,500", "x"])).to_list()
    [0.5, 1.5, 0.125, 1.5, None]
    """
    import polars as pl

    return text.str.replace(r"^([+-]?\d+),(\d+)$", "$1.$2").cast(pl.Float64, strict=False)


def refuse_two_meanings(table: ImportedTable, column: str, text: pl.Series, unit: str) -> None:
    """Refuse with its row a cell such as ``1,500`` of a column that may hold thousands, whose `unit` is named."""
    either = text.str.contains(AMBIGUOUS_COMMA).fill_null(False)
    if either.any():
        raise CorpusError(
            f"{table.name}, {place_of(table, either)}, column {column!r}: {unit} of {text.filter(either)[0]} "
            f"{two_meanings(text.filter(either)[0])}"
        )


def nothing(frame: pl.DataFrame) -> pl.Series:
    """A null for every row."""
    import polars as pl

    return pl.Series([None] * frame.height, dtype=pl.String)


def ids_of(table: ImportedTable, column: str | None) -> pl.Series:
    """Unique ids; those of rows without an id column are the rows' places."""
    if column is None:
        return table.frame[PLACE].rename("id")
    ids = cells_of(table, column).rename("id")
    if ids.null_count():
        raise CorpusError(
            f"{table.name}, {place_of(table, ids.is_null())}, column {column!r}: {ids.null_count()} rows have "
            "no id; fill "
            "them in, or name another column with --id"
        )
    if (twice := ids.is_duplicated()).any():
        name = ids.filter(twice)[0]
        places = table.frame[PLACE].filter(ids == name).to_list()
        raise CorpusError(
            f"{table.name}, column {column!r}: the id {name!r} comes twice, in {places[0]} and {places[1]} "
            f"({int(twice.sum())} rows share their id with another); make ids unique, or name another column with --id"
        )
    return ids


def texts_of(table: ImportedTable, column: str, what: str) -> pl.Series:
    """A column as text; NaN is null. Whole numbers may be spoken digits; other numbers are not what somebody said."""
    import polars as pl

    _require_plain(table, column)
    cells = table.frame[column]
    if cells.dtype.is_float():
        cells = cells.fill_nan(None)
    if cells.null_count() == len(cells):
        return cells.cast(pl.String)
    if cells.dtype.is_integer() or (cells.dtype.is_float() and bool((cells.drop_nulls() % 1 == 0).all())):
        return cleaned(cells)
    if cells.dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise InputError(
            f"{table.name}, column {column!r}: the {what} is of type {cells.dtype}, not text; name the column that "
            "holds the words"
        )
    return cells.cast(pl.String)


def place_of(table: ImportedTable, where: pl.Series) -> str:
    """The place of the first row where `where` is true."""
    return str(table.frame[PLACE].filter(where)[0])


def languages_of(
    table: ImportedTable, column: str | None, default: str | None, text: str | None
) -> tuple[pl.Series, list[str]]:
    """ISO 639-3 codes, and what must be said about them; an unknown tag is refused with its row."""
    import polars as pl

    usual = iso_639_3(default) if default is not None else _ASSUMED
    if column is None:
        said = []
        if default is None:
            _refuse_other_script(table, text)
            said.append(
                "language: English (eng) assumed; name another with --lang CODE or a column with --language COLUMN"
            )
        return pl.Series([usual] * table.frame.height, dtype=pl.String), said
    tags = cells_of(table, column)
    codes = {}
    for tag in tags.drop_nulls().unique().to_list():
        try:
            codes[tag] = iso_639_3(tag)
        except CorpusError:
            raise CorpusError(
                f"{table.name}, {place_of(table, (tags == tag).fill_null(False))}, column {column!r}: {tag!r} "
                "is no language "
                "tag that has an ISO 639-3 code, such as en-US or eng"
            ) from None
    if tags.null_count() and default is None:
        raise CorpusError(
            f"{table.name}, {place_of(table, tags.is_null())}, column {column!r}: {tags.null_count()} rows "
            "have no language; "
            "fill them in, or give one for them with --lang CODE"
        )
    return tags.replace(codes).fill_null(usual), []


def _refuse_other_script(table: ImportedTable, text: str | None) -> None:
    """English is assumed only of what is written in Latin letters."""
    if text is None:
        return
    sample = "".join(texts_of(table, text, "reference").drop_nulls().head(1000).to_list())
    letters = [char for char in sample if char.isalpha()]
    latin = sum(1 for char in letters if ord(char) < 0x250 or 0x1E00 <= ord(char) < 0x1F00)
    if letters and latin < len(letters) / 2:
        raise InputError(
            f"{table.name}: the references are not written in Latin letters, so they are not English; name "
            "the language "
            "with --lang CODE (such as jpn), or its column with --language COLUMN"
        )


def times_of(table: ImportedTable, column: str | None, per_second: float = 1.0) -> pl.Series:
    """Seconds; null where blank. What is no time, negative or infinite is refused with its row.

    Parameters
    ----------
    per_second : units of the column in a second, such as 1000 for milliseconds.
    """
    import polars as pl

    if column is None:
        return pl.Series([None] * table.frame.height, dtype=pl.Float64)
    text = cells_of(table, column)
    refuse_two_meanings(table, column, text, "a number of seconds (or of what time_unit says)")
    values = numbers_in(text)
    bad = text.is_not_null() & ~(values.is_finite() & (values >= 0)).fill_null(False)
    if bad.any():
        raise CorpusError(
            f"{table.name}, {place_of(table, bad)}, column {column!r}: {text.filter(bad)[0]!r} is not a time; "
            "write a number of seconds, or of what time_unit in --columns says"
        )
    return values if per_second == 1 else values / per_second


def confidences_of(table: ImportedTable, column: str | None) -> pl.Series:
    """Confidences in [0, 1], null where blank; anything else is refused with its row."""
    import polars as pl

    column = column or table.roles.get("confidence")
    if column is None:
        return pl.Series([None] * table.frame.height, dtype=pl.Float64)
    text = cells_of(table, column)
    values = numbers_in(text)
    bad = text.is_not_null() & ~values.is_between(0, 1).fill_null(False)
    if bad.any():
        raise InputError(
            f"{table.name}, {place_of(table, bad)}, column {column!r}: the confidence {text.filter(bad)[0]!r} "
            "is not a number "
            "from 0 to 1; divide percentages by 100"
        )
    return values

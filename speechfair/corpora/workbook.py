"""Rows of a spreadsheet (``.xlsx``, ``.xlsm``, ``.xls``, ``.ods``) through python-calamine.

One sheet is a table: its first row that is not blank is the header. Row numbers are those that the spreadsheet
program shows. Formulas count by the value that was saved with them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from speechfair.corpora.layout import readable
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean

__all__ = ["WORKBOOKS", "workbook_rows"]

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")


def workbook_rows(path: Path, sheet: str | None = None) -> Iterator[tuple[int, list[Any]]]:
    """Numbered rows of a sheet that are not blank, header first; a cell is text, a number, a truth value or None.

    Parameters
    ----------
    sheet : its name; needed where several sheets have content.

    Raises
    ------
    CorpusError
        The file is no spreadsheet, is locked by a password, has no such sheet, or several and none is named.
    """
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(readable(path))
        filled = {name: rows for name in book.sheet_names if (rows := _rows(book, name))}
    except (python_calamine.CalamineError, OSError) as error:
        raise CorpusError(
            f"{path} cannot be read as a spreadsheet: {error}; open it and save the table as CSV UTF-8"
        ) from None
    known = list(filled)
    if sheet is not None and sheet not in filled:
        raise CorpusError(f"{path} has no sheet {sheet!r} with content; {did_you_mean(sheet, known)}")
    if not filled:
        raise CorpusError(f"{path} is empty; it needs a header row with the column names")
    if sheet is None and len(filled) > 1:
        raise CorpusError(
            f"{path} has content in {len(filled)} sheets ({', '.join(known)}); choose one with "
            f"--sheet {known[0]!r} (import) or --option sheet={known[0]!r} (audit, corpora check), or "
            "save the table as a file of its own"
        )
    rows = filled[sheet or known[0]]
    width = max(len(cells) for _, cells in rows)
    for number, cells in rows:
        yield number, cells + [None] * (width - len(cells))


def _rows(book: Any, name: str) -> list[tuple[int, list[Any]]]:
    import python_calamine

    try:
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except python_calamine.WorksheetNotFound:  # a sheet that holds only a chart
        return []
    rows = ((number, [_plain(cell) for cell in row]) for number, row in enumerate(cells, 1))
    return [(number, row) for number, row in rows if any(cell is not None for cell in row)]


def _plain(cell: Any) -> Any:
    """A whole number as an integer, so that the speaker 7 is not called 7.0; a date as ISO 8601; a blank as None."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, (datetime.date, datetime.time, datetime.datetime)):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return cell.total_seconds()
    return None if isinstance(cell, str) and not cell.strip() else cell

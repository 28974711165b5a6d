"""Tables as CSV that a spreadsheet opens without running anything that a text holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

__all__ = ["csv_lines", "safe_cell"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it; numbers are unchanged.

    >>> safe_cell("=1+1"), safe_cell(-1.5), safe_cell("plain"), safe_cell(None)
    ("'=1+1", -1.5, 'plain', '')
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return "'" + value
    return value


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV file (RFC 4180, UTF-8 with a byte order mark, so that spreadsheets read any script)."""
    yield "\ufeff"
    yield _line(header)
    for row in rows:
        yield _line(row)


def _line(row: Sequence[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([safe_cell(cell) for cell in row])
    return buffer.getvalue()

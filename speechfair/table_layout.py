"""The columns of a table, and how it is set in the width that there is.

Where there is little room, titles become short, intervals go below their numbers, texts fold, and then whole columns
are left out. Nothing is cut short, so that no two names look alike.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from speechfair.types import Estimate
from speechfair.wording import NOTHING, Unit, count, printable, with_interval, worded

__all__ = ["Cell", "Column", "Kind", "Layout", "Noted", "layout"]

_FOLDED = 16
"""Cells to which a column of long texts may shrink before other columns are left out."""

_RULE = 1
"""Cells between two columns, on top of the space."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A text with the reason for it, which is given below the table."""

    text: str
    reason: str


Cell = str | int | float | bool | Estimate | Noted | None

Kind = Literal["text", "count", "percent", "points", "ratio", "number"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Parameters
    ----------
    name : key in `Table.to_polars` and in CSV.
    title : what a person reads.
    kind : how its numbers are worded; columns of text are set flush left and all others flush right.
    priority : where there is little room, columns of the highest priority go first; those of priority 0 stay.
    short : title where there is little room; empty for `title`.
    whole : whether its texts are never folded, such as names that are copied.
    """

    name: str
    title: str
    kind: Kind = "text"
    priority: int = 0
    short: str = ""
    whole: bool = False

    def worded(self, cell: Cell) -> str:
        """The text of one of its cells; nothing is a dash."""
        if cell is None:
            return NOTHING
        if isinstance(cell, Noted):
            return printable(cell.text)
        if isinstance(cell, bool):
            return "yes" if cell else "no"
        if isinstance(cell, str):
            return printable(cell)
        if self.kind == "count" and isinstance(cell, int):
            return count(cell)
        unit: Unit = "number" if self.kind == "text" or self.kind == "count" else self.kind
        return with_interval(cell, unit) if isinstance(cell, Estimate) else worded(cell, unit)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is set in a width: columns to show, their titles and least widths, and the texts of all cells.

    `space` is between two columns, on top of one cell; `needed` is the width in which all columns can be shown.
    """

    space: int
    titles: list[str]
    texts: list[list[str]]
    least: list[int]
    shown: list[int]
    needed: int


def layout(columns: Sequence[Column], texts: list[list[str]], width: int) -> Layout:
    """The least reduction of a table with which it fits a width, in character cells.

    Parameters
    ----------
    texts : worded cells, row by row.
    """
    for space, short, stacked in ((2, False, False), (1, True, False), (1, True, True)):
        # An interval below its number takes half the width of the two in one line.
        laid = [
            [
                text.replace(" [", "\n[") if stacked and column.kind != "text" else text
                for column, text in zip(columns, row, strict=True)
            ]
            for row in texts
        ]
        titles, least = [], []
        for number, column in enumerate(columns):
            cells = [_longest(row[number]) for row in laid]
            title, room = _title(column, short, max(cells, default=0))
            titles.append(title)
            least.append(room)
        needed = sum(least) + (space + _RULE) * (len(least) - 1)
        if needed <= width:
            break
    shown, taken = list(range(len(columns))), needed
    while taken > width:
        last = max(shown, key=lambda number: (columns[number].priority, number))
        if columns[last].priority == 0:
            break
        shown.remove(last)
        taken -= least[last] + space + _RULE
    return Layout(space, titles, laid, least, shown, needed)


def _title(column: Column, short: bool, longest: int) -> tuple[str, int]:
    """The title, broken between words to the width of the cells, and the cells that the column needs at least."""
    title = printable(column.short or column.title) if short else printable(column.title)
    if column.kind == "text":
        longest = max(longest, _longest(title))
        return title, max(1, longest if column.whole else min(longest, _FOLDED))
    title = title.replace(" %", "\u00a0%")
    room = max([1, longest, *map(_longest, title.split(" "))])
    return "\n".join(textwrap.wrap(title, room, break_long_words=False, break_on_hyphens=False)), room


def _longest(text: str) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))

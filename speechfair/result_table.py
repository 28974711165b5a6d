"""One table: titled columns of one kind each, rows of typed cells, notes; it renders itself wherever it is needed.

A cell holds the value, never its text: `to_polars`, `to_pandas` and `csv` give numbers that can be computed with, and
the others word them by `speechfair.wording`. Results give a `Table` and know nothing of terminals or markup.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from speechfair.errors import InputError
from speechfair.types import Estimate
from speechfair.wording import NOTHING, Unit, count, printable, with_interval, worded

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from rich.console import Console, ConsoleOptions, RenderableType

__all__ = ["Cell", "Column", "Kind", "Table"]

Cell = str | int | float | bool | Estimate | None
Kind = Literal["text", "count", "percent", "points", "ratio", "number"]

_WIDTH = 120
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#",
        "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    }
)  # fmt: skip
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in r"\`*_[]<>|#"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Parameters
    ----------
    name : key in `Table.to_polars` and in CSV.
    title : what a person reads.
    kind : how its numbers are worded; columns of text are set flush left and all others flush right.
    priority : where there is little room, columns of the highest priority go first; those of priority 0 stay.
    """

    name: str
    title: str
    kind: Kind = "text"
    priority: int = 0

    def worded(self, cell: Cell) -> str:
        """The text of one of its cells; nothing is a dash."""
        if cell is None:
            return NOTHING
        if isinstance(cell, bool):
            return "yes" if cell else "no"
        if isinstance(cell, str):
            return printable(cell)
        if self.kind == "count" and isinstance(cell, int):
            return count(cell)
        unit: Unit = "number" if self.kind == "text" or self.kind == "count" else self.kind
        return with_interval(cell, unit) if isinstance(cell, Estimate) else worded(cell, unit)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of typed cells.

    >>> columns = (Column("group", "group"), Column("rate", "WER %", "percent"))
    >>> table = Table("By accent", columns, (("cmn", Estimate(0.2, 0.1, 0.3, 0.95, 90, 9, "t")), ("=hin", None)))
    >>> table.to_csv().splitlines()
    ['group,rate,rate_low,rate_high', 'cmn,0.2,0.1,0.3', "'=hin,,,"]

    Raises
    ------
    InputError
        If a row has more or fewer cells than there are columns, or two columns share a name.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len({column.name for column in self.columns}) < len(self.columns):
            raise InputError(f"table {self.title!r}: two columns share a name")
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise InputError(
                    f"table {self.title!r}, row {number}: {len(row)} cells for {len(self.columns)} columns"
                )

    @property
    def texts(self) -> list[list[str]]:
        """The cells as a person reads them, row by row."""
        return [[c.worded(cell) for c, cell in zip(self.columns, row, strict=True)] for row in self.rows]

    def raw(self) -> dict[str, list[str | int | float | bool | None]]:
        """Values by column. An estimate takes three columns: its value, and ``…_low`` and ``…_high``."""
        found: dict[str, list[str | int | float | bool | None]] = {}
        for number, column in enumerate(self.columns):
            cells = [row[number] for row in self.rows]
            found[column.name] = [cell.value if isinstance(cell, Estimate) else cell for cell in cells]
            if any(isinstance(cell, Estimate) for cell in cells):
                for end in ("low", "high"):
                    found[f"{column.name}_{end}"] = [
                        getattr(cell, end) if isinstance(cell, Estimate) else None for cell in cells
                    ]
        return found

    def to_polars(self) -> pl.DataFrame:
        """Values as a polars frame; rates are fractions."""
        import polars as pl

        return pl.DataFrame(self.raw(), strict=False)

    def to_pandas(self) -> pd.DataFrame:
        """Values as a pandas frame; rates are fractions. Needs pandas."""
        import pandas as pd

        return pd.DataFrame(self.raw())

    def to_csv(self) -> str:
        """Values as CSV (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe in front."""
        out = io.StringIO()
        writer = csv.writer(out)
        raw = self.raw()
        writer.writerow([_unarmed(name) for name in raw])
        writer.writerows([_unarmed(cell) for cell in row] for row in zip(*raw.values(), strict=True))
        return out.getvalue()

    def to_markdown(self) -> str:
        """A pipe table, with the title above and the notes below."""
        heads = [_markdown(column.title) for column in self.columns]
        rules = ["---" if column.kind == "text" else "---:" for column in self.columns]
        lines = [heads, rules, *([_markdown(text) for text in row] for row in self.texts)]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        above = [f"**{_markdown(self.title)}**"] if self.title else []
        return "\n\n".join([*above, table, *map(_markdown, self.notes)]) + "\n"

    def to_latex(self) -> str:
        """A booktabs ``tabular`` in a ``table``; needs ``\\usepackage{booktabs}``."""
        sides = "".join("l" if column.kind == "text" else "r" for column in self.columns)
        lines = [
            r"\begin{table}",
            rf"\caption{{{_latex(self.title)}}}",
            rf"\begin{{tabular}}{{{sides}}}",
            r"\toprule",
        ]
        lines += [" & ".join(_latex(column.title) for column in self.columns) + r" \\", r"\midrule"]
        lines += [" & ".join(map(_latex, row)) + r" \\" for row in self.texts]
        lines += [
            r"\bottomrule",
            r"\end{tabular}",
            *(rf"\par {_latex(n)}" for n in self.notes),
            r"\end{table}",
        ]
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        left = ' style="text-align:left"'
        sides = [left if column.kind == "text" else "" for column in self.columns]
        head = "".join(f"<th{s}>{escape(c.title)}</th>" for c, s in zip(self.columns, sides, strict=True))
        body = "".join(
            "<tr>" + "".join(f"<td{s}>{escape(t)}</td>" for t, s in zip(row, sides, strict=True)) + "</tr>"
            for row in self.texts
        )
        notes = "".join(f"<p>{escape(printable(note))}</p>" for note in self.notes)
        caption = f"<caption>{escape(printable(self.title))}</caption>" if self.title else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"

    def __str__(self) -> str:
        from rich.console import Console

        buffer = io.StringIO()
        Console(file=buffer, width=_WIDTH, no_color=True, highlight=False, force_terminal=False).print(self)
        return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich import box
        from rich.table import Table as Grid
        from rich.text import Text

        shown = self._fitting(options.max_width)
        grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
        for number in shown:
            column = self.columns[number]
            text = column.kind == "text"
            grid.add_column(
                Text(printable(column.title), style="bold"),
                justify="left" if text else "right", overflow="fold", no_wrap=not text,
            )  # fmt: skip
        for row in self.texts:
            grid.add_row(*(Text(row[number]) for number in shown))
        if self.title:
            yield Text(printable(self.title), style="bold")
        yield grid
        left_out = [self.columns[n].title for n in range(len(self.columns)) if n not in shown]
        if left_out:
            yield Text(
                f"not shown here, for want of width: {', '.join(map(printable, left_out))}", style="dim"
            )
        yield from (Text(printable(note), style="dim") for note in self.notes)

    def _fitting(self, width: int) -> list[int]:
        """Numbers of the columns to show. Texts fold rather than being cut, so that no two names look alike."""
        shown = list(range(len(self.columns)))
        texts = self.texts
        while True:
            needed = sum(2 + self._least(number, texts) for number in shown)
            last = max(shown, key=lambda number: (self.columns[number].priority, number), default=None)
            if needed <= width or last is None or self.columns[last].priority == 0:
                return shown
            shown.remove(last)

    def _least(self, number: int, texts: Sequence[Sequence[str]]) -> int:
        """Cells that a column needs: its longest number, or up to 16 of its longest text."""
        longest = max(
            (len(t) for t in (self.columns[number].title, *(row[number] for row in texts))), default=0
        )
        return min(longest, 16) if self.columns[number].kind == "text" else longest


def _unarmed(cell: Any) -> Any:
    """A text that begins like a formula, with an apostrophe in front; a number is left as it is."""
    if not isinstance(cell, str) or (
        not cell.lstrip().startswith(_FORMULA) and not cell.startswith(_FORMULA)
    ):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _markdown(text: str) -> str:
    return " ".join(printable(text).translate(_MARKDOWN).split())


def _latex(text: str) -> str:
    return printable(text).translate(_LATEX)

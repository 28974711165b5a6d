"""One table: titled columns of one kind each, rows of typed cells, notes; it renders itself wherever it is needed.

A cell holds the value, never its text: `to_polars`, `to_pandas` and `csv` give numbers that can be computed with, and
the others word them by `speechfair.wording`. Results give a `Table`, or lines and tables as a `Sheet`, and know
nothing of terminals or markup.
"""

from __future__ import annotations

import csv
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from speechfair.errors import InputError
from speechfair.table_layout import Cell, Column, Kind, Noted, layout
from speechfair.types import Estimate
from speechfair.wording import NOTHING, printable

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from rich.console import Console, ConsoleOptions, RenderableType

__all__ = ["Cell", "Column", "Kind", "Noted", "Sheet", "Table", "Tone", "markdown"]


Tone = Literal["", "reference", "worse", "better"]
"""What a row is to its reader; terminals colour it. It repeats what the cells say."""

_WIDTH = 120
_STYLES: dict[Tone, str] = {"": "", "reference": "bold", "worse": "red", "better": "green"}
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#",
        "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    }
)  # fmt: skip
_MARKDOWN = re.compile(r"[\\`*_<>|#~&]|\[(?![-+0-9–])|\](?=[(\[:])")
"""Brackets of intervals need no escape: a closing one that a link could follow has it."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of typed cells.

    A number or interval that is missing for a reason gets a footnote with the reason.

    Parameters
    ----------
    notes : lines below it.
    tones : one for each row, or none at all.

    >>> columns = (Column("group", "group"), Column("rate", "WER %", "percent"))
    >>> table = Table("By accent", columns, (("cmn", Estimate(0.2, 0.1, 0.3, 0.95, 90, 9, "t")), ("=hin", None)))
    >>> table.to_csv().splitlines()
    ['group,rate,rate_low,rate_high', 'cmn,0.2,0.1,0.3', "'=hin,,,"]

    Raises
    ------
    InputError
        If a row has more or fewer cells than there are columns, two columns share a name, or there are not as many
        tones as rows.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    tones: tuple[Tone, ...] = ()

    @classmethod
    def of_texts(
        cls,
        title: str,
        titles: Sequence[str],
        rows: Iterable[Sequence[str]],
        notes: Sequence[str] = (),
        tones: Sequence[Tone] = (),
    ) -> Table:
        """A table of cells that are worded already: the first column flush left, all others flush right."""
        columns = (
            Column(f"{number} {name}", name, "number" if number else "text")
            for number, name in enumerate(titles)
        )
        return cls(title, tuple(columns), tuple(map(tuple, rows)), tuple(notes), tuple(tones))

    def __post_init__(self) -> None:
        if len({column.name for column in self.columns}) < len(self.columns):
            raise InputError(f"table {self.title!r}: two columns share a name")
        if self.tones and len(self.tones) != len(self.rows):
            raise InputError(f"table {self.title!r}: {len(self.tones)} tones for {len(self.rows)} rows")
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise InputError(
                    f"table {self.title!r}, row {number}: {len(row)} cells for {len(self.columns)} columns"
                )

    @property
    def texts(self) -> list[list[str]]:
        """The cells as a person reads them, row by row, with the numbers of their footnotes."""
        return self._worded()[0]

    @property
    def footnotes(self) -> list[str]:
        """Why numbers are missing, each with its number; equal reasons once."""
        return [f"{_superscript(n)} {reason}" for n, reason in enumerate(self._worded()[1], 1)]

    def _worded(self) -> tuple[list[list[str]], list[str]]:
        reasons: list[str] = []

        def text(column: Column, cell: Cell) -> str:
            worded, reason = column.worded(cell), _reason(cell)
            if reason is None:
                return worded
            if isinstance(cell, Estimate) and worded != NOTHING and "[" not in worded:
                worded += f" [{NOTHING}]"
            if reason not in reasons:
                reasons.append(reason)
            return worded + _superscript(reasons.index(reason) + 1)

        texts = [[text(c, cell) for c, cell in zip(self.columns, row, strict=True)] for row in self.rows]
        return texts, reasons

    def raw(self) -> dict[str, list[str | int | float | bool | None]]:
        """Values by column. An estimate takes three columns: its value, and ``…_low`` and ``…_high``."""
        found: dict[str, list[str | int | float | bool | None]] = {}
        for number, column in enumerate(self.columns):
            cells = [row[number] for row in self.rows]
            found[column.name] = [
                cell.value if isinstance(cell, Estimate) else cell.text if isinstance(cell, Noted) else cell
                for cell in cells
            ]
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

    def to_markdown(self, escape: Callable[[str], str] | None = None) -> str:
        """A pipe table, with the title above and the notes below.

        Parameters
        ----------
        escape : keeps a text from being markup; default `markdown`.
        """
        safe = escape or markdown
        heads = [safe(column.title) for column in self.columns]
        rules = ["---" if column.kind == "text" else "---:" for column in self.columns]
        lines = [heads, rules, *([safe(text) for text in row] for row in self.texts)]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        above = [f"**{safe(self.title)}**"] if self.title else []
        return "\n\n".join([*above, table, *map(safe, [*self.notes, *self.footnotes])]) + "\n"

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
            *(rf"\par {_latex(n)}" for n in [*self.notes, *self.footnotes]),
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
        notes = "".join(f"<p>{escape(printable(note))}</p>" for note in [*self.notes, *self.footnotes])
        caption = f"<caption>{escape(printable(self.title))}</caption>" if self.title else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"

    def __str__(self) -> str:
        return _plain(self)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich import box
        from rich.table import Table as Grid
        from rich.text import Text

        fit = layout(self.columns, self.texts, options.max_width)
        grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, fit.space, 0, 0))
        for number in fit.shown:
            column = self.columns[number]
            text = column.kind == "text"
            grid.add_column(
                Text(fit.titles[number], style="bold"), justify="left" if text else "right", overflow="fold",
                no_wrap=not text or column.whole, min_width=fit.least[number],
            )  # fmt: skip
        for number, row in enumerate(fit.texts):
            style = _STYLES[self.tones[number]] if self.tones else ""
            grid.add_row(*(Text(row[shown]) for shown in fit.shown), style=style)
        if self.title:
            yield Text(printable(self.title), style="bold")
        yield grid
        if len(fit.shown) < len(self.columns):
            rest = [c.title for number, c in enumerate(self.columns) if number not in fit.shown]
            names, needed = ", ".join(map(printable, rest)), fit.needed
            yield Text(f"not shown here: {names} (all columns need COLUMNS={needed} or --json)", style="dim")
        yield from (Text(printable(note)) for note in self.notes)
        yield from (Text(note, style="dim") for note in self.footnotes)


class Sheet(ABC):
    """Lines and tables, one after the other, for a terminal, a log and a notebook."""

    @abstractmethod
    def parts(self) -> Iterable[str | Table]:
        """Its lines and tables."""

    def __str__(self) -> str:
        return _plain(self)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        from rich.text import Text

        after_table = False
        for part in self.parts():
            if isinstance(part, Table):
                yield Text()
                yield part
            else:
                if after_table:
                    yield Text()
                yield Text(printable(part), style="yellow" if part.startswith(("note: ", "Note: ")) else "")
            after_table = isinstance(part, Table)

    def _repr_html_(self) -> str:
        parts = (
            part._repr_html_() if isinstance(part, Table) else f"<p>{escape(printable(part))}</p>"
            for part in self.parts()
        )
        return f"<div>{''.join(parts)}</div>"


def _plain(shown: Table | Sheet) -> str:
    from rich.console import Console

    buffer = io.StringIO()
    console = Console(file=buffer, width=_WIDTH, no_color=True, highlight=False, force_terminal=False)
    console.print(shown)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())


def _reason(cell: Cell) -> str | None:
    """Why a cell is as it is, where its reader must know."""
    if isinstance(cell, Noted):
        return printable(cell.reason)
    if isinstance(cell, Estimate) and None in (cell.value, cell.low, cell.high) and cell.reason:
        return printable(cell.reason)
    return None


def _superscript(number: int) -> str:
    return str(number).translate(_SUPERSCRIPTS)


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


def markdown(text: str) -> str:
    r"""`text` on one line as Markdown shows it literally: no markup, no HTML, no cell of a table.

    >>> markdown("a|b *c* <d>")
    'a\\|b \\*c\\* \\<d\\>'
    >>> markdown("20.0 [10.0, 30.0] [a](b)")
    '20.0 [10.0, 30.0] \\[a\\](b)'
    """
    return _MARKDOWN.sub(r"\\\g<0>", printable(" ".join(text.split())))


def _latex(text: str) -> str:
    return printable(text).translate(_LATEX)

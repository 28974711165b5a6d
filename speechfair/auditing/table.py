"""The result of an audit as a table a person reads, in a terminal, a log or a notebook.

It shows what `audit.json` holds and computes nothing.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table as RichTable

    from speechfair.auditing.result import AuditResult, EstimateRecord, Group

__all__ = ["Table", "percent", "times"]

_WIDTH = 110
NONE = "—"


@dataclass(frozen=True)
class Table:
    """A view of an `AuditResult`; `str()` gives plain text, rich and notebooks show it in their way."""

    result: AuditResult

    @classmethod
    def of(cls, result: AuditResult) -> Table:
        """The table of a result."""
        return cls(result)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One flat mapping per group, `overall` first; rates are errors per token, None where undefined."""
        return [_row(group) for group in [self.result.overall, *self.result.groups]]

    def to_polars(self) -> pl.DataFrame:
        """`rows` as a data frame."""
        import polars as pl

        return pl.DataFrame(self.rows, infer_schema_length=None)

    def __str__(self) -> str:
        import io

        from rich.console import Console

        console = Console(width=_WIDTH, no_color=True, highlight=False, record=True, file=io.StringIO())
        console.print(self)
        return console.export_text().rstrip() + "\n"

    __repr__ = __str__

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from _head(self.result)
        notes: list[str] = []
        for axis in self.result.axes:
            yield _block(self.result, axis.axis, notes)
            yield from _gap(self.result, axis.axis)
        if not self.result.axes:
            yield _block(self.result, None, notes)
        for number, note in enumerate(notes, 1):
            yield f"  {number}) {note}"
        for note in self.result.notes:
            yield f"  note: {note}"
        if self.result.corpus_record.statement:
            yield f"  note: {self.result.corpus_record.statement.strip()}"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(key)}</th>" for key in self.rows[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in row.values()) + "</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def percent(estimate: EstimateRecord | None) -> str:
    """``45.7 [34.0, 61.1]``, or the value alone where there is no interval."""
    if estimate is None or estimate.value is None:
        return NONE
    if estimate.low is None or estimate.high is None:
        return f"{100 * estimate.value:.1f}"
    return f"{100 * estimate.value:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def times(estimate: EstimateRecord | None) -> str:
    """``1.61 [0.95, 2.73]``, or the value alone where there is no interval."""
    if estimate is None or estimate.value is None:
        return NONE
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def _head(result: AuditResult) -> Iterator[str]:
    t = result.totals
    yield f"[b]{_plain(result.corpus)} × {_plain(result.model)}[/b]  (normalizer {result.normalizer.name})"
    yield f"{t.n_in} utterances in = {t.scored} scored + {t.failed} failed + {t.excluded} excluded"
    yield (
        f"{_unit(result)} {percent(result.overall.rate)} % over all {result.overall.n_utterances} utterances of "
        f"{result.overall.n_speakers} speakers; intervals at {result.level:.0%}, speakers as the unit"
    )


def _block(result: AuditResult, axis: str | None, notes: list[str]) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable

    groups = result.groups_of(axis) if axis else [result.overall]
    redone = any(group.n_redone or group.n_runaway for group in groups)
    failed = any(group.n_failed for group in groups)
    table = RichTable(box=box.SIMPLE_HEAD, title=axis and f"by {axis}", title_justify="left", pad_edge=False)
    table.add_column("group", overflow="fold")
    names = ["spk.", "utt.", f"{_unit(result)} %", "ratio", "ins. %"]
    if failed:
        names.append("failed")
    if redone:
        names.append("runaway (redone)")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for group in groups:
        cells = [
            _plain(group.value) + (" (reference)" if group.is_reference else ""),
            str(group.n_speakers),
            str(group.n_utterances),
            percent(group.rate) + _mark(group.rate, notes),
            times(group.ratio) + (_mark(group.ratio, notes) if group.ratio else ""),
            f"{100 * group.insertions / group.reference_length:.1f}" if group.reference_length else NONE,
        ]
        if failed:
            cells.append(str(group.n_failed))
        if redone:
            cells.append(f"{group.n_runaway} ({group.n_redone})")
        table.add_row(*cells)
    return table


def _gap(result: AuditResult, name: str) -> Iterator[str]:
    axis = next(axis for axis in result.axes if axis.axis == name)
    if axis.gap.value is None:
        yield f"  gap: {NONE} ({axis.gap.reason})"
    else:
        line = f"  gap between worst and best: {percent(axis.gap)} points"
        if axis.gap_expected_without_difference is not None and axis.gap_p_value is not None:
            line += (
                f"; {100 * axis.gap_expected_without_difference:.1f} would be expected without any difference "
                f"(p = {axis.gap_p_value:.3g})"
            )
        yield line
    for note in axis.notes:
        yield f"  note: {_plain(note)}"
    yield ""


def _mark(estimate: EstimateRecord, notes: list[str]) -> str:
    """A footnote number for an estimate without an interval."""
    if estimate.low is not None or not estimate.reason:
        return ""
    if estimate.reason not in notes:
        notes.append(estimate.reason)
    return f" {notes.index(estimate.reason) + 1})"


def _row(group: Group) -> dict[str, Any]:
    row: dict[str, Any] = {
        "axis": group.axis,
        "group": group.value,
        "n_speakers": group.n_speakers,
        "n_utterances": group.n_utterances,
        "n_failed": group.n_failed,
    }
    for name, estimate in (("rate", group.rate), ("ratio", group.ratio), ("difference", group.difference)):
        for part in ("value", "low", "high"):
            row[f"{name}_{part}"] = getattr(estimate, part) if estimate else None
    return row


def _unit(result: AuditResult) -> str:
    return "WER" if result.tokens == "words" else "CER"


def _plain(text: str) -> str:
    """Text without rich's markup."""
    from rich.markup import escape

    return escape(text)

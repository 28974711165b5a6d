"""The table of an audit that a person reads, on a terminal, in a notebook and in a log.

It only words numbers that the `AuditRecord` holds; it computes none but the shares that are written as percent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from speechfair.auditing.metric_table import MetricBlock, html_of, metric_blocks, renderables
from speechfair.metrics.error_counts import rate_name, rate_title
from speechfair.wording import NOTHING, interval, p_value, percent, printable, times

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console, ConsoleOptions, RenderableType

    from speechfair.auditing.audit_record import AuditRecord, Axis, Group
    from speechfair.types import Estimate

__all__ = [
    "Table",
    "axis_names",
    "axis_title",
    "insertion_rate",
    "metrics_of",
    "worst_first",
]

_TEXT_WIDTH = 110
_COMPACT_BELOW = 100
_NARROW_BELOW = 72
_NARROW_COLUMNS = (0, 1, 3, 4, 5, 6)
_TINY_BELOW = 56
_TINY_COLUMNS = (0, 3, 4)
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Table:
    """An audit as a table: one block per axis, worst group first, the reference marked.

    ``print(table)`` gives plain text 110 columns wide; rich consoles and notebooks render it in colour and HTML.

    Parameters
    ----------
    result : the audit it shows.
    """

    result: AuditRecord

    @classmethod
    def of(cls, result: AuditRecord) -> Table:
        """The table of a result."""
        return cls(result)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One flat, JSON-able dict per row: the overall row, then each axis's groups, worst first.

        Rates are errors per reference token (not percent); None is undefined, with the reason in ``…_reason``.
        """
        groups = [group for axis in axis_names(self.result) for group in worst_first(self.result, axis)]
        return [_row(group) for group in [self.result.overall, *groups]]

    def to_polars(self) -> pl.DataFrame:
        """`rows` as a polars frame; columns without any value are kept, as nulls of their type."""
        import polars as pl

        types = {name: getattr(pl, kind) for kind, names in _TYPES.items() for name in names.split()}
        return pl.DataFrame(self.rows, schema_overrides=types)

    def __str__(self) -> str:
        import io

        from rich.console import Console

        buffer = io.StringIO()
        console = Console(
            file=buffer, width=_TEXT_WIDTH, no_color=True, highlight=False, force_terminal=False
        )
        console.print(self)
        return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        yield from _render(self.result, options.max_width)

    def _repr_html_(self) -> str:
        from html import escape

        parts = [f"<p><strong>{escape(line)}</strong></p>" for line in _head(self.result)]
        for axis in axis_names(self.result):
            block = _Block(self.result, axis)
            head = "".join(f"<th>{escape(title.replace(chr(10), ' '))}</th>" for title in block.titles)
            body = "".join(
                "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
                for cells in block.cells
            )
            notes = "".join(f"<p>{escape(line)}</p>" for line in [*block.footer, *block.footnotes])
            parts.append(
                f"<h4>{escape(block.title)}</h4><table><thead><tr>{head}</tr></thead>"
                f"<tbody>{body}</tbody></table>{notes}"
            )
        parts.append(html_of(metrics_of(self.result)))
        parts += [f"<p>{escape(line)}</p>" for line in _tail(self.result)]
        return "<div>" + "".join(parts) + "</div>"


def axis_names(result: AuditRecord) -> list[str]:
    """The axes in the order of the file."""
    return list(dict.fromkeys([a.axis for a in result.axes] + [g.axis for g in result.groups]))


def metrics_of(result: AuditRecord) -> list[MetricBlock]:
    """The metrics that were asked for, in words."""
    return metric_blocks(result.metrics, axis_names(result), result.level)


def worst_first(result: AuditRecord, axis: str) -> list[Group]:
    """The groups of an axis by falling rate; those without a rate come last."""
    return sorted(
        result.groups_of(axis), key=lambda g: (g.rate.value is None, -(g.rate.value or 0.0), g.value)
    )


def axis_title(axis: str) -> str:
    """An axis's name for people.

    >>> axis_title("first_language+strength")
    'first language + strength'
    """
    return printable(axis).replace("_", " ").replace("+", " + ")


def insertion_rate(group: Group) -> float | None:
    """Insertions per reference token; None when the group has no reference token."""
    return group.insertions / group.reference_length if group.reference_length else None


_TYPES = {
    "String": "axis group rate_reason ratio_reason",
    "Boolean": "is_reference",
    "Float64": "rate rate_low rate_high ratio ratio_low ratio_high insertion_rate",
    "Int64": "n_speakers n_utterances reference_length substitutions deletions insertions n_failed n_redone n_runaway",
}


def _row(group: Group) -> dict[str, Any]:
    return {
        "axis": group.axis,
        "group": group.value,
        "is_reference": group.is_reference,
        "n_speakers": group.n_speakers,
        "n_utterances": group.n_utterances,
        "reference_length": group.reference_length,
        **_flat("rate", group.rate),
        **_flat("ratio", group.ratio),
        "substitutions": group.substitutions,
        "deletions": group.deletions,
        "insertions": group.insertions,
        "insertion_rate": insertion_rate(group),
        "n_failed": group.n_failed,
        "n_redone": group.n_redone,
        "n_runaway": group.n_runaway,
    }


def _flat(name: str, estimate: Estimate | None) -> dict[str, Any]:
    parts = {"": "value", "_low": "low", "_high": "high", "_reason": "reason"}
    return {name + end: getattr(estimate, part) if estimate else None for end, part in parts.items()}


@dataclass
class _Footnotes:
    """Reasons, numbered as they come; one number for equal reasons."""

    reasons: list[str] = field(default_factory=list)

    def mark(self, reason: str | None) -> str:
        text = printable(reason or "no reason is recorded")
        if text not in self.reasons:
            self.reasons.append(text)
        return str(self.reasons.index(text) + 1).translate(_SUPERSCRIPTS)

    @property
    def lines(self) -> list[str]:
        return [f"{str(i).translate(_SUPERSCRIPTS)} {text}" for i, text in enumerate(self.reasons, 1)]


class _Block:
    """The words of one axis's block: its title, cells, gap and footnotes."""

    def __init__(self, result: AuditRecord, axis: str, compact: bool = False) -> None:
        groups = worst_first(result, axis)
        summary = next((a for a in result.axes if a.axis == axis), None)
        notes = _Footnotes()
        rate = rate_name(result.tokens)
        covers = f"{100 * result.level:g} %" + ("" if compact else " interval")
        long = not compact
        self.titles = [
            axis_title(axis),
            "speakers" if long else "spk",
            "utterances" if long else "utt",
            f"{rate}\n%",
            covers,
            "ratio",
            covers,
            "ins.\n%",
            "failed" if long else "fail",
        ]
        redone = any(g.n_redone or g.n_runaway for g in groups)
        if redone:
            self.titles.append("redone/\nrunaway" if long else "redo/\nrun")
        self.cells = [_cells(group, notes, redone) for group in groups]
        self.title = f"By {axis_title(axis)}" + _reference(summary)
        self.footer = [*_together(groups, result.level), *(_gap(summary, notes) if summary else [])]
        self.footnotes = notes.lines


def _cells(group: Group, notes: _Footnotes, redone: bool) -> list[str]:
    ratio, limits = ("1", "reference") if group.is_reference else (NOTHING, "")
    if group.ratio is not None:
        ratio = times(group.ratio.value)
        limits = interval(group.ratio, "ratio") or NOTHING + notes.mark(group.ratio.reason)
    cells = [
        printable(group.value) + (" (ref.)" if group.is_reference else ""),
        str(group.n_speakers),
        str(group.n_utterances),
        percent(group.rate.value),
        interval(group.rate, "percent") or NOTHING + notes.mark(group.rate.reason),
        ratio,
        limits,
        percent(insertion_rate(group)),
        str(group.n_failed),
    ]
    return [*cells, f"{group.n_redone}/{group.n_runaway}"] if redone else cells


def _reference(summary: Axis | None) -> str:
    if summary is None:
        return ""
    why = printable(summary.reference_reason)
    if summary.reference is None:
        return f"  (no reference group: {why})"
    return f"  (reference: {printable(summary.reference)}, {why})"


def _together(groups: Sequence[Group], level: float) -> list[str]:
    """Which groups differ from the reference when all are compared at once; nothing where fewer than two are."""
    limits = [(g, g.ratio_simultaneous) for g in groups if g.ratio_simultaneous is not None]
    if not limits:
        return []
    worse = [printable(g.value) for g, r in limits if r.low is not None and r.low > 1]
    better = [printable(g.value) for g, r in limits if r.high is not None and r.high < 1]
    said = [f"{what}: {', '.join(names)}" for what, names in (("worse", worse), ("better", better)) if names]
    return [
        f"All {len(limits)} groups at once against the reference (simultaneous {100 * level:g} %): "
        + ("; ".join(said) or "none can be told apart from it")
    ]


def _gap(axis: Axis, notes: _Footnotes) -> list[str]:
    if axis.gap.value is None:
        line = f"Gap: {NOTHING}{notes.mark(axis.gap.reason)}"
    else:
        limits = interval(axis.gap, "percent") or NOTHING + notes.mark(axis.gap.reason)
        line = f"Gap, largest minus smallest rate: {percent(axis.gap.value)} points {limits}"
    if axis.gap_expected_without_difference is not None:
        line += f"; by chance alone {percent(axis.gap_expected_without_difference)} points would be expected"
        line += f", {p_value(axis.gap_p_value)}" if axis.gap_p_value is not None else ""
    elif axis.gap_null_reason and axis.gap_null_reason != axis.gap.reason:
        line += f"; chance gap {NOTHING}{notes.mark(axis.gap_null_reason)}"
    return [line, *(f"Note: {printable(note)}" for note in axis.notes)]


def _head(result: AuditRecord) -> list[str]:
    totals = result.totals
    name = rate_title(result.tokens)
    rate = result.overall.rate
    limits = interval(rate, "percent")
    text = (
        f"{percent(rate.value)} % {limits}"
        if limits
        else f"{percent(rate.value)} % (no interval: {rate.reason})"
    )
    if rate.value is None:
        text = f"{NOTHING} ({rate.reason})"
    corpus = f"{result.corpus} {result.corpus_record.version}".strip()
    return [
        printable(
            f"{corpus} · {result.model} · normaliser {result.normalizer.name} {result.normalizer.version}"
        ),
        f"{totals.n_in} in = {totals.scored} scored + {totals.failed} failed + {totals.excluded} excluded",
        printable(
            f"Overall {name}: {text}, {result.overall.n_speakers} speakers, "
            f"{result.overall.n_utterances} utterances"
        ),
    ]


def _tail(result: AuditRecord) -> list[str]:
    lines = [f"Note: {printable(note)}" for note in result.notes]
    statement = result.corpus_record.statement
    return [*lines, printable(statement)] if statement else lines


def _render(result: AuditRecord, width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    head = _head(result)
    yield Text(head[0], style="bold")
    yield from (Text(line) for line in head[1:])
    for axis in axis_names(result):
        block = _Block(result, axis, compact=width < _COMPACT_BELOW)
        yield Text()
        yield Text(block.title, style="bold cyan")
        yield _grid(block, worst_first(result, axis), width)
        yield from (Text(line) for line in block.footer)
        yield from (Text(line, style="dim") for line in block.footnotes)
    yield from renderables(metrics_of(result))
    tail = _tail(result)
    if tail:
        yield Text()
        yield from (Text(line, style="yellow") for line in tail)


def _grid(block: _Block, groups: Sequence[Group], width: int) -> RenderableType:
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    space = 1 if width < _COMPACT_BELOW else 2
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, space, 0, 0), show_edge=False)
    # A very narrow place shows what matters most, whole, and not ten columns of broken numbers.
    columns: Sequence[int] = range(len(block.titles))
    if width < _NARROW_BELOW:
        columns = _NARROW_COLUMNS if width >= _TINY_BELOW else _TINY_COLUMNS
    limits = (4, 6)
    for number in columns:
        title = block.titles[number]
        left = number == 0 or number in limits
        grid.add_column(
            Text(title, style="bold"),
            justify="left" if left else "right",
            overflow="fold",
            no_wrap=number != 0,
            min_width=8 if number == 0 else None,
            header_style="bold",
        )
    for group, cells in zip(groups, block.cells, strict=True):
        grid.add_row(*(Text(cells[number]) for number in columns), style=_style(group))
    return grid


def _style(group: Group) -> str:
    """Colour repeats what the intervals say: red is clearly worse than the reference, green clearly better."""
    if group.is_reference:
        return "bold"
    ratio = group.ratio
    if ratio is None or ratio.low is None or ratio.high is None:
        return ""
    return "red" if ratio.low > 1 else "green" if ratio.high < 1 else ""

"""The metrics of an audit in words: one block per axis and metric, for terminal, notebook and page.

It only words numbers that the `MetricResult` holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from speechfair.wording import NOTHING, interval, printable, times, worded

if TYPE_CHECKING:
    from rich.console import RenderableType

    from speechfair.auditing.metric_result import MetricGroup, MetricResult
    from speechfair.types import Estimate
    from speechfair.wording import Unit

__all__ = ["MetricBlock", "html_of", "metric_blocks", "renderables"]


@dataclass(frozen=True)
class MetricBlock:
    """One metric on one axis, in words.

    Parameters
    ----------
    axis : of the groups; ``overall`` where the audit has no axis.
    title : such as ``Sentence error rate by accent``.
    titles, cells : headings and rows; the first column is text.
    lines : what holds for all groups together, and what the metric counts.
    reasons : why a number or an interval is missing; ``[1]`` in a cell is the first of them.
    """

    axis: str
    title: str
    titles: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    lines: tuple[str, ...]
    reasons: tuple[str, ...]


def metric_blocks(metrics: Sequence[MetricResult], axes: Sequence[str], level: float) -> list[MetricBlock]:
    """The blocks of some metrics, axis by axis; without an axis, one block of all utterances for each.

    Parameters
    ----------
    level : coverage of the intervals.
    """
    return [_block(metric, axis, level) for axis in axes or ["overall"] for metric in metrics]


def renderables(blocks: Sequence[MetricBlock]) -> Iterator[RenderableType]:
    """The blocks for a terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    for block in blocks:
        yield Text()
        yield Text(block.title, style="bold cyan")
        grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        for number, title in enumerate(block.titles):
            limits = number in (0, 5, 7)
            grid.add_column(Text(title, style="bold"), justify="left" if limits else "right", overflow="fold")
        for cells in block.cells:
            grid.add_row(*map(Text, cells))
        yield grid
        yield from (Text(line) for line in block.lines)
        yield from (Text(f"[{n}] {reason}", style="dim") for n, reason in enumerate(block.reasons, 1))


def html_of(blocks: Sequence[MetricBlock]) -> str:
    """The blocks for a notebook."""
    from html import escape

    parts = []
    for block in blocks:
        head = "".join(f"<th>{escape(title)}</th>" for title in block.titles)
        rows = ("".join(f"<td>{escape(cell)}</td>" for cell in cells) for cells in block.cells)
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        reasons = [f"[{n}] {reason}" for n, reason in enumerate(block.reasons, 1)]
        notes = "".join(f"<p>{escape(line)}</p>" for line in [*block.lines, *reasons])
        parts.append(
            f"<h4>{escape(block.title)}</h4><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
        )
    return "".join(parts)


@dataclass
class _Reasons:
    """Reasons, numbered as they come; equal ones once."""

    found: list[str] = field(default_factory=list)

    def mark(self, reason: str | None) -> str:
        text = reason or "no reason is recorded"
        if text not in self.found:
            self.found.append(text)
        return f"{NOTHING} [{self.found.index(text) + 1}]"


def _block(metric: MetricResult, axis: str, level: float) -> MetricBlock:
    reasons = _Reasons()
    groups = metric.groups_of(axis) if axis != "overall" else [metric.overall]
    covers = f"{100 * level:g} % interval"
    by = "" if axis == "overall" else f" by {printable(axis).replace('_', ' ').replace('+', ' + ')}"
    return MetricBlock(
        axis=axis,
        title=f"{metric.title[:1].upper()}{metric.title[1:]}{by}",
        titles=(
            "group",
            "speakers",
            metric.event,
            f"among {metric.trial}",
            f"{metric.short} {metric.unit}",
            covers,
            "ratio",
            covers,
        ),
        cells=tuple(tuple(map(printable, _cells(metric, group, reasons))) for group in groups),
        lines=tuple(_lines(metric, axis, reasons)),
        reasons=tuple(map(printable, reasons.found)),
    )


def _cells(metric: MetricResult, group: MetricGroup, reasons: _Reasons) -> tuple[str, ...]:
    ratio, limits = ("1", "reference") if group.is_reference else (NOTHING, "")
    if group.ratio is not None:
        ratio, limits = _number(group.ratio, "ratio", reasons), _limits(group.ratio, "ratio", reasons)
    unit = _unit(metric)
    return (
        group.value + (" (ref.)" if group.is_reference else ""),
        str(group.n_speakers),
        _count(group.events),
        _count(group.trials),
        _number(group.rate, unit, reasons),
        _limits(group.rate, unit, reasons),
        ratio,
        limits,
    )


def _lines(metric: MetricResult, axis: str, reasons: _Reasons) -> Iterator[str]:
    unit = "points" if metric.unit == "%" else metric.unit
    for summary in metric.axes:
        if summary.axis == axis:
            limits = interval(summary.gap, _unit(metric)) or ""
            gap = _number(summary.gap, _unit(metric), reasons)
            yield f"Gap, largest minus smallest: {gap} {unit} {limits}".rstrip()
    yield metric.about


def _unit(metric: MetricResult) -> Unit:
    return "percent" if metric.unit == "%" else "number"


def _count(number: float) -> str:
    return f"{number:.0f}" if number == round(number) else f"{number:.1f}"


def _number(estimate: Estimate, unit: Unit, reasons: _Reasons) -> str:
    if estimate.value is None:
        return reasons.mark(estimate.reason)
    return times(estimate.value) if unit == "ratio" else worded(estimate.value, unit)


def _limits(estimate: Estimate, unit: Unit, reasons: _Reasons) -> str:
    if estimate.value is None:
        return NOTHING
    return interval(estimate, unit) or reasons.mark(estimate.reason)

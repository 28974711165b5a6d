"""A comparison as a table a person reads, on a terminal and in a log. It only words what the `Comparison` holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speechfair.auditing.audit_table import axis_title
from speechfair.auditing.metric_table import MetricBlock, renderables
from speechfair.comparing.metric_change import change_blocks
from speechfair.metrics.error_counts import rate_name
from speechfair.wording import NOTHING, interval, p_value, percent, printable, times, with_interval

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table

    from speechfair.comparing.comparison_record import AxisChange, ComparisonRecord, GroupChange
    from speechfair.types import Estimate

__all__ = ["ComparisonTable", "margin_words", "matching_words", "metric_blocks"]

_TEXT_WIDTH = 120
_WIDE = 112
"""Narrower terminals get no counts of speakers, utterances and failures, and no ratio to the reference."""


@dataclass(frozen=True)
class ComparisonTable:
    """A comparison as a table: all utterances, then one block per axis, the most worsened group first.

    Parameters
    ----------
    comparison : what it shows.
    """

    comparison: ComparisonRecord

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
        from rich.text import Text

        result, notes = self.comparison, list[str]()
        for line in _head(result):
            yield Text(line)
        yield _block(result, "All utterances", [result.overall], notes, options.max_width)
        for axis in result.axes:
            title = f"By {axis_title(axis.axis)}"
            if axis.reference is not None:
                title += f" (reference {printable(axis.reference)})"
            yield _block(result, title, result.groups_of(axis.axis), notes, options.max_width)
            for line in _axis_lines(axis):
                yield Text(f"  {line}")
        yield from renderables(metric_blocks(result))
        yield Text("")
        for number, note in enumerate(notes, 1):
            yield Text(f"  {number}) {note}")
        for line in _tail(result):
            yield Text(line)


def metric_blocks(result: ComparisonRecord) -> list[MetricBlock]:
    """The changes of the metrics that were asked for, in words."""
    return change_blocks(result.metrics, [axis.axis for axis in result.axes], result.level)


def margin_words(result: ComparisonRecord) -> str:
    """The margins as a sentence."""
    return (
        f"no harm: a group's rate may rise by {100 * result.relative:g} % of itself or by "
        f"{100 * result.absolute:g} percentage points, whichever is more"
    )


def matching_words(result: ComparisonRecord) -> list[str]:
    """Which utterances were compared, and what was left out."""
    m = result.matching
    lines = [
        f"{m.compared} utterances compared" + (f", {m.excluded} without a reference" if m.excluded else "")
    ]
    for kind, names in m.examples.items():
        count = getattr(m, kind)
        more = ", …" if count > len(names) else ""
        shown = ", ".join(printable(name) for name in names)
        lines.append(f"left out, {kind.replace('_', ' ')}: {count} ({shown}{more})")
    return lines


def _head(result: ComparisonRecord) -> Iterator[str]:
    before, after = result.before, result.after
    yield f"before  {printable(before.model)}  ({printable(before.folder)}, {printable(before.corpus)})"
    yield f"after   {printable(after.model)}  ({printable(after.folder)}, {printable(after.corpus)})"
    yield from matching_words(result)
    yield f"intervals at {100 * result.level:g} %, paired by speaker; normalizer {result.normalizer.name}"
    yield margin_words(result)


def _block(
    result: ComparisonRecord, title: str, groups: list[GroupChange], notes: list[str], width: int
) -> Table:
    from rich import box
    from rich.table import Table

    narrow = width < _WIDE
    against = not narrow and any(group.ratio_change for group in groups)
    troubled = not narrow and any(
        side is not None and (side.n_failed or side.n_runaway)
        for group in groups
        for side in (group.before, group.after)
    )
    table = Table(
        box=box.SIMPLE_HEAD, title=_safe(title), title_justify="left", pad_edge=False, title_style="bold"
    )
    table.add_column("group", overflow="fold", min_width=9 if narrow else 12)
    rate = rate_name(result.tokens)
    names = [] if narrow else ["spk", "utt"]
    names += [f"{rate} %\nbefore", f"{rate} %\nafter", "change\n(points)", "ratio\nafter / before"]
    names += ["ratio to ref.\nafter / before"] if against else []
    names += ["failed\nrunaway"] if troubled else []
    for name in [*names, "no harm"]:
        table.add_column(name, justify="right", no_wrap=True)
    for group in groups:
        name = printable(group.value) + (" (ref.)" if group.is_reference else "")
        counts = [] if narrow else [str(group.n_speakers), str(group.n_utterances)]
        cells = [name, *counts, *_cells(group, against, troubled), _no_harm(group, notes)]
        table.add_row(*(_safe(cell) for cell in cells))
    return table


def _cells(group: GroupChange, against: bool, troubled: bool) -> list[str]:
    cells = [percent(side.rate.value if side else None) for side in (group.before, group.after)]
    changes = [with_interval(group.difference, "points"), _times(group.ratio)] + (
        [_times(group.ratio_change)] if against else []
    )
    # The interval stands below its number: in one line the table is too wide for most terminals.
    cells += [change.replace(" [", "\n[") for change in changes]
    if troubled:
        sides = group.before, group.after
        failed = " → ".join(str(side.n_failed) if side else NOTHING for side in sides)
        cells.append(f"{failed}\n" + " → ".join(str(side.n_runaway) if side else NOTHING for side in sides))
    return cells


def _no_harm(group: GroupChange, notes: list[str]) -> str:
    """The verdict, with a footnote number for the reason where it is not a pass."""
    verdict = {"pass": "pass", "fail": "FAIL", "undetermined": "undetermined"}[group.no_harm.verdict]
    return verdict + _mark(group, notes)


def _mark(group: GroupChange, notes: list[str]) -> str:
    """A footnote number where the verdict is not a pass."""
    if group.no_harm.verdict == "pass":
        return ""
    reason = printable(group.no_harm.reason)
    if group.no_harm.more_speakers is not None:
        reason += f"; {group.no_harm.more_speakers} more speakers would settle it {group.no_harm.more_speakers_reason}"
    if reason not in notes:
        notes.append(reason)
    return f" {notes.index(reason) + 1})"


def _times(estimate: Estimate | None) -> str:
    if estimate is None:
        return NOTHING
    return " ".join(part for part in (times(estimate.value), interval(estimate, "ratio")) if part)


def _axis_lines(axis: AxisChange) -> Iterator[str]:
    if axis.gap_change.value is None:
        yield f"gap: {NOTHING} ({axis.gap_change.reason})"
    else:
        line = (
            f"gap between worst and best group: {percent(axis.gap_before.value)} → {percent(axis.gap_after.value)} "
            f"points, change {with_interval(axis.gap_change, 'points')}"
        )
        yield line + (f" ({axis.gap_change.reason})" if axis.gap_change.reason else "")
    for note in axis.notes:
        yield f"note: {printable(note)}"


def _tail(result: ComparisonRecord) -> Iterator[str]:
    test = result.mapsswe
    if test.z is None or test.p_value is None:
        yield f"MAPSSWE: {test.reason}"
    else:
        yield (
            f"MAPSSWE: z = {test.z:.2f}, {p_value(test.p_value)} over {test.n_segments} segments; it takes segments "
            "as independent, so no verdict rests on it"
        )
    for note in result.notes:
        yield f"note: {printable(note)}"
    yield f"verdict: {result.verdict.upper()}, {printable(result.reason)}"


def _safe(cell: str) -> str:
    """A cell without rich's markup."""
    from rich.markup import escape

    return escape(cell)

"""A comparison as a table a person reads, on a terminal and in a log. It only words what the `Comparison` holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speechfair.auditing.audit_table import axis_title
from speechfair.comparing.metric_change import change_tables
from speechfair.metrics.error_counts import rate_name
from speechfair.result_table import Column, Noted, Sheet, Table, Tone
from speechfair.wording import NOTHING, count, given_percent, p_value, percent, printable, with_interval

if TYPE_CHECKING:
    from speechfair.comparing.comparison_record import AxisChange, ComparisonRecord, GroupChange, Side
    from speechfair.result_table import Cell

__all__ = ["ComparisonTable", "margin_words", "matching_words", "metric_changes_of"]


@dataclass(frozen=True)
class ComparisonTable(Sheet):
    """A comparison as tables: all utterances, then one table per axis, the most worsened group first.

    Parameters
    ----------
    comparison : what it shows.
    """

    comparison: ComparisonRecord

    def parts(self) -> Iterator[str | Table]:
        """What was compared, the tables, and the verdict."""
        result = self.comparison
        yield from _head(result)
        yield _table(result, "All utterances", [result.overall])
        for axis in result.axes:
            title = f"By {axis_title(axis.axis)}"
            if axis.reference is not None:
                title += f" (reference {axis.reference})"
            yield _table(result, title, result.groups_of(axis.axis), _axis_lines(axis))
        yield from metric_changes_of(result)
        yield from _tail(result)


def metric_changes_of(result: ComparisonRecord) -> list[Table]:
    """The changes of the metrics that were asked for."""
    return change_tables(result.metrics, [axis.axis for axis in result.axes], result.level)


def margin_words(result: ComparisonRecord) -> str:
    """The margins as a sentence."""
    return (
        f"no harm: a group's rate may rise by {given_percent(result.relative)} of itself or by "
        f"{given_percent(result.absolute, sign=False)} percentage points, whichever is more"
    )


def matching_words(result: ComparisonRecord) -> list[str]:
    """Which utterances were compared, and what was left out."""
    m = result.matching
    lines = [
        f"{count(m.compared, 'utterance')} compared"
        + (f", {m.excluded} without a reference" if m.excluded else "")
    ]
    for kind, names in m.examples.items():
        left = getattr(m, kind)
        more = ", …" if left > len(names) else ""
        shown = ", ".join(printable(name) for name in names)
        lines.append(f"left out, {kind.replace('_', ' ')}: {left} ({shown}{more})")
    return lines


def _head(result: ComparisonRecord) -> Iterator[str]:
    before, after = result.before, result.after
    yield f"before  {before.model}  ({before.folder}, {before.corpus})"
    yield f"after   {after.model}  ({after.folder}, {after.corpus})"
    yield from matching_words(result)
    yield f"intervals at {given_percent(result.level)}, paired by speaker; normalizer {result.normalizer.name}"
    yield margin_words(result)


def _table(
    result: ComparisonRecord, title: str, groups: list[GroupChange], lines: Iterable[str] = ()
) -> Table:
    against = any(group.ratio_change for group in groups)
    troubled = any(
        side is not None and (side.n_failed or side.n_runaway)
        for group in groups
        for side in (group.before, group.after)
    )
    rate = rate_name(result.tokens)
    columns = [
        Column("group", "group"),
        Column("n_speakers", "speakers", "count", 3, "spk"),
        Column("n_utterances", "utterances", "count", 4, "utt"),
        Column("before", f"{rate} % before", "percent"),
        Column("after", f"{rate} % after", "percent"),
        Column("difference", "change in points", "points"),
        Column("ratio", "ratio after / before", "ratio"),
    ]
    if against:
        columns.append(Column("ratio_change", "ratio to reference, after / before", "ratio", 1))
    if troubled:
        columns += [
            Column("failed", "failed", "count", 2),
            Column("runaway", "runaway", "count", 2),
        ]
    columns.append(Column("no_harm", "no harm", "number"))
    rows = tuple(_row(group, against, troubled) for group in groups)
    tones: tuple[Tone, ...] = tuple("worse" if g.no_harm.verdict == "fail" else "" for g in groups)
    return Table(title, tuple(columns), rows, tuple(lines), tones)


def _row(group: GroupChange, against: bool, troubled: bool) -> tuple[Cell, ...]:
    sides = group.before, group.after
    return (
        group.value + (" (ref.)" if group.is_reference else ""),
        group.n_speakers,
        group.n_utterances,
        *(side.rate.value if side else None for side in sides),
        group.difference,
        group.ratio,
        *([group.ratio_change] if against else []),
        *([_counts(sides, "n_failed"), _counts(sides, "n_runaway")] if troubled else []),
        _no_harm(group),
    )


def _counts(sides: tuple[Side | None, Side | None], name: str) -> str:
    return " → ".join(NOTHING if side is None else count(getattr(side, name)) for side in sides)


def _no_harm(group: GroupChange) -> Cell:
    """The verdict, with the reason for it where it is not a pass."""
    verdict = group.no_harm.verdict
    if verdict == "pass":
        return verdict
    reason = group.no_harm.reason
    if group.no_harm.more_speakers is not None:
        more = count(group.no_harm.more_speakers, "more speaker")
        reason += f"; {more} would settle it {group.no_harm.more_speakers_reason}"
    return Noted("FAIL" if verdict == "fail" else verdict, reason)


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
        yield f"note: {note}"


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
        yield f"note: {note}"
    yield f"verdict: {result.verdict.upper()}, {result.reason}"

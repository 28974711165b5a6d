"""The table of an audit that a person reads, on a terminal, in a notebook and in a log.

It only words numbers that the `AuditRecord` holds; it computes none but the shares that are written as percent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speechfair.auditing.metric_table import metric_tables
from speechfair.messages.translation import ENGLISH
from speechfair.metrics.error_counts import rate_name, rate_title
from speechfair.result_table import Column, Sheet, Table, Tone
from speechfair.wording import (
    NOTHING,
    count,
    given_percent,
    interval,
    p_value,
    percent,
    printable,
    with_interval,
)

if TYPE_CHECKING:
    import polars as pl

    from speechfair.auditing.audit_record import AuditRecord, Axis, Group, ReasonCount
    from speechfair.result_table import Cell
    from speechfair.types import Estimate

__all__ = [
    "AuditTable",
    "axis_names",
    "axis_title",
    "insertion_rate",
    "metrics_of",
    "worst_first",
]

_MOST_REASONS, _MOST_ROWS = 3, 3


@dataclass(frozen=True)
class AuditTable(Sheet):
    """An audit as tables: one per axis, worst group first, the reference marked.

    ``print(table)`` gives plain text 120 columns wide; rich consoles and notebooks render it in colour and HTML.

    Parameters
    ----------
    result : the audit it shows.
    """

    result: AuditRecord

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

    def parts(self) -> Iterator[str | Table]:
        """What was audited, the axes, the metrics that were asked for, and the notes."""
        yield from _head(self.result)
        yield from (_axis_table(self.result, axis) for axis in axis_names(self.result))
        yield from metrics_of(self.result)
        yield from _tail(self.result)


def axis_names(result: AuditRecord) -> list[str]:
    """The axes in the order of the file."""
    return list(dict.fromkeys([a.axis for a in result.axes] + [g.axis for g in result.groups]))


def metrics_of(result: AuditRecord) -> list[Table]:
    """The metrics that were asked for, axis by axis."""
    return metric_tables(result.metrics, axis_names(result), result.level)


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
    return ENGLISH.axis(axis)


def insertion_rate(group: Group) -> float | None:
    """Insertions per reference token; None when the group has no reference token, or kinds are not known."""
    if group.insertions is None or not group.reference_length:
        return None
    return group.insertions / group.reference_length


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


def _axis_table(result: AuditRecord, axis: str) -> Table:
    groups = worst_first(result, axis)
    summary = next((a for a in result.axes if a.axis == axis), None)
    covers = f"{given_percent(result.level)} interval"
    columns = [
        Column("group", axis_title(axis)),
        Column("n_speakers", "speakers", "count", 3, "spk"),
        Column("n_utterances", "utterances", "count", 4, "utt"),
        Column("rate", f"{rate_name(result.tokens)} %, {covers}", "percent"),
        Column("ratio", f"ratio, {covers}", "ratio", 1),
        Column("insertion_rate", "insertions %", "percent", 5, "ins. %"),
        Column("n_failed", "failed", "count", 2, "fail"),
    ]
    redone = any(group.n_redone or group.n_runaway for group in groups)
    if redone:
        columns += [
            Column("n_redone", "redone", "count", 6, "redo"),
            Column("n_runaway", "runaway", "count", 2, "run"),
        ]
    return Table(
        f"By {axis_title(axis)}" + _reference(summary),
        tuple(columns),
        tuple(_axis_row(group, redone) for group in groups),
        notes=(*_together(groups, result.level), *(_gap(summary) if summary else [])),
        tones=tuple(map(_tone, groups)),
    )


def _axis_row(group: Group, redone: bool) -> tuple[Cell, ...]:
    return (
        group.value + (" (ref.)" if group.is_reference else ""),
        group.n_speakers,
        group.n_utterances,
        group.rate,
        "1 (reference)" if group.is_reference and group.ratio is None else group.ratio,
        insertion_rate(group),
        group.n_failed,
        *([group.n_redone, group.n_runaway] if redone else []),
    )


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
        f"All {len(limits)} groups at once against the reference (simultaneous {given_percent(level)}): "
        + ("; ".join(said) or "none differs clearly from it")
    ]


def _gap(axis: Axis) -> list[str]:
    if axis.gap.value is None:
        line = f"Gap: {with_interval(axis.gap, reason=True)}"
    else:
        line = f"Gap, largest minus smallest rate: {percent(axis.gap.value)} points"
        line += f" {interval(axis.gap, 'percent') or f'(no interval: {axis.gap.reason})'}"
    if axis.gap_expected_without_difference is not None:
        line += f"; by chance alone {percent(axis.gap_expected_without_difference)} points would be expected"
        line += f", {p_value(axis.gap_p_value)}" if axis.gap_p_value is not None else ""
    elif axis.gap_null_reason and axis.gap_null_reason != axis.gap.reason:
        line += f"; chance gap {NOTHING} ({axis.gap_null_reason})"
    return [line, *(f"Note: {note}" for note in axis.notes)]


def _head(result: AuditRecord) -> list[str]:
    totals, everyone = result.totals, result.overall
    if everyone.rate.value is None:
        rate = with_interval(everyone.rate, reason=True)
    else:
        limits = interval(everyone.rate, "percent") or f"(no interval: {everyone.rate.reason})"
        rate = f"{percent(everyone.rate.value, sign=True)} {limits}"
    corpus = f"{result.corpus} {result.corpus_record.version}".strip()
    return [
        f"{corpus} · {result.model} · normaliser {result.normalizer.name} {result.normalizer.version}",
        f"{totals.n_in} in = {totals.scored} scored + {totals.failed} failed + {totals.excluded} excluded",
        f"Overall {rate_title(result.tokens)}: {rate}, {count(everyone.n_speakers, 'speaker')}, "
        f"{count(everyone.n_utterances, 'utterance')}",
    ]


def _tail(result: AuditRecord) -> list[str]:
    lines = [f"Note: {note}" for note in result.notes]
    lines += _failures(result.failed)
    statement = result.corpus_record.statement
    return [*lines, statement] if statement else lines


def _failures(reasons: Sequence[ReasonCount]) -> list[str]:
    """The commonest reasons why rows failed, each with a few of its rows, and where the others are."""
    lines = []
    for each in reasons[:_MOST_REASONS]:
        names = ", ".join(printable(name) for name in each.examples[:_MOST_ROWS])
        more = f" and {each.n - _MOST_ROWS} more" if each.n > _MOST_ROWS else ""
        lines.append(f"Failed: {names}{more}: {printable(each.reason)}")
    if len(reasons) > _MOST_REASONS:
        left = sum(each.n for each in reasons[_MOST_REASONS:])
        lines.append(f"Failed for other reasons: {left}; they are in 'failed' of audit.json and on the page")
    return lines


def _tone(group: Group) -> Tone:
    """What the intervals say: clearly worse than the reference, or clearly better."""
    if group.is_reference:
        return "reference"
    ratio = group.ratio
    if ratio is None or ratio.low is None or ratio.high is None:
        return ""
    return "worse" if ratio.low > 1 else "better" if ratio.high < 1 else ""

"""What the audit page says of one axis: charts, tables and words as its template prints them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from speechfair.auditing.audit_charts import axis_figures
from speechfair.auditing.audit_table import worst_first
from speechfair.messages.translation import Translator
from speechfair.metrics.error_counts import rate_title
from speechfair.reporting.pages import markup
from speechfair.wording import NOTHING, count, interval, p_value, percent, points, printable, times, worded

if TYPE_CHECKING:
    from speechfair.auditing.axis_details import AxisDetails
    from speechfair.auditing.result import AuditResult, Axis, Group
    from speechfair.auditing.word_losses import GroupWords, WordCount
    from speechfair.types import Estimate
    from speechfair.wording import Unit

__all__ = ["axis_section"]

_KINDS = ("substitutions", "deletions", "insertions")
_MOST_GROUPS, _MOST_WORDS = 12, 8


def axis_section(
    result: AuditResult, name: str, details: AxisDetails | None, tell: Translator
) -> dict[str, Any]:
    """The section of one axis.

    Parameters
    ----------
    details : what is not in the result, where the scores are at hand.
    tell : into the language of the charts; the words of the section are English, for its template to translate.
    """
    groups = worst_first(result, name)
    summary = next((a for a in result.axes if a.axis == name), None)
    rate = rate_title(result.tokens)
    figures = axis_figures(groups, rate, details.speakers if details else None, tell)
    # The charts come out of the renderer, which escapes every label itself.
    charts: dict[str, list[Any] | None] = dict.fromkeys(("rates", "ratios", "kinds"))
    charts |= {one.name.rpartition("-")[2]: [markup(one.svg), markup(one.narrow)] for one in figures}
    return {
        "name": name,
        "groups": groups,
        "names": {g.value: tell.group(name, g.value) for g in groups},
        "summary": summary,
        "charts": charts,
        "with_speakers": bool(details and details.speakers),
        "gap": _gap(summary) if summary else [],
        "together": any(group.ratio_simultaneous is not None for group in groups),
        "kinds": [(g.value, _kinds(g)) for g in groups if g.kind_ratios],
        "other_texts": any(g.rate_other_texts is not None for g in groups),
        "adjusted": {one.group: one for one in (summary.adjusted or [])} if summary else {},
        "words": _words(groups, details.words) if details else [],
        **_phonemes(groups, details.phonemes if details else None),
        "redone": any(group.n_redone or group.n_runaway for group in groups),
        "sources": sorted({source for group in groups for source in group.sources}),
    }


def _kinds(group: Group) -> list[tuple[str, str]]:
    """Of each kind of error the ratio and the difference in points, with their intervals."""
    cells = []
    for kind in _KINDS:
        ratio, difference = ((found or {}).get(kind) for found in (group.kind_ratios, group.kind_differences))
        of_ratio = f"{times(ratio.value)} {interval(ratio, 'ratio') or ''}" if ratio else NOTHING
        # an audit of an earlier version has no differences
        of_points = (
            f"{points(difference.value)} points {interval(difference, 'points') or ''}" if difference else ""
        )
        cells.append((of_ratio.strip(), of_points.strip()))
    return cells


def _words(
    groups: Sequence[Group], found: Sequence[GroupWords]
) -> list[tuple[str, list[list[tuple[str, str]]]]]:
    """Of the worst groups of five speakers or more: words lost, inserted, and heard for what was said."""
    by_group = {one.group: one for one in found}
    shown = [g for g in groups if g.value in by_group and g.n_speakers >= 5][:_MOST_GROUPS]
    return [
        (g.value, [_listed(kind) for kind in (one.lost, one.inserted, one.substituted)])
        for g in shown
        if (one := by_group[g.value])
    ]


def _phonemes(groups: Sequence[Group], found: Sequence[GroupWords] | str | None) -> dict[str, Any]:
    """The phonemes as words are shown, and why there are none."""
    if found is None or isinstance(found, str):
        return {"phonemes": [], "no_phonemes": found or ""}
    shown = _words(groups, found)
    return {"phonemes": shown, "no_phonemes": "" if shown else "no group of five speakers or more has any"}


def _listed(words: Sequence[WordCount]) -> list[tuple[str, str]]:
    return [(_said(one), f"({one.n:,} ×, {count(one.n_speakers, 'speaker')})") for one in words[:_MOST_WORDS]]


def _said(one: WordCount) -> str:
    """The word, isolated, since it may be written from right to left; cut where it is longer than any word."""
    said, heard = (
        f"\u2068{printable(text if len(text) <= 40 else text[:39] + '…')}\u2069" if text else ""
        for text in (one.said, one.heard)
    )
    return f"{said} → {heard}" if said and heard else said or heard


def _gap(axis: Axis) -> list[tuple[str, str, str]]:
    """(what, value, remark) of the figures that hold for all groups of an axis together."""
    found = []
    kinds: list[tuple[str, Estimate, Unit, str]] = [
        ("Gap, largest minus smallest rate", axis.gap, "percent", " points"),
        ("Worst rate over best rate", axis.worst_best_ratio, "ratio", "×"),
        ("Spread between groups (standard deviation)", axis.between_group_sd, "percent", " points"),
    ]
    for what, estimate, unit, after in kinds:
        limits = interval(estimate, unit)
        if estimate.value is None:
            found.append((what, NOTHING, printable(estimate.reason or "")))
        else:
            value = f"{worded(estimate.value, unit)}{after} {limits or ''}".strip()
            found.append((what, value, "" if limits else printable(estimate.reason or "")))
    if axis.gap_expected_without_difference is not None:
        chance = f"{percent(axis.gap_expected_without_difference)} points"
        known = axis.gap_p_value is not None
        remark = f"{p_value(axis.gap_p_value)} for a gap as large as this one" if known else ""
        found.append(("Gap to expect by chance alone", chance, remark))
    elif axis.gap_null_reason:
        found.append(("Gap to expect by chance alone", NOTHING, printable(axis.gap_null_reason)))
    return found

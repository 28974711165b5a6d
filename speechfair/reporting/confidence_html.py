"""The page of ``speechfair confidence``: it words and draws what the `ConfidenceReport` holds, as probes' pages do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.auditing.audit_table import axis_title
from speechfair.probes.sections import Finding, Section
from speechfair.reporting.confidence_figures import (
    rejection_chart,
    reliability_chart,
    short_names,
    threshold_chart,
)
from speechfair.reporting.probe_html import write_page
from speechfair.wording import NOTHING, given_percent, interval, percent, points, printable, with_interval

if TYPE_CHECKING:
    from speechfair.exploring.confidence import ConfidenceReport, GroupConfidence, Selection

__all__ = ["confidence_findings", "confidence_sections", "write_confidence"]

_SHOWN = (1.0, 0.9, 0.8, 0.7, 0.5)
"""Shares of the words at which the table gives the error; the chart has all."""


def write_confidence(found: ConfidenceReport, path: Path) -> Path:
    """Write the page of `found` to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    charts = {}
    for number, groups in enumerate(_by_axis(found)):
        charts[f"reliability-{number}"] = reliability_chart(groups, found.tokens)
        charts[f"rejection-{number}"] = rejection_chart(groups, found.target_error, found.tokens)
        charts[f"thresholds-{number}"] = threshold_chart(groups, found.target_error)
    facts = [
        ("Wanted error", f"{percent(found.target_error)} % among what is accepted"),
        ("Audit, SHA-256", found.audit_sha256),
        ("Seed", f"{found.seed}, of the bootstrap and of the five folds"),
    ]
    return write_page(
        path, "confidence", found, confidence_findings(found), confidence_sections(found), charts, facts
    )


def confidence_findings(found: ConfidenceReport) -> list[Finding]:
    """Who claims too much, what one threshold for all does, and what own thresholds cost, for each axis."""
    findings = []
    for groups in _by_axis(found):
        inner = [group for group in groups if group.axis != "overall"] or groups
        axis = "Over all speakers" if inner is groups else f"By {axis_title(inner[0].axis)}"
        findings += [_claims(axis, inner), _usual(axis, inner, found), _own(axis, inner, found)]
    return findings


def confidence_sections(found: ConfidenceReport) -> list[Section]:
    """For each axis: claimed and right, rejection, thresholds."""
    sections = []
    for number, groups in enumerate(_by_axis(found)):
        axis = groups[-1].axis
        name = "all speakers" if axis == "overall" else axis_title(axis)
        sections += [
            _reliability_section(groups, name, number, found),
            _rejection_section(groups, name, number, found),
            _threshold_section(groups, name, number, found),
        ]
    return sections


def _by_axis(found: ConfidenceReport) -> list[list[GroupConfidence]]:
    """All speakers and the groups of an axis, for each axis; all speakers alone where there is none."""
    axes = list(dict.fromkeys(group.axis for group in found.groups))
    return [[found.overall, *(g for g in found.groups if g.axis == axis)] for axis in axes] or [
        [found.overall]
    ]


def _claims(axis: str, groups: Sequence[GroupConfidence]) -> Finding:
    parts = []
    clear = False
    for group in groups:
        found = group.overconfidence
        name, limits = printable(group.value), interval(found, "points")
        if found.value is None or found.low is None or found.high is None:
            parts.append(f"{name} is not known ({printable(found.reason or 'no interval')})")
        elif found.low <= 0.0 <= found.high:
            parts.append(
                f"{name} is not shown to claim too much or too little ({points(found.value)} {limits})"
            )
        else:
            much = "much" if found.value > 0 else "little"
            parts.append(f"{name} claims too {much} ({points(found.value)} {limits})")
            clear = True
    words = f"{axis}, confidence less the share of words right, in points: {'; '.join(parts)}."
    return Finding("difference" if clear else "unclear", words)


def _usual(axis: str, groups: Sequence[GroupConfidence], found: ConfidenceReport) -> Finding:
    target = f"{percent(found.target_error)} %"
    if found.usual_threshold is None:
        return Finding(
            "unclear", f"{axis}: no threshold brings the error of all speakers together to {target}."
        )
    cells = "; ".join(
        f"{printable(g.value)} {with_interval(g.usual.error_rate, 'percent')} % of errors among the "
        f"{percent(g.usual.coverage.value)} % accepted"
        for g in groups
        if g.usual is not None
    )
    rates = [g.usual.error_rate for g in groups if g.usual is not None]
    above = any(rate.low is not None and rate.low > found.target_error for rate in rates)
    below = any(rate.high is not None and rate.high < found.target_error for rate in rates)
    threshold = f"one threshold for all, {found.usual_threshold:.3f}"
    words = f"{axis}: {threshold}, at which all together have {target}, leaves {cells}"
    if above or below:
        return Finding("difference", f"{words}. It does not treat the groups alike.")
    return Finding("unclear", f"{words}. That a group's error is not {target} is not shown.")


def _own(axis: str, groups: Sequence[GroupConfidence], found: ConfidenceReport) -> Finding:
    target = f"{percent(found.target_error)} %"
    have = [(g, g.own) for g in groups if g.own is not None]
    without = ", ".join(printable(g.value) for g in groups if g.own is None)
    parts = [
        f"{printable(g.value)} {own.threshold:.3f}, {with_interval(own.error_rate, 'percent')} % of errors among the "
        f"{percent(own.coverage.value)} % accepted"
        for g, own in have
    ]
    if without:
        parts.append(f"none was found for {without}")
    broken = [
        g for g, own in have if own.error_rate.low is not None and own.error_rate.low > found.target_error
    ]
    words = f"{axis}: own thresholds for {target}, on speakers they were not chosen on: {'; '.join(parts)}."
    if broken:
        return Finding(
            "difference", f"{words} {', '.join(printable(g.value) for g in broken)} exceeds the target."
        )
    if not have:
        return Finding(
            "unclear", f"{words} So nothing is known about what a threshold of its own would give."
        )
    return Finding(
        "unclear", f"{words} No group is shown to exceed the target; the intervals say how sure that is."
    )


def _reliability_section(
    groups: Sequence[GroupConfidence], name: str, number: int, found: ConfidenceReport
) -> Section:
    rows = tuple(
        (
            label,
            f"{group.n_utterances - group.n_without} of {group.n_utterances}",
            str(group.overconfidence.n_speakers),
            with_interval(group.error_rate, "percent"),
            with_interval(group.overconfidence, "percent"),
            with_interval(group.calibration_error, "percent"),
        )
        for label, group in zip(short_names(groups), groups, strict=True)
    )
    lede = (
        "A confidence is read as the share of an utterance's words that are right. Claims too much: mean confidence "
        "less the share that was right, in points. Calibration error: the mean distance of the dots from the dashed "
        "line; it is above 0 by chance alone, and more so in small groups."
    )
    notes = [
        f"{label}: claims too much, no interval: {printable(group.overconfidence.reason)}"
        for label, group in zip(short_names(groups), groups, strict=True)
        if group.overconfidence.reason
    ]
    notes.append("The dots have no interval of their own; a bin of few words may lie far off by chance.")
    headers = ("group", "utterances with one", "spk", "errors %", "claims too much by", "calibration error")
    title = f"Claimed and right, by {name}" if name != "all speakers" else "Claimed and right"
    return Section(title, lede, headers, rows, tuple(notes), f"reliability-{number}", frozenset({0}))


def _rejection_section(
    groups: Sequence[GroupConfidence], name: str, number: int, found: ConfidenceReport
) -> Section:
    shares = [share for share in _SHOWN if any(p.coverage == share for p in groups[0].curve)]
    rows = tuple(
        (
            label,
            *(
                with_interval(point.error_rate, "percent")
                for share in shares
                for point in group.curve
                if point.coverage == share
            ),
        )
        for label, group in zip(short_names(groups), groups, strict=True)
    )
    lede = (
        f"The utterances a group is surest of, down to half of its {found.tokens}, and the error rate among them, in "
        "percent. A line that falls says that confidence tells right from wrong; a flat one says that it does not."
    )
    headers = (
        "group",
        *(f"all {given_percent(s)}" if s == 1.0 else f"surest {given_percent(s)}" for s in shares),
    )
    notes = ["Each group is sorted by its own confidence; no threshold is shared here."]
    if any(group.n_without for group in groups):
        notes.append(
            f"Utterances without a confidence are never accepted; {NOTHING} where they hold more than is rejected."
        )
    title = f"Rejecting the unsure, by {name}" if name != "all speakers" else "Rejecting the unsure"
    return Section(title, lede, headers, rows, tuple(notes), f"rejection-{number}", frozenset({0}))


def _threshold_section(
    groups: Sequence[GroupConfidence], name: str, number: int, found: ConfidenceReport
) -> Section:
    rows = tuple(
        (
            label,
            *_cells(group.usual),
            "none found" if group.own is None else f"{group.own.threshold:.3f}",
            *_cells(group.own),
            *_cells(group.common),
        )
        for label, group in zip(short_names(groups), groups, strict=True)
    )
    usual = NOTHING if found.usual_threshold is None else f"{found.usual_threshold:.3f}"
    common = NOTHING if found.common_threshold is None else f"{found.common_threshold:.3f}"
    lede = (
        f"What is accepted, in percent of the {found.tokens}, and the error among it. One for all: {usual}, at which "
        f"all speakers together have the wanted {percent(found.target_error)} %. Own: the group's threshold for the "
        f"same error. Strict: {common}, the least one threshold at which no group of any axis exceeds it."
    )
    headers = (
        "group", "one for all: errors %", "accepts %", "own threshold", "its errors %", "accepts % ",
        "strict: errors %", "accepts %  ",
    )  # fmt: skip
    notes = (
        "Own: on speakers that the threshold was not chosen on (five folds). One for all and strict: on the speakers "
        "they were chosen on, which flatters them a little.",
        "Not known from this: whether the thresholds hold on other speech, noise or speakers, or for an utterance that "
        "is half right; and whether the group is known, and may lawfully be used, at run time.",
    )
    title = f"Thresholds, by {name}" if name != "all speakers" else "Thresholds"
    return Section(title, lede, headers, rows, notes, f"thresholds-{number}", frozenset({0}))


def _cells(found: Selection | None) -> tuple[str, str]:
    if found is None:
        return NOTHING, NOTHING
    return with_interval(found.error_rate, "percent"), percent(found.coverage.value)

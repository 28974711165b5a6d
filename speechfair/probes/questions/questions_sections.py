"""What a person reads of a question set's result: the same findings and tables for the terminal and for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.auditing.audit_table import axis_title
from speechfair.messages.translation import ENGLISH, Translated, Translator
from speechfair.probes.sections import Finding, Section, outcome_words
from speechfair.wording import NOTHING, count, given_percent, p_value, percent, printable, with_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from speechfair.probes.questions.questions_results import GroupShare, Part, QuestionsResult

__all__ = ["questions_findings", "questions_sections"]

_SHOWN = 20
WHAT = {
    "answer": "right answers",
    "refusal": "refusals of what should be refused",
    "reply": "replies that answer",
}
HEADERS = (
    "group",
    "voices",
    "items",
    "questions",
    "audio %",
    "text %",
    "gap (points)",
    "against reference",
    "verdict",
)


def questions_findings(result: QuestionsResult, tell: Translator = ENGLISH) -> list[Finding]:
    """One sentence for each part and axis; `tell` names the groups."""
    found = []
    for part in result.parts:
        what = WHAT[part.expects]
        if not part.axes:
            value = with_interval(part.overall.audio, "percent")
            found.append(Finding("unclear", f"{what[0].upper()}{what[1:]}: {value} %. No group to compare."))
        for axis in part.axes:
            name = axis_title(axis.axis)
            compared = [group for group in axis.groups if not group.is_reference]
            apart = [group for group in compared if group.verdict in ("lower", "higher")]
            open_ones = [group for group in compared if group.verdict == "undetermined"]
            reference = tell.group(axis.axis, axis.reference or NOTHING)
            against = f"By {name}, against {reference}, share of {what}"
            if not compared:
                why = printable(axis.reference_reason)
                found.append(Finding("unclear", f"By {name}: no group to compare; {why}."))
            elif apart:
                words = "; ".join(
                    f"{tell.group(axis.axis, g.value)} {g.verdict}, {printable(g.reason)}" for g in apart
                )
                found.append(Finding("difference", f"{against}: {words}."))
            elif open_ones:
                words = f"{len(open_ones)} of {count(len(compared), 'group')} undetermined"
                found.append(Finding("unclear", f"{against}: no difference is shown, {words}."))
            else:
                found.append(
                    Finding(
                        "nothing",
                        f"{against}: all groups within {given_percent(result.margin, sign=False)} points.",
                    )
                )
    return found


def questions_sections(result: QuestionsResult, tell: Translator = ENGLISH) -> list[Section]:
    """A table for each part and axis, one of the kinds of question, and the rows that were not asked.

    `tell` names the groups.
    """
    sections = []
    for part in result.parts:
        what = WHAT[part.expects]
        counted = [f"audio: {outcome_words(part.audio)}"]
        if part.text.n_asked:
            counted.append(f"text: {outcome_words(part.text)}")
        sections.append(_table(f"All recordings, {what}", [part.overall], counted, tell))
        for axis in part.axes:
            reference = tell.group(axis.axis, axis.reference) if axis.reference else "none"
            note = f"Reference: {reference}, {printable(axis.reference_reason)}."
            sections.append(_table(f"By {axis_title(axis.axis)}, {what}", axis.groups, (note,), tell))
        sections.append(_kinds(part))
    if result.excluded:
        rows = tuple(
            (printable(row.row), printable(row.where), printable(row.reason))
            for row in result.excluded[:_SHOWN]
        )
        more = len(result.excluded) - len(rows)
        notes = (f"{more} more in questions.json",) if more else ()
        lede = f"{result.n_rows} rows = {result.n_questions} asked + {len(result.excluded)} excluded."
        sections.append(Section("Rows that were not asked", lede, ("row", "where", "why"), rows, notes))
    return sections


def _table(title: str, groups: Sequence[GroupShare], notes: Sequence[str], tell: Translator) -> Section:
    rows = []
    said = list(notes)
    for group in groups:
        name = tell.group(group.axis, group.value)
        rows.append(
            (
                name + (" (ref.)" if group.is_reference else ""),
                str(group.n_voices),
                str(group.n_items),
                str(group.n_questions),
                with_interval(group.audio, "percent"),
                percent(group.text.value),
                with_interval(group.modality_gap, "percent"),
                _compared(group),
                NOTHING if group.verdict == "reference" else group.verdict,
            )
        )
        reasons = {group.audio.reason, None if group.verdict != "undetermined" else group.reason} - {None}
        said += [f"{name}: {printable(reason)}" for reason in sorted(map(str, reasons))]
    lede = (
        "Share right about the audio with its interval, which speaks of other voices and other items; about the "
        "transcript; and the gap between them in points."
    )
    marked = frozenset(number for number, group in enumerate(groups) if group.is_reference)
    return Section(title, lede, HEADERS, tuple(rows), tuple(said), None, marked)


def _compared(group: GroupShare) -> str:
    if group.difference is None or group.difference.value is None:
        return NOTHING
    words = with_interval(group.difference, "points")
    return words + (f", {p_value(group.p_holm)}" if group.p_holm is not None else "")


def _kinds(part: Part) -> Section:
    rows = tuple(
        (
            Translated(printable(kind.kind)),  # a name of the set, not a word of the program
            str(kind.outcomes.n_asked),
            percent(kind.outcomes.right / kind.outcomes.n_asked),
            percent(kind.chance),
            str(kind.outcomes.refusal + kind.outcomes.unsure),
            str(kind.outcomes.format + kind.outcomes.empty + kind.outcomes.error),
        )
        for kind in part.kinds
    )
    headers = ("kind", "asked", "audio %", "chance %", "refused or unsure", "unreadable or failed")
    lede = "Share right about the audio over all groups; what is not an answer counts as not right."
    return Section(f"Kinds of question, {WHAT[part.expects]}", lede, headers, rows)

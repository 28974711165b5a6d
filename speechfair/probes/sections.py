"""What a person reads of a probe, in words and numbers: the same sections for the terminal and for the page.

It words what a result holds and computes nothing but the shares that are written as percent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from speechfair.auditing.audit_table import axis_title
from speechfair.messages.translation import ENGLISH, Translator
from speechfair.metrics.error_counts import rate_name
from speechfair.result_table import Table, Tone
from speechfair.wording import (
    NOTHING,
    Unit,
    p_value,
    percent,
    printable,
    with_interval,
    worded,
)

if TYPE_CHECKING:
    from speechfair.probes.response.response_results import AxisResponse, GroupMeasure, ResponseResult
    from speechfair.probes.results import Outcomes
    from speechfair.probes.strength.probe_strength import StrengthResult

__all__ = [
    "LANGUAGES",
    "Finding",
    "Section",
    "outcome_words",
    "response_findings",
    "response_sections",
    "strength_findings",
    "strength_sections",
]


MOST_WORDS_SHOWN = 12
LANGUAGES = "first_language"
"""The axis of a strength probe."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence that says what was found: ``difference``, ``unclear`` or ``nothing``."""

    verdict: Literal["difference", "unclear", "nothing"]
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table.

    Parameters
    ----------
    headers : of the columns; the first holds the row's name.
    rows : cells in words; as many as `headers`.
    notes : lines under the table.
    chart : name of a chart that `speechfair.reporting.probe_figures` draws for it, or None.
    """

    title: str
    lede: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    chart: str | None = None
    marked: frozenset[int] = field(default_factory=frozenset)
    """Rows of a reference group."""

    @property
    def table(self) -> Table:
        """The section without its lede and chart."""
        tones: list[Tone] = ["reference" if n in self.marked else "" for n in range(len(self.rows))]
        return Table.of_texts(self.title, self.headers, self.rows, self.notes, tones)


def outcome_words(outcomes: Outcomes) -> str:
    """``n asked = n right + n wrong + …``, without the kinds that did not occur."""
    names = {"unsure": "do not know", "format": "unreadable", "error": "failed"}
    parts = [
        f"{count} {names.get(kind, kind)}"
        for kind, count in outcomes.model_dump().items()
        if count or kind in ("right", "wrong")
    ]
    return f"{outcomes.n_asked} questions = " + " + ".join(parts)


def strength_findings(result: StrengthResult, tell: Translator = ENGLISH) -> list[Finding]:
    """One sentence for each first language, which `tell` names."""
    found = []
    rate = rate_name(result.tokens)
    for one in result.languages:
        name = tell.group(LANGUAGES, one.first_language)
        rise = f"{with_interval(one.slope, 'percent')} points of {rate} from strength 0 to 1"
        if one.doubling.value is not None:
            double = f"error doubles at strength {with_interval(one.doubling, 'ratio')}"
        else:
            double = printable(one.doubling.reason or "")
        if one.verdict == "undetermined":
            found.append(
                Finding("unclear", f"{name}: {rise}; whether the error rises is undetermined. {double}.")
            )
        else:
            found.append(Finding("difference", f"{name}: error {one.verdict}, {rise}; {double}."))
    return found


def strength_sections(result: StrengthResult, tell: Translator = ENGLISH) -> list[Section]:
    """One table: a row for each first language, which `tell` names, and strength."""
    rate = rate_name(result.tokens)
    rows: list[tuple[str, ...]] = []
    notes = [
        f"{result.n_in} in = {result.n_scored} scored + {result.n_failed} failed + {result.n_excluded} excluded"
    ]
    for one in result.languages:
        name = tell.group(LANGUAGES, one.first_language)
        for number, dose in enumerate(one.doses):
            ratio = dose.ratio
            rows.append(
                (
                    name if number == 0 else "",
                    f"{dose.strength:g}",
                    with_interval(dose.rate, "percent"),
                    NOTHING if ratio is None else with_interval(ratio, "ratio"),
                )
            )
        p = "" if one.p_holm is None else f", {p_value(one.p_holm)} (Holm)"
        notes.append(f"{name}: slope {with_interval(one.slope, 'percent')} points{p}")
        double = one.doubling
        words = with_interval(double, "ratio") if double.value is not None else NOTHING
        reason = f" ({printable(double.reason)})" if double.reason else ""
        notes.append(f"{name}: error doubles at strength {words}{reason}")
    lede = f"{rate} at each strength with its interval, and as a multiple of that at strength 0."
    headers = ("first language", "strength", f"{rate} %", "times strength 0")
    return [Section("Dose and response", lede, headers, tuple(rows), tuple(notes), "dose")]


def response_findings(result: ResponseResult, tell: Translator = ENGLISH) -> list[Finding]:
    """One sentence for each axis: which measures differ from the reference group; `tell` names the groups."""
    found = []
    for axis in result.axes:
        clear = [
            f"{measure.what}: {tell.group(axis.axis, group.group)} {group.verdict}, {_in_unit(measure.measure, group)}"
            for measure in axis.measures
            for group in measure.groups
            if group.verdict in ("higher", "lower")
        ]
        name = axis_title(axis.axis)
        if clear:
            reference = tell.group(axis.axis, axis.reference or "")
            found.append(Finding("difference", f"By {name}, against {reference}: {'; '.join(clear)}."))
        else:
            found.append(
                Finding("unclear", f"By {name}: no measure is shown to differ from the reference group.")
            )
    return found


def response_sections(result: ResponseResult, tell: Translator = ENGLISH) -> list[Section]:
    """A table for each axis, whose groups `tell` names, and the accuracy of what classified."""
    sections = []
    for axis in result.axes:
        rows: list[tuple[str, ...]] = []
        notes = []
        marked = set()
        for measure in axis.measures:
            if measure.reason is not None:
                notes.append(f"{measure.what}: no figures, {printable(measure.reason)}")
            for number, group in enumerate(measure.groups):
                if group.is_reference:
                    marked.add(len(rows))
                unit: Unit = "number" if measure.measure == "length" else "percent"
                rows.append(
                    (
                        f"{measure.what}" if number == 0 else "",
                        tell.group(axis.axis, group.group) + (" (ref.)" if group.is_reference else ""),
                        str(group.n_replies),
                        with_interval(group.value, unit),
                        worded(group.text, unit),
                        _compared(measure.measure, group),
                        NOTHING if group.is_reference else group.verdict,
                    )
                )
        lede = (
            "Shares in percent, differences in points; length in words per reply, compared as a ratio. text: the same "
            "requests as text."
        )
        headers = ("what", "group", "requests", "value", "text", "against reference", "verdict")
        title = f"By {axis_title(axis.axis)}"
        notes += _words(axis, tell)
        sections.append(Section(title, lede, headers, tuple(rows), tuple(notes), None, frozenset(marked)))
    accuracy = tuple(
        (
            tell.said(one.measure),
            f"{one.n_right} of {one.n_cases}",
            percent(one.n_right / one.n_cases) + _limits(one.low, one.high),
            "yes" if one.used else "NO",
        )
        for one in result.accuracies
    )
    lede = (
        f"Replies whose truth is known; below {percent(result.least_accuracy)} % a measure is not reported."
    )
    sections.append(
        Section("Who classified, and how well", lede, ("measure", "right", "%", "used"), accuracy)
    )
    return sections


def _words(axis: AxisResponse, tell: Translator) -> tuple[str, ...]:
    """Which words differ by group."""
    found = [
        f"“{printable(one.word)}” in {tell.group(axis.axis, one.group)}, points "
        f"{with_interval(one.difference, 'points')}"
        for one in axis.words[:MOST_WORDS_SHOWN]
    ]
    more = len(axis.words) - len(found)
    listed = "; ".join(found) + (f"; and {more} more" if more > 0 else "") if found else "none differs"
    return (f"word choice, {axis.n_words_tested} words tested: {listed}",) if axis.n_words_tested else ()


def _limits(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" [{percent(low)}, {percent(high)}]"


def _in_unit(measure: str, group: GroupMeasure) -> str:
    return f"{_compared(measure, group)}" if measure == "length" else f"in points {_compared(measure, group)}"


def _compared(measure: str, group: GroupMeasure) -> str:
    if group.difference is None:
        return NOTHING
    cell = with_interval(group.difference, "ratio" if measure == "length" else "points")
    cell = f"{cell}×" if measure == "length" and cell != NOTHING else cell
    return cell + (f", {p_value(group.p_holm)}" if group.p_holm is not None else "")

"""The page of ``speechfair confidence``: it words and draws what the `ConfidenceReport` holds, as probes' pages do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.messages.group_names import with_names
from speechfair.messages.translation import ENGLISH, Language, Translated, Translator
from speechfair.probes.sections import Finding, Section
from speechfair.reporting.confidence_figures import (
    rejection_chart,
    reliability_chart,
    short_names,
    threshold_chart,
)
from speechfair.reporting.probe_html import write_page
from speechfair.wording import NOTHING, given_percent, interval, percent, points, with_interval

if TYPE_CHECKING:
    from speechfair.exploring.confidence import ConfidenceReport, GroupConfidence, Selection

__all__ = ["confidence_findings", "confidence_sections", "write_confidence"]

_SHOWN = (1.0, 0.9, 0.8, 0.7, 0.5)
"""Shares of the words at which the table gives the error; the chart has all."""


def write_confidence(found: ConfidenceReport, path: Path, language: Language = "en") -> Path:
    """Write the page of `found` in a language to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    tell, charts = Translator(language), {}
    for number, groups in enumerate(_by_axis(found)):
        charts[f"reliability-{number}"] = reliability_chart(groups, found.tokens, tell)
        charts[f"rejection-{number}"] = rejection_chart(groups, found.target_error, found.tokens, tell)
        charts[f"thresholds-{number}"] = threshold_chart(groups, found.target_error, tell)
    facts = [
        ("Wanted error", tell.said("{share} % among what is accepted", share=percent(found.target_error))),
        ("Audit, SHA-256", found.audit_sha256),
        ("Seed", tell.said("{seed}, of the bootstrap and of the five folds", seed=found.seed)),
    ]
    findings, sections = confidence_findings(found, tell), confidence_sections(found, tell)
    pairs = [(group.axis, group.value) for group in found.groups]
    named = found.model_copy(update={"notes": [with_names(note, pairs, tell) for note in found.notes]})
    return write_page(path, "confidence", named, findings, sections, charts, facts, language)


def confidence_findings(found: ConfidenceReport, tell: Translator = ENGLISH) -> list[Finding]:
    """Who claims too much, what one threshold for all does, and what own thresholds cost, for each axis."""
    findings = []
    for groups in _by_axis(found):
        inner = [group for group in groups if group.axis != "overall"] or groups
        axis = inner[0].axis
        by = tell("Over all speakers") if inner is groups else tell("By {axis}", axis=tell.axis(axis))
        findings += [_claims(by, inner, tell), _usual(by, inner, found, tell), _own(by, inner, found, tell)]
    return findings


def confidence_sections(found: ConfidenceReport, tell: Translator = ENGLISH) -> list[Section]:
    """For each axis: claimed and right, rejection, thresholds."""
    sections = []
    for number, groups in enumerate(_by_axis(found)):
        axis = groups[-1].axis
        by = None if axis == "overall" else tell.axis(axis)
        sections += [
            _reliability_section(groups, by, number, tell),
            _rejection_section(groups, by, number, found, tell),
            _threshold_section(groups, by, number, found, tell),
        ]
    return sections


def _by_axis(found: ConfidenceReport) -> list[list[GroupConfidence]]:
    """All speakers and the groups of an axis, for each axis; all speakers alone where there is none."""
    axes = list(dict.fromkeys(group.axis for group in found.groups))
    return [[found.overall, *(g for g in found.groups if g.axis == axis)] for axis in axes] or [
        [found.overall]
    ]


def _name(group: GroupConfidence, tell: Translator) -> str:
    return tell("all speakers") if group.axis == "overall" else tell.group(group.axis, group.value)


def _claims(by: str, groups: Sequence[GroupConfidence], tell: Translator) -> Finding:
    parts = []
    clear = False
    for group in groups:
        found = group.overconfidence
        name, limits = _name(group, tell), interval(found, "points")
        if found.value is None or found.low is None or found.high is None:
            why = tell(found.reason or "no interval")
            parts.append(tell("{group} is not known ({why})", group=name, why=why))
            continue
        if found.low <= 0.0 <= found.high:
            words = "{group} is not shown to claim too much or too little ({value} {limits})"
        else:
            words = f"{{group}} claims too {'much' if found.value > 0 else 'little'} ({{value}} {{limits}})"
            clear = True
        parts.append(tell(words, group=name, value=points(found.value), limits=limits))
    words = "{by}, confidence less the share of words right, in points: {parts}."
    said = tell.said(words, by=by, parts="; ".join(parts))
    return Finding("difference" if clear else "unclear", said)


def _usual(by: str, groups: Sequence[GroupConfidence], found: ConfidenceReport, tell: Translator) -> Finding:
    target = f"{percent(found.target_error)} %"
    if found.usual_threshold is None:
        words = "{by}: no threshold brings the error of all speakers together to {target}."
        return Finding("unclear", tell.said(words, by=by, target=target))
    cells = "; ".join(
        tell(
            "{group} {rate} % of errors among the {share} % accepted",
            group=_name(g, tell),
            rate=tell(with_interval(g.usual.error_rate, "percent")),
            share=percent(g.usual.coverage.value),
        )
        for g in groups
        if g.usual is not None
    )
    rates = [g.usual.error_rate for g in groups if g.usual is not None]
    above = any(rate.low is not None and rate.low > found.target_error for rate in rates)
    below = any(rate.high is not None and rate.high < found.target_error for rate in rates)
    words = tell(
        "{by}: one threshold for all, {threshold}, at which all together have {target}, leaves {cells}.",
        by=by,
        threshold=f"{found.usual_threshold:.3f}",
        target=target,
        cells=cells,
    )
    if above or below:
        return Finding("difference", _joined(words, tell("It does not treat the groups alike."), tell))
    unshown = tell("That a group's error is not {target} is not shown.", target=target)
    return Finding("unclear", _joined(words, unshown, tell))


def _own(by: str, groups: Sequence[GroupConfidence], found: ConfidenceReport, tell: Translator) -> Finding:
    have = [(g, g.own) for g in groups if g.own is not None]
    without = ", ".join(_name(g, tell) for g in groups if g.own is None)
    parts = [
        tell(
            "{group} {threshold}, {rate} % of errors among the {share} % accepted",
            group=_name(g, tell),
            threshold=f"{own.threshold:.3f}",
            rate=tell(with_interval(own.error_rate, "percent")),
            share=percent(own.coverage.value),
        )
        for g, own in have
    ]
    if without:
        parts.append(tell("none was found for {groups}", groups=without))
    broken = [
        g for g, own in have if own.error_rate.low is not None and own.error_rate.low > found.target_error
    ]
    words = tell(
        "{by}: own thresholds for {target}, on speakers they were not chosen on: {parts}.",
        by=by,
        target=f"{percent(found.target_error)} %",
        parts="; ".join(parts),
    )
    if broken:
        names = ", ".join(_name(g, tell) for g in broken)
        return Finding("difference", _joined(words, tell("{groups} exceeds the target.", groups=names), tell))
    if not have:
        unknown = tell("So nothing is known about what a threshold of its own would give.")
        return Finding("unclear", _joined(words, unknown, tell))
    unshown = tell("No group is shown to exceed the target; the intervals say how sure that is.")
    return Finding("unclear", _joined(words, unshown, tell))


def _joined(one: str, other: str, tell: Translator) -> Translated:
    """Two sentences, which Japanese writes without a blank between them."""
    return Translated(f"{one}{' ' if tell.language == 'en' else ''}{other}")


def _reliability_section(
    groups: Sequence[GroupConfidence], by: str | None, number: int, tell: Translator
) -> Section:
    rows = tuple(
        (
            label,
            tell("{n} of {all}", n=group.n_utterances - group.n_without, all=group.n_utterances),
            str(group.overconfidence.n_speakers),
            with_interval(group.error_rate, "percent"),
            with_interval(group.overconfidence, "percent"),
            with_interval(group.calibration_error, "percent"),
        )
        for label, group in zip(short_names(groups, tell), groups, strict=True)
    )
    lede = (
        "A confidence is read as the share of an utterance's words that are right. Claims too much: mean confidence "
        "less the share that was right, in points. Calibration error: the mean distance of the dots from the dashed "
        "line; it is above 0 by chance alone, and more so in small groups."
    )
    notes = [
        tell.said(
            "{group}: claims too much, no interval: {why}", group=label, why=tell(group.overconfidence.reason)
        )
        for label, group in zip(short_names(groups, tell), groups, strict=True)
        if group.overconfidence.reason
    ]
    notes.append(
        tell.said("The dots have no interval of their own; a bin of few words may lie far off by chance.")
    )
    headers = ("group", "utterances with one", "spk", "errors %", "claims too much by", "calibration error")
    title = _title("Claimed and right", by, tell)
    return Section(
        title, tell.said(lede), _translated(headers, tell), _translated_rows(rows, tell), tuple(notes),
        f"reliability-{number}", frozenset({0}),
    )  # fmt: skip


def _rejection_section(
    groups: Sequence[GroupConfidence], by: str | None, number: int, found: ConfidenceReport, tell: Translator
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
        for label, group in zip(short_names(groups, tell), groups, strict=True)
    )
    lede = tell.said(
        "The utterances a group is surest of, down to half of its {tokens}, and the error rate among them, in "
        "percent. A line that falls says that confidence tells right from wrong; a flat one says that it does not.",
        tokens=tell(found.tokens),
    )
    headers = (
        Translated(tell("group")),
        *(
            tell.said("all {share}" if share == 1.0 else "surest {share}", share=given_percent(share))
            for share in shares
        ),
    )
    notes = [tell.said("Each group is sorted by its own confidence; no threshold is shared here.")]
    if any(group.n_without for group in groups):
        words = "Utterances without a confidence are never accepted; {dash} where they hold more than is rejected."
        notes.append(tell.said(words, dash=NOTHING))
    title = _title("Rejecting the unsure", by, tell)
    return Section(
        title,
        lede,
        headers,
        _translated_rows(rows, tell),
        tuple(notes),
        f"rejection-{number}",
        frozenset({0}),
    )


def _threshold_section(
    groups: Sequence[GroupConfidence], by: str | None, number: int, found: ConfidenceReport, tell: Translator
) -> Section:
    rows = tuple(
        (
            label,
            *_cells(group.usual),
            tell("none found") if group.own is None else f"{group.own.threshold:.3f}",
            *_cells(group.own),
            *_cells(group.common),
        )
        for label, group in zip(short_names(groups, tell), groups, strict=True)
    )
    lede = tell.said(
        "What is accepted, in percent of the {tokens}, and the error among it. One for all: {usual}, at which "
        "all speakers together have the wanted {target} %. Own: the group's threshold for the same error. Strict: "
        "{common}, the least one threshold at which no group of any axis exceeds it.",
        tokens=tell(found.tokens),
        usual=NOTHING if found.usual_threshold is None else f"{found.usual_threshold:.3f}",
        target=percent(found.target_error),
        common=NOTHING if found.common_threshold is None else f"{found.common_threshold:.3f}",
    )
    headers = (
        "group", "one for all: errors %", "one for all: accepts %", "own threshold", "own: errors %",
        "own: accepts %", "strict: errors %", "strict: accepts %",
    )  # fmt: skip
    notes = (
        "Own: on speakers that the threshold was not chosen on (five folds). One for all and strict: on the speakers "
        "they were chosen on, which flatters them a little.",
        "Not known from this: whether the thresholds hold on other speech, noise or speakers, or for an utterance that "
        "is half right; and whether the group is known, and may lawfully be used, at run time.",
    )
    return Section(
        _title("Thresholds", by, tell), lede, _translated(headers, tell), _translated_rows(rows, tell),
        _translated(notes, tell), f"thresholds-{number}", frozenset({0}),
    )  # fmt: skip


def _title(what: str, by: str | None, tell: Translator) -> Translated:
    return tell.said(what) if by is None else tell.said("{what}, by {axis}", what=tell(what), axis=by)


def _translated(texts: Sequence[str], tell: Translator) -> tuple[Translated, ...]:
    return tuple(map(tell.said, texts))


def _translated_rows(rows: Sequence[Sequence[str]], tell: Translator) -> tuple[tuple[str, ...], ...]:
    """The rows, the names of the groups in them as they are."""
    return tuple((Translated(name), *(tell.said(cell) for cell in cells)) for name, *cells in rows)


def _cells(found: Selection | None) -> tuple[str, str]:
    if found is None:
        return NOTHING, NOTHING
    return with_interval(found.error_rate, "percent"), percent(found.coverage.value)

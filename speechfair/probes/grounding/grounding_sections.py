"""What a person reads of a grounding probe, in words and numbers; see `speechfair.probes.sections`."""

from __future__ import annotations

from collections.abc import Sequence

from speechfair.auditing.audit_table import axis_title
from speechfair.messages.translation import ENGLISH, Translator
from speechfair.probes.grounding.kind_contrasts import NO_ANSWER
from speechfair.probes.results import AxisGrounding, GroundingResult, GroupGrounding, LevelShare
from speechfair.probes.sections import Finding, Section, outcome_words
from speechfair.wording import NOTHING, given_percent, p_value, percent, printable, with_interval

__all__ = ["grounding_findings", "grounding_sections"]


def grounding_findings(result: GroundingResult, tell: Translator = ENGLISH) -> list[Finding]:
    """One sentence for each axis: who falls behind where; `tell` names the groups."""
    found = []
    for axis in result.axes:
        compared = [group for group in axis.groups if group.diagnosis.verdict != "reference"]
        behind = [group for group in compared if group.diagnosis.verdict == "behind"]
        unsettled = [group for group in compared if group.diagnosis.verdict == "undetermined"]
        name = axis_title(axis.axis)
        if not compared:
            found.append(
                Finding("unclear", f"By {name}: no group to compare; {printable(axis.reference_reason)}.")
            )
        elif behind:
            words = "; ".join(f"{tell.group(axis.axis, g.value)} {g.diagnosis.reason}" for g in behind)
            found.append(
                Finding(
                    "difference",
                    f"By {name}, against {tell.group(axis.axis, axis.reference or '')}: {words}.",
                )
            )
        elif unsettled:
            words = f"{len(unsettled)} of {len(compared)} groups are undetermined"
            found.append(Finding("unclear", f"By {name}: no group is clearly behind, but {words}."))
        else:
            words = f"at most {given_percent(result.margin, sign=False)} points behind at every level"
            found.append(Finding("nothing", f"By {name}: every group is even, {words}."))
        found += _contrast_findings(axis, tell)
    return [*_heard_findings(result), *found]


def _heard_findings(result: GroundingResult) -> list[Finding]:
    """How much of the sound is heard at all."""
    if not result.heard:
        return []
    of = {verdict: [one.kind for one in result.heard if one.verdict == verdict] for verdict in _HEARD}
    n, deaf, unclear = len(result.heard), of["not heard"], of["undetermined"]
    if len(deaf) == n:
        return [Finding("difference", f"None of the {n} kinds of sound is heard beyond the words.")]
    words = f"Heard beyond the words: {len(of['heard'])} of {n} kinds of sound."
    if deaf:
        words += f" Not heard: {_listed(deaf)}."
    if unclear:
        words += f" Undetermined: {_listed(unclear)}."
    return [Finding("difference" if deaf else "unclear" if unclear else "nothing", words)]


_HEARD = ("heard", "not heard", "undetermined")
_FEW = 4


def _listed(kinds: Sequence[str]) -> str:
    return ", ".join(kinds) if len(kinds) <= _FEW else f"{len(kinds)} kinds"


def _contrast_findings(axis: AxisGrounding, tell: Translator) -> list[Finding]:
    """Which kind of question it is, and whether the group is answered less."""
    return [
        Finding(
            "difference",
            f"By {axis_title(axis.axis)}, {tell.group(axis.axis, one.group)} {_meaning(one.kind, one.verdict)}, in "
            f"points {with_interval(one.difference, 'points')}.",
        )
        for one in axis.kinds
        if one.verdict != "undetermined" and (one.kind, one.verdict) != (NO_ANSWER, "lower")
    ]


def _meaning(kind: str, verdict: str) -> str:
    if kind == NO_ANSWER:
        return "gets no answer more often"
    if (kind, verdict) == ("unstated", "lower"):
        return "is said to come from a country that nobody named: an origin is inferred"
    return f"is {verdict} in `{kind}`"


def grounding_sections(result: GroundingResult, tell: Translator = ENGLISH) -> list[Section]:
    """Each axis with its groups, then the kinds of question and silence; `tell` names the groups."""
    lower = result.items == "sound"
    sections = [_heard_section(result)] if result.heard else []
    for number, axis in enumerate(result.axes):
        sections += [_axis_section(axis, number, lower, tell), _contrast_section(axis, tell)]
    if not result.axes:
        sections.append(
            _table("All speech", "Groups are compared with --group-by.", [result.overall], "overall", tell)
        )
    rows = tuple(
        (
            f"L{kind.level} {kind.kind}",
            str(kind.outcomes.n_asked),
            percent(kind.outcomes.right / kind.outcomes.n_asked),
            percent(kind.text_right / kind.outcomes.n_asked),
            percent(kind.chance),
            str(kind.outcomes.refusal + kind.outcomes.unsure),
            str(kind.outcomes.format + kind.outcomes.empty + kind.outcomes.error),
        )
        for kind in result.kinds
    )
    headers = ("kind", "asked", "audio %", "text %", "chance %", "refused or unsure", "unreadable or failed")
    notes = [f"audio: {outcome_words(result.audio)}", f"text: {outcome_words(result.text)}"]
    if result.silence is not None:
        cell = with_interval(result.silence.share, "percent")
        notes.append(f"silence: {cell} % right; {outcome_words(result.silence.outcomes)}")
    lede = "Share of right answers by kind of question, over all groups; what is not an answer counts as not right."
    sections.append(Section("Kinds of question", lede, headers, rows, tuple(notes)))
    return sections


def _heard_section(result: GroundingResult) -> Section:
    rows = tuple(
        (
            f"L{one.level} {one.kind}",
            percent(one.bound),
            with_interval(one.gain, "points"),
            NOTHING if one.p_holm is None else p_value(one.p_holm),
            {"heard": "is heard", "not heard": "is not heard"}.get(one.verdict, one.verdict),
        )
        for one in result.heard
    )
    lede = (
        "Lower bound: the best that the words, the answer that is right most often, or blind choice reach. Gain: share "
        "right about the audio, less that bound, in points. All groups together."
    )
    headers = ("kind", "lower bound %", "gain (points)", "p (Holm)", "verdict")
    reasons = tuple(f"{one.kind}: {printable(one.gain.reason)}" for one in result.heard if one.gain.reason)
    return Section("Is the sound heard at all?", lede, headers, rows, reasons)


def _contrast_section(axis: AxisGrounding, tell: Translator) -> Section:
    rows = tuple(
        (
            tell.group(axis.axis, one.group),
            one.kind,
            with_interval(one.difference, "points"),
            NOTHING if one.p_holm is None else p_value(one.p_holm),
            one.verdict,
        )
        for one in axis.kinds
    )
    lede = (
        f"Share right among the replies that answer, less the reference group's, in points; `{NO_ANSWER}` is the share "
        "of all others. Kinds asked about fewer than eight scenes have no interval."
    )
    headers = ("group", "kind", "difference (points)", "p (Holm)", "verdict")
    return Section(f"By {axis_title(axis.axis)}, kind by kind", lede, headers, rows)


def _axis_section(axis: AxisGrounding, number: int, lower: bool, tell: Translator) -> Section:
    known = axis.reference is not None
    reference = f"Reference: {tell.group(axis.axis, axis.reference or '')}, " if known else "No reference: "
    bound = "lower" if lower else "upper"
    lede = (
        f"{reference}{printable(axis.reference_reason)}. Each level: % right about the audio with its interval; given "
        f"the level below; about the transcript (the {bound} bound); and the gap between them in points."
    )
    return _table(f"By {axis_title(axis.axis)}", lede, axis.groups, f"axis-{number}", tell)


def _table(title: str, lede: str, groups: Sequence[GroupGrounding], chart: str, tell: Translator) -> Section:
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    marked = set()
    for group in groups:
        name = tell.group(group.axis, group.value)
        mark = " (ref.)" if group.is_reference and group.axis != "overall" else ""
        for number, level in enumerate(group.levels):
            if group.is_reference:
                marked.add(len(rows))
            first = number == 0
            rows.append(
                (
                    name + mark if first else "",
                    str(group.n_speakers) if first else "",
                    f"L{level.level} {level.name}",
                    with_interval(level.audio, "percent"),
                    with_interval(level.given_below, "percent"),
                    percent(level.text.value),
                    with_interval(level.modality_gap, "percent"),
                    _state(level),
                )
            )
        if group.diagnosis.verdict != "reference":
            word = {"behind": "BEHIND", "even": "even", "undetermined": "undetermined"}[
                group.diagnosis.verdict
            ]
            notes.append(f"{name}: {word}, {printable(group.diagnosis.reason)}")
        reasons = {level.audio.reason for level in group.levels} - {None}
        notes += [f"{name}: {printable(str(reason))}" for reason in sorted(map(str, reasons))]
    headers = (
        "group",
        "spk",
        "level",
        "audio %",
        "given below %",
        "text %",
        "gap (points)",
        "against reference",
    )
    return Section(title, lede, headers, tuple(rows), tuple(notes), chart, frozenset(marked))


def _state(level: LevelShare) -> str:
    if level.state == "reference":
        return NOTHING
    if level.deficit is None or level.deficit.value is None:
        return "undetermined"
    words = f"{level.state}, {-100 * level.deficit.value:+z.1f}"
    return words + (f", {p_value(level.p_holm)}" if level.p_holm is not None else "")

"""What must be said next to an audit's numbers, in sentences: failures, exclusions, few speakers, runaways, silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from speechfair.auditing.result import Group, Silence, Totals
from speechfair.types import UNKNOWN
from speechfair.wording import counted

if TYPE_CHECKING:
    from speechfair.running.scoring import EmptyReferences

__all__ = ["axis_notes", "former_wording", "notes_of"]

_RUNAWAY_WARNING = 0.1


def notes_of(
    overall: Group, totals: Totals, silence: Sequence[Silence] | None, empty: EmptyReferences
) -> list[str]:
    """Notes on a whole audit."""
    return [*_notes(overall, totals), *_silence_notes(silence, empty)]


def axis_notes(groups: Sequence[Group], left_out: int) -> list[str]:
    """Notes on one axis."""
    notes = []
    n_all = sum(g.n_utterances for g in groups)
    unknown = sum(g.n_utterances for g in groups if UNKNOWN in g.value.split("+"))
    if unknown:
        notes.append(f"{unknown} of {n_all} utterances are unlabelled; they form the group 'unknown'")
    single = [g.value for g in groups if g.n_speakers == 1]
    if single:
        notes.append(
            f"one speaker only in: {', '.join(single)}; a difference there may be that person's and not the group's"
        )
    if any("inferred" in g.sources for g in groups):
        notes.append("some labels on this axis are inferred and not reported; no gate may rest on them alone")
    if left_out:
        rest = "without an interval or label"
        notes.append(
            counted(left_out, "group", f"{rest} is not part of the gap", f"{rest} are not part of the gap")
        )
    for group in groups:
        if group.n_runaway and (group.runaway_error_share or 0.0) >= _RUNAWAY_WARNING:
            share, rate = f"{group.runaway_error_share:.0%}", _percent(group.rate_without_runaways.value)
            made = counted(
                group.n_runaway,
                "runaway hypothesis",
                f"makes {share} of the errors; without it its rate is {rate}",
                f"make {share} of the errors; without them its rate is {rate}",
            )
            notes.append(f"{group.value}: {made}")
    return notes


def _notes(overall: Group, totals: Totals) -> list[str]:
    notes = []
    if totals.scored == 0:
        notes.append("nothing was scored: no number here says anything about the model")
    if overall.n_redone:
        rest = "thrown away and decoded again"
        notes.append(counted(overall.n_redone, "runaway first decode", f"was {rest}", f"were {rest}"))
    if totals.failed:
        rest = "as all words deleted"
        notes.append(
            counted(totals.failed, "utterance", f"failed and counts {rest}", f"failed and count {rest}")
        )
    if overall.answers is not None:
        counts = ", ".join(f"{n} {kind}" for kind, n in overall.answers.items())
        notes.append(f"answers by wording: {counts}; what is no transcript counts as words all the same")
    if totals.excluded:
        notes.append(
            counted(
                totals.excluded,
                "row",
                "was excluded; the reason is listed",
                "were excluded; the reasons are listed",
            )
        )
    return notes


def _silence_notes(silence: Sequence[Silence] | None, empty: EmptyReferences) -> list[str]:
    notes = []
    if silence is not None:
        overall = silence[0]
        notes.append(
            counted(
                overall.n_utterances,
                "utterance",
                "has an empty reference; words were recognised in "
                f"{overall.n_with_words} of it ({overall.words} in all), a measure of its own by group",
                "have an empty reference; words were recognised in "
                f"{overall.n_with_words} of them ({overall.words} in all), a measure of its own by group",
            )
        )
    if empty == "errors":
        notes.append(
            "what was recognised where the reference is empty counts as errors, with no reference word"
        )
    if empty == "errors-and-words":
        notes.append(
            "what was recognised where the reference is empty counts as errors and as reference words"
        )
    return notes


def _percent(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:z.1f} %"


_FORMER = (
    (r"(?<!\d)1 utterance failed and counts as", "1 utterances failed and count as"),
    (r"(?<!\d)1 runaway first decode was", "1 runaway first decodes were"),
    (r"(?<!\d)1 row was excluded; the reason is", "1 rows were excluded; the reasons are"),
    (
        r"(?<!\d)1 runaway hypothesis makes (.*) without it its",
        r"1 runaway hypotheses make \1 without them its",
    ),
    (
        r"(?<!\d)1 utterance has an empty reference(.*) of it \(",
        r"1 utterances have an empty reference\1 of them (",
    ),
    (r"(?<!\d)1 utterance is of audio", "1 utterances are of audio"),
    (
        r"(\d) groups? without an interval or label (is|are) not",
        r"\1 group(s) without an interval or label are not",
    ),
)


def former_wording(note: str) -> str:
    """`note` as earlier versions recorded it, whose nouns and verbs did not agree with their number.

    >>> former_wording("1 row was excluded; the reason is listed")
    '1 rows were excluded; the reasons are listed'
    """
    for now, then in _FORMER:
        note = re.sub(now, then, note)
    return note

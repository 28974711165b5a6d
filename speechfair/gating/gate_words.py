"""A gate's result in the words of its readers: groups and axes by name, sentences in their language.

The data keep the codes that a criteria file names. Terminal, Markdown and JUnit show what `in_words` gives, so a
verdict reads the same everywhere. Where a reason asks for another code in the criteria file, its codes stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from speechfair.gating.cases import ALL_GROUPS
from speechfair.gating.gate_result import above_limit
from speechfair.messages.group_names import with_names
from speechfair.messages.translation import ENGLISH, Translator
from speechfair.wording import count

if TYPE_CHECKING:
    from speechfair.gating.gate_result import Comparison, GateResult

__all__ = ["compared", "in_words", "remarks"]

_OF_THE_FILE = frozenset({"missing_axis", "missing_group", "missing_reference"})
"""Guards whose reason quotes what the criteria file says and what it could say."""


def in_words(result: GateResult, tell: Translator = ENGLISH) -> GateResult:
    """`result` as people read it; its verdicts, numbers, digests and the ids of criteria are unchanged."""
    pairs = {(group.axis, group.group) for group in result.groups}
    for one in result.comparisons:
        pairs |= {(one.axis, name) for name in (one.group, one.reference) if name is not None}

    def said(text: str, of: Iterable[tuple[str, str]]) -> str:
        return tell(with_names(text, of, tell))

    comparisons = [
        one.model_copy(
            update={
                "axis": tell.axis(one.axis),
                "group": _group(one.axis, one.group, tell),
                "reference": _group(one.axis, one.reference, tell) if one.reference is not None else None,
                "metric": tell(one.metric.replace("_", " ")),
                "reason": tell(one.reason)
                if one.guard in _OF_THE_FILE
                else said(one.reason, _own(one, pairs)),
            }
        )
        for one in result.comparisons
    ]
    requirements = [one.model_copy(update={"reason": said(one.reason, pairs)}) for one in result.requirements]
    notes = [said(note, pairs) for note in result.notes]
    return result.model_copy(
        update={"comparisons": comparisons, "requirements": requirements, "notes": notes}
    )


def compared(comparison: Comparison) -> str:
    """The group of a comparison, and the one that it is compared with."""
    against = f" / {comparison.reference}" if comparison.reference is not None else ""
    return f"{comparison.group}{against}"


def remarks(comparison: Comparison, tell: Translator = ENGLISH) -> list[str]:
    """What is said of a comparison in words: why, how many speakers would settle it, how probable an excess is."""
    said = [comparison.reason]
    if comparison.more_speakers is not None:
        more = count(comparison.more_speakers, "more speaker")
        said.append(tell(f"{more} {comparison.more_speakers_reason or ''}".rstrip()))
    if comparison.probability_above is not None:
        said.append(tell(above_limit(comparison)))
    return said


def _group(axis: str, group: str, tell: Translator) -> str:
    return tell(group) if group == ALL_GROUPS else tell.group(axis, group)


def _own(one: Comparison, pairs: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """The axis of a comparison with each group that its reason may name."""
    return [(axis, group) for axis, group in pairs if axis == one.axis]

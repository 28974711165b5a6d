"""What the first screen may say: one sentence per axis that the simultaneous intervals support.

Four kinds. ``difference``: the interval of a ratio, which holds together with those of all other groups of the axis,
excludes 1. ``alike``: all of these intervals lie within `ALIKE` of 1, which is an equivalence result. ``unclear``:
neither can be shown; the sentence says how many speakers would settle it. ``nothing``: there is nothing to compare.
Without any true difference, an axis is called a difference in at most 1 - level of audits, however many groups it has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from speechfair.auditing.audit_table import axis_names, worst_first
from speechfair.messages.translation import ENGLISH
from speechfair.metrics.error_counts import rate_title
from speechfair.metrics.speakers_to_settle import speakers_to_settle
from speechfair.types import UNKNOWN
from speechfair.wording import count, given_percent, printable, worded

if TYPE_CHECKING:
    from speechfair.auditing.result import AuditResult, Group
    from speechfair.types import Estimate

__all__ = ["ALIKE", "Finding", "Kind", "finding", "findings"]

ALIKE = 1.25
"""Groups are called alike if every ratio lies between 1 / 1.25 and 1.25 (the default limit of the shipped criteria)."""

Naming = Callable[[str, str], str]
Kind = Literal["difference", "alike", "unclear", "nothing"]
_WEIGHT: dict[str, int] = {"difference": 0, "unclear": 1, "alike": 2, "nothing": 3}
_MOST_SPEAKERS = 100_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What one axis shows, in one plain sentence, and how sure that is.

    Parameters
    ----------
    weight : how far the ratio that is named lies from 1, on the log scale; orders findings of one kind.
    group : the group that the sentence names, where it names one.
    """

    axis: str
    verdict: Kind
    text: str
    more: str = ""
    weight: float = 0.0
    group: str | None = None


def findings(result: AuditResult, named: Naming = ENGLISH.group) -> list[Finding]:
    """One finding per axis: differences first, the largest of them first; then unclear, alike, nothing.

    Parameters
    ----------
    named : the name of a group by its axis and value.
    """
    found = [finding(result, axis, named) for axis in axis_names(result)]
    return sorted(found, key=lambda one: (_WEIGHT[one.verdict], -one.weight))


def finding(result: AuditResult, axis: str, named: Naming = ENGLISH.group) -> Finding:
    """The sentence of one axis; `named` gives a group's name by its axis and value."""
    groups = worst_first(result, axis)
    reference = next((g for g in groups if g.is_reference), None)
    summary = next((a for a in result.axes if a.axis == axis), None)
    if reference is None:
        why = summary.reference_reason if summary else "no group is the reference"
        return Finding(axis, "nothing", f"Nothing to compare: {printable(why)}.")
    others = [g for g in groups if not g.is_reference and UNKNOWN not in g.value.split("+")]
    if not others:
        return Finding(
            axis, "nothing", f"Nothing to compare: {_quoted(reference, named)} is the only labelled group."
        )
    rate = rate_title(result.tokens)
    judged = [(g, r) for g in others if (r := _simultaneous(g)) is not None]
    if not judged:
        return _without_interval(axis, rate, others[0], reference, named)
    clear = [(g, r) for g, r in judged if (r.low or 0.0) > 1 or (r.high is not None and r.high < 1)]
    if not clear and len(judged) == len(others) and all(_alike(r) for _, r in judged):
        return _all_alike(axis, rate, judged, reference, named)
    # the worse-served groups come first; a group that is served better is named when none is worse
    group, ratio = max(clear or judged, key=lambda pair: ((pair[1].value or 0.0) > 1, _distance(pair[1])))
    who = _times(group, ratio, rate, reference, named)
    basis = f"{_interval(ratio)}; {group.n_speakers} and {count(reference.n_speakers, 'speaker')}"
    more = _others(clear, judged, others)
    if clear:
        return Finding(
            axis, "difference", f"Speakers labelled {who} ({basis}).", more, _distance(ratio), group.value
        )
    text = f"Cannot tell: speakers labelled {who}, but the interval includes 1 ({basis})."
    more_speakers, _ = speakers_to_settle(ratio, 1.0, group.n_speakers, linear=False)
    needed = group.n_speakers + (more_speakers or 0)
    if more_speakers is not None and needed <= _MOST_SPEAKERS:
        text += (
            f" If the ratio stayed the same, about {needed:,} speakers in this group, and the reference in proportion, "
            "would settle it."
        )
    return Finding(axis, "unclear", text, more, _distance(ratio), group.value)


def _simultaneous(group: Group) -> Estimate | None:
    """The ratio with an interval that holds together with those of the other groups; None where there is none."""
    ratio = group.ratio_simultaneous or group.ratio
    return ratio if ratio is not None and ratio.value is not None and ratio.low is not None else None


def _alike(ratio: Estimate) -> bool:
    low, high = ratio.low, ratio.high
    return low is not None and high is not None and low >= 1 / ALIKE and high <= ALIKE


def _all_alike(
    axis: str, rate: str, judged: Sequence[tuple[Group, Estimate]], reference: Group, named: Naming
) -> Finding:
    low = min(r.low or 0.0 for _, r in judged)
    high = max(r.high or math.inf for _, r in judged)
    names = _quoted(judged[0][0], named) if len(judged) == 1 else f"all {len(judged)} groups"
    text = (
        f"Alike within {given_percent(ALIKE - 1)}: the {rate} of {names} is {worded(low, 'ratio')} to "
        f"{worded(high, 'ratio')} times that of "
        f"{_quoted(reference, named)} ({given_percent(judged[0][1].level)} intervals that hold together)."
    )
    return Finding(axis, "alike", text, weight=max(_distance(r) for _, r in judged))


def _without_interval(axis: str, rate: str, group: Group, reference: Group, named: Naming) -> Finding:
    why = printable((group.ratio.reason if group.ratio else None) or "no reason is recorded")
    if group.ratio is None or group.ratio.value is None:
        return Finding(
            axis,
            "unclear",
            f"Cannot tell how {_quoted(group, named)} compares with {_quoted(reference, named)}: {why}.",
        )
    return Finding(
        axis,
        "unclear",
        f"Cannot tell: speakers labelled {_times(group, group.ratio, rate, reference, named)}, but there is no "
        f"interval ({why}).",
    )


def _times(group: Group, ratio: Estimate, rate: str, reference: Group, named: Naming) -> str:
    return (
        f"{_quoted(group, named)} had {worded(ratio.value, 'ratio')} times the {rate} of those labelled "
        f"{_quoted(reference, named)}"
    )


def _others(
    clear: Sequence[tuple[Group, Estimate]],
    judged: Sequence[tuple[Group, Estimate]],
    others: Sequence[Group],
) -> str:
    if len(others) < 2:
        return ""
    words = [
        f"{len(clear)} of {len(judged)} compared groups differ from the reference when all are compared at once."
    ]
    if len(judged) < len(others):
        words.append(f"{count(len(others) - len(judged), 'group')} could not be judged.")
    return " ".join(words)


def _interval(ratio: Estimate) -> str:
    if ratio.high is None:
        return (
            f"{given_percent(ratio.level)} interval from {worded(ratio.low, 'ratio')}, without an upper limit"
        )
    return (
        f"{given_percent(ratio.level)} interval {worded(ratio.low, 'ratio')} to {worded(ratio.high, 'ratio')}"
    )


def _distance(ratio: Estimate) -> float:
    return abs(math.log(ratio.value)) if ratio.value else math.inf


def _quoted(group: Group, named: Naming) -> str:
    name = named(group.axis, group.value)
    return name if len(name) <= 80 else f"{name[:60]}…{name[-15:]}"

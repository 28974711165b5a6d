"""What a page shows of an axis beyond ``audit.json``: speakers, words, and how a finding depends on one speaker.

All of it is computed from the scores of the run, when the page is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speechfair.auditing.findings import Finding, findings
from speechfair.auditing.phoneme_losses import phonemes_by_axis
from speechfair.auditing.speaker_rates import Fragile, fragile, rates_by_group
from speechfair.auditing.word_losses import GroupWords, words_by_axis
from speechfair.wording import count, printable, times

if TYPE_CHECKING:
    import polars as pl

    from speechfair.auditing.result import AuditResult

__all__ = ["AxisDetails", "axis_details"]

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class AxisDetails:
    """Details of one axis.

    Parameters
    ----------
    speakers : rates of the known speakers by group.
    words : of each group, the words that went wrong most often; empty where languages are counted in several units.
    one_out : what happens to the axis's finding if one speaker is left out, in a sentence; empty where there is none.
    phonemes : of each group, the phonemes of misheard words that differ most often; a string says why there are none,
        and None that they were not asked for.
    """

    speakers: Mapping[str, Sequence[float]]
    words: Sequence[GroupWords]
    one_out: str = ""
    phonemes: Sequence[GroupWords] | str | None = None


def axis_details(
    result: AuditResult, scores: pl.DataFrame, *, phonemes: bool = False
) -> dict[str, AxisDetails]:
    """The details of every axis of a result, from the scores that it rests on.

    Parameters
    ----------
    phonemes : read the misheard words with espeak-ng, too.
    """
    found = findings(result)
    axes = [one.axis for one in found]
    words: dict[str, list[GroupWords]] = {}
    if result.tokens != "several":
        words = words_by_axis(scores, axes, result.tokens)
    spoken = phonemes_by_axis(scores, axes, result.tokens) if phonemes else None
    return {
        one.axis: AxisDetails(
            rates_by_group(scores, one.axis),
            words.get(one.axis, []),
            _one_out(result, scores, one),
            spoken.get(one.axis, []) if isinstance(spoken, dict) else spoken,
        )
        for one in found
    }


def _one_out(result: AuditResult, scores: pl.DataFrame, finding: Finding) -> str:
    summary = next((a for a in result.axes if a.axis == finding.axis), None)
    if summary is None or summary.reference is None or finding.verdict not in ("difference", "unclear"):
        return ""
    group = next((g for g in result.groups_of(finding.axis) if g.value == finding.group), None)
    tried = fragile(scores, group, summary.reference) if group is not None else None
    if tried is None:
        return ""
    if tried.changing:
        return _changed(tried, finding.verdict == "difference")
    if finding.verdict == "unclear":
        return ""
    who = (
        "any one speaker"
        if tried.all_tried
        else f"any one of the {tried.n_tried} speakers with the most errors"
    )
    return f"It does not rest on one person: it stands without {who}."


def _changed(tried: Fragile, differs: bool) -> str:
    if len(tried.changing) == 1:
        ((name, ratio),) = tried.changing
        left = f"({times(ratio)} is left)"
        if differs:
            return f"It rests on one speaker: without {printable(name)} it is not shown {left}."
        return f"It depends on one speaker: without {printable(name)} a difference is shown {left}."
    named = "; ".join(
        f"{printable(name)} ({times(ratio)} is left)" for name, ratio in tried.changing[:_MOST_NAMED]
    )
    if len(tried.changing) > _MOST_NAMED:
        named += f"; and {count(len(tried.changing) - _MOST_NAMED, 'more speaker')}"
    without = f"without one of {count(len(tried.changing), 'speaker')}"
    if differs:
        return f"It rests on single speakers: {without} it is not shown: {named}."
    return f"It depends on single speakers: {without} a difference is shown: {named}."

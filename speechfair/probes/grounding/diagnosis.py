"""At which grounding level does a group fall behind? A rule over intervals and p-values; it can say "undetermined".

A level counts given the one below it, so that a word that was not heard does not also count as a relation that was
not understood. What was not shown is not claimed: "even" needs an interval within the margin, not a high p-value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from speechfair.metrics import holm
from speechfair.probes.items import LEVELS, Level
from speechfair.probes.results import Diagnosis
from speechfair.types import Estimate
from speechfair.wording import given_percent, worded

__all__ = ["ALPHA", "MARGIN", "Deficit", "diagnose", "judge"]

MARGIN = 0.10
"""Ours: a group at most ten points below the reference at every level counts as even."""

ALPHA = 0.05
State = Literal["behind", "even", "undetermined"]


@dataclass(frozen=True, slots=True)
class Deficit:
    """How far a group is below the reference group at one level, and how sure that is.

    Parameters
    ----------
    estimate : the reference's share given the level below, minus the group's.
    p_value : of no deficit; None where there is no interval.
    """

    estimate: Estimate
    p_value: float | None
    p_holm: float | None = None
    state: State = "undetermined"


Deficits = Mapping[str, Mapping[Level, Deficit]]


def judge(
    deficits: Deficits, margin: float = MARGIN, alpha: float = ALPHA
) -> dict[str, dict[Level, Deficit]]:
    """Adjust the p-values over all groups and levels (Holm), and say which levels are behind.

    ``behind`` needs a positive deficit with an adjusted p-value of at most `alpha`, and an interval that reaches
    beyond `margin`; ``even`` an interval that does not.
    """
    places = [(group, level) for group, found in deficits.items() for level in found]
    tested = [place for place in places if deficits[place[0]][place[1]].p_value is not None]
    adjusted = dict(
        zip(tested, holm([deficits[g][level].p_value or 0.0 for g, level in tested]), strict=True)
    )
    judged: dict[str, dict[Level, Deficit]] = {group: {} for group in deficits}
    for place in places:
        group, level = place
        deficit = deficits[group][level]
        p_holm = adjusted.get(place)
        judged[group][level] = replace(
            deficit, p_holm=p_holm, state=_state(deficit.estimate, p_holm, margin, alpha)
        )
    return judged


def diagnose(levels: Mapping[Level, Deficit], margin: float = MARGIN) -> Diagnosis:
    """The lowest level that is behind; ``even`` only where all levels are."""
    behind = [level for level in sorted(levels) if levels[level].state == "behind"]
    open_levels = [level for level in sorted(levels) if levels[level].state == "undetermined"]
    if behind:
        first = behind[0]
        below = [level for level in open_levels if level < first]
        reason = f"falls behind at L{first} ({LEVELS[first]}), {_words(levels[first])}"
        if len(behind) > 1:
            reason += f"; also at {_names(behind[1:])}, given the level below"
        if below:
            reason += f"; {_names(below)} not settled, so it may begin lower"
        return Diagnosis(verdict="behind", level=first, behind=list(behind), reason=reason)
    if not levels:
        return Diagnosis(verdict="undetermined", reason="no level was asked about")
    if not open_levels:
        reason = f"at most {given_percent(margin, sign=False)} points behind at every level"
        return Diagnosis(verdict="even", reason=reason)
    return Diagnosis(
        verdict="undetermined", reason="; ".join(_open(level, levels[level]) for level in open_levels)
    )


def _state(estimate: Estimate, p_holm: float | None, margin: float, alpha: float) -> State:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "undetermined"
    if estimate.high <= margin:
        return "even"
    return "behind" if p_holm is not None and p_holm <= alpha and estimate.value > 0 else "undetermined"


def _open(level: Level, deficit: Deficit) -> str:
    estimate = deficit.estimate
    if estimate.high is None:
        return f"L{level}: {estimate.reason}"
    return f"L{level}: a deficit of up to {worded(estimate.high, 'percent')} points is not excluded"


def _words(deficit: Deficit) -> str:
    estimate = deficit.estimate
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    limits = f"{worded(estimate.low, 'percent')} to {worded(estimate.high, 'percent')}"
    return f"{worded(estimate.value, 'percent')} points ({given_percent(estimate.level)} interval {limits})"


def _names(levels: Sequence[Level]) -> str:
    return ", ".join(f"L{level}" for level in levels)

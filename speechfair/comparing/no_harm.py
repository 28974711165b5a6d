"""The one judge of harm, whom `compare`, debiasing and the checks ask: did a rate rise by no more than a margin?

The statistics are `speechfair.metrics.non_inferiority`; here they become a verdict with its reason, what could not be
seen, and how many speakers would settle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speechfair.comparing.comparison import NoHarm, Verdict
from speechfair.errors import InputError
from speechfair.wording import precise

if TYPE_CHECKING:
    from speechfair.metrics.paired import NonInferiority
    from speechfair.metrics.pairing import Pair

__all__ = ["Margins", "judge_no_harm", "worst_verdict"]


@dataclass(frozen=True, slots=True)
class Margins:
    """How much a group's rate may rise, and how sure that must be.

    Parameters
    ----------
    relative, absolute : a share of the rate before, and a rate; the larger of the two holds.
    level : of the two-sided interval. A degraded group is called not degraded with (1 - level) / 2 at most.
    """

    relative: float = 0.10
    absolute: float = 0.01
    level: float = 0.95

    def __post_init__(self) -> None:
        if not 0.5 <= self.level < 1:
            raise InputError(f"level must lie in [0.5, 1), such as 0.95; got {self.level}")
        for name in ("relative", "absolute"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(
                    f"the {name} margin is {getattr(self, name)}; give a fraction from 0 to 1 and not percent, such as "
                    "0.1 or 0.01"
                )


def judge_no_harm(pair: Pair, margins: Margins) -> NoHarm:
    """Whether the rate of a group, whose `pair` it is, rose by no more than the margin.

    ``pass`` if the whole interval of the change is within the margin, ``fail`` if it is beyond, else
    ``undetermined``; never a pass without an interval.
    """
    from speechfair.metrics.paired import non_inferiority
    from speechfair.metrics.rare_events import smallest_visible_share

    held = non_inferiority(pair, relative=margins.relative, absolute=margins.absolute, level=margins.level)
    verdict: Verdict = "undetermined" if held.holds is None else "pass" if held.holds else "fail"
    more, why = _more(held, pair) if verdict == "undetermined" else (None, None)
    return NoHarm(
        verdict=verdict,
        reason=held.reason or _said(held, verdict),
        scale=held.scale,
        limit=held.limit,
        change=held.change,
        more_speakers=more,
        more_speakers_reason=why,
        smallest_visible_share=smallest_visible_share(pair.n_speakers) if pair.n_speakers else None,
    )


def worst_verdict(judged: Sequence[NoHarm]) -> Verdict:
    """``fail`` if any group is degraded, ``pass`` only if every one is shown not to be, else ``undetermined``.

    >>> worst_verdict([])
    'undetermined'
    """
    verdicts = {each.verdict for each in judged}
    if "fail" in verdicts:
        return "fail"
    return "pass" if verdicts == {"pass"} else "undetermined"


def _said(held: NonInferiority, verdict: Verdict) -> str:
    end, bound = ("upper", held.change.high) if verdict == "pass" else ("lower", held.change.low)
    beyond = "within" if verdict == "pass" else "beyond"
    return f"the {end} limit of the {held.scale}, {precise(bound)}, is {beyond} {held.limit:g}"


def _more(held: NonInferiority, pair: Pair) -> tuple[int | None, str]:
    from speechfair.metrics import MIN_SPEAKERS
    from speechfair.metrics.speakers_to_settle import speakers_to_settle

    if held.change.high is None and 0 < pair.n_speakers < MIN_SPEAKERS:
        return MIN_SPEAKERS - pair.n_speakers, "for an interval at all; what it then says is not known yet"
    return speakers_to_settle(held.change, held.limit, pair.n_speakers, linear=held.scale == "difference")

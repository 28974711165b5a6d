"""Which kinds of sound a model hears at all, over all groups: it must do better than without the sound.

There are two lower bounds for a kind: what the words reach (the text arm), and what a fixed or blind answer reaches.
What is shown by a test to be above both is heard; what stays near one of them is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from speechfair.metrics import holm
from speechfair.probes.crossed import Crossed, crossed_difference_with_p, crossed_of
from speechfair.probes.grounding.sound_grammar import SOUND_KINDS
from speechfair.probes.results import HeardKind
from speechfair.types import Estimate

__all__ = ["LEAST_GAIN", "heard_kinds"]

LEAST_GAIN = 0.25
"""A kind whose gain, with its whole interval, stays below this share is not heard. Ours: half of what can be gained
where a guess is right half of the time."""

Row = Mapping[str, Any]


def heard_kinds(rows: Sequence[Row], level: float, alpha: float) -> list[HeardKind]:
    """One verdict for each kind of question about sound that was asked.

    Parameters
    ----------
    rows : of the table of outcomes, without silences.
    alpha : of the tests, adjusted over the kinds (Holm).
    """
    by_kind: dict[str, list[Row]] = {}
    for row in rows:
        if row["kind"] in SOUND_KINDS:
            by_kind.setdefault(row["kind"], []).append(row)
    gains = {kind: _gains(some, level) for kind, some in by_kind.items()}
    # Heard is more than either bound, so the larger of both p-values is the one of the claim.
    p_values = {kind: max(one.p_value for one in both) for kind, both in gains.items() if _tested(both)}
    adjusted = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    found = [
        HeardKind(
            kind=kind,
            level=SOUND_KINDS[kind],
            bound=max(both, key=lambda one: one.bound).bound,
            gain=max(both, key=lambda one: one.bound).estimate,
            p_holm=adjusted.get(kind),
            verdict=_verdict(both, adjusted.get(kind), alpha),
        )
        for kind, both in gains.items()
    ]
    return sorted(found, key=lambda one: (one.level, one.kind))


@dataclass(frozen=True, slots=True)
class _Gain:
    """What the audio gives beyond one lower bound; `p_value` is 1 where there is no test."""

    bound: float
    estimate: Estimate
    p_value: float


def _gains(rows: Sequence[Row], level: float) -> tuple[_Gain, _Gain]:
    """Beyond the words, question by question; and beyond the best fixed or blind answer, which is a constant."""
    usual = Counter(row["truth"] for row in rows).most_common(1)[0][1] / len(rows)
    blind = sum(1 / row["n_options"] for row in rows) / len(rows)
    words = [float(row["text_outcome"] == "right") for row in rows]
    audio = _crossed(rows, [float(row["outcome"] == "right") for row in rows])
    found = []
    for without in (words, [max(usual, blind)] * len(rows)):
        estimate, p_value = crossed_difference_with_p(audio, _crossed(rows, without), level)
        found.append(_Gain(sum(without) / len(rows), estimate, 1.0 if p_value is None else p_value))
    return found[0], found[1]


def _tested(both: Sequence[_Gain]) -> bool:
    return all(one.estimate.low is not None and one.estimate.high is not None for one in both)


def _verdict(
    both: Sequence[_Gain], p_holm: float | None, alpha: float
) -> Literal["heard", "not heard", "undetermined"]:
    if not _tested(both) or p_holm is None:
        return "undetermined"
    if all((one.estimate.value or 0.0) > 0 for one in both) and p_holm <= alpha:
        return "heard"
    # One bound that is hardly exceeded is enough: a model that guesses is near the fixed one, one that answers by the
    # words is near the text arm.
    near = any((one.estimate.high or 0.0) <= LEAST_GAIN for one in both)
    return "not heard" if near else "undetermined"


def _crossed(rows: Sequence[Row], right: Sequence[float]) -> Crossed:
    return crossed_of((row["speaker"], row["scene"], one, 1.0) for row, one in zip(rows, right, strict=True))

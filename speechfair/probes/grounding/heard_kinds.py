"""Which kinds of sound a model hears at all, over all groups: it must do better than without the sound.

The lower bound of a kind is the best that the words (the text arm), the answer that is right most often, or blind
choice reached. It is taken as it was found; the scenes are the same for all. What is shown by a test to be above it is
heard; what stays near it, or near the words question by question, is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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
    tested = {kind: _gains(some, level) for kind, some in by_kind.items()}
    p_values = {kind: p_value for kind, (_, _, p_value, _) in tested.items() if p_value is not None}
    adjusted = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    found = [
        HeardKind(
            kind=kind,
            level=SOUND_KINDS[kind],
            bound=bound,
            gain=gain,
            p_holm=adjusted.get(kind),
            verdict=_verdict(gain, by_words, adjusted.get(kind), alpha),
        )
        for kind, (bound, gain, _, by_words) in tested.items()
    ]
    return sorted(found, key=lambda one: (one.level, one.kind))


def _gains(rows: Sequence[Row], level: float) -> tuple[float, Estimate, float | None, Estimate]:
    """The lower bound, what the audio gives beyond it with its p-value, and beyond the words question by question."""
    words = [float(row["text_outcome"] == "right") for row in rows]
    usual = Counter(row["truth"] for row in rows).most_common(1)[0][1]
    bound = max(sum(words), usual, sum(1 / row["n_options"] for row in rows)) / len(rows)
    audio = _crossed(rows, [float(row["outcome"] == "right") for row in rows])
    gain, p_value = crossed_difference_with_p(audio, _crossed(rows, [bound] * len(rows)), level)
    by_words, _ = crossed_difference_with_p(audio, _crossed(rows, words), level)
    return bound, gain, p_value, by_words


def _verdict(
    gain: Estimate, by_words: Estimate, p_holm: float | None, alpha: float
) -> Literal["heard", "not heard", "undetermined"]:
    if gain.value is None or gain.high is None or by_words.high is None or p_holm is None:
        return "undetermined"
    if gain.value > 0 and p_holm <= alpha:
        return "heard"
    # a model that guesses is near the bound, one that answers by the words is near the text arm
    return "not heard" if min(gain.high, by_words.high) <= LEAST_GAIN else "undetermined"


def _crossed(rows: Sequence[Row], right: Sequence[float]) -> Crossed:
    return crossed_of((row["speaker"], row["scene"], one, 1.0) for row, one in zip(rows, right, strict=True))

"""Which kinds of sound a model hears at all, over all groups: it must do better than without the sound.

The lower bound of a kind is the best that the words or a fixed answer reach: the text arm, the answer that is most
often right, or blind choice. What is not shown to be above it by a test, and stays near it, is not heard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from speechfair.metrics import holm
from speechfair.probes.crossed import Crossed, crossed_difference_with_p, crossed_of
from speechfair.probes.grounding.sound_grammar import SOUND_KINDS
from speechfair.probes.results import HeardKind

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
    tested = {kind: _gain(some, level) for kind, some in by_kind.items()}
    places = [kind for kind, (_, _, p_value) in tested.items() if p_value is not None]
    adjusted = dict(zip(places, holm([tested[kind][2] or 0.0 for kind in places]), strict=True))
    found = []
    for kind, (bound, gain, _) in tested.items():
        p_holm = adjusted.get(kind)
        if gain.value is None or gain.low is None or gain.high is None:
            verdict = "undetermined"
        elif gain.value > 0 and p_holm is not None and p_holm <= alpha:
            verdict = "heard"
        else:
            verdict = "not heard" if gain.high <= LEAST_GAIN else "undetermined"
        found.append(
            HeardKind(
                kind=kind, level=SOUND_KINDS[kind], bound=bound, gain=gain, p_holm=p_holm, verdict=verdict
            )
        )
    return sorted(found, key=lambda one: (one.level, one.kind))


def _gain(rows: Sequence[Row], level: float) -> tuple[float, Any, float | None]:
    """The lower bound, the share right about the audio less it, and the p-value of no difference."""
    usual = Counter(row["truth"] for row in rows).most_common(1)[0][0]
    without = [
        [float(row["text_outcome"] == "right") for row in rows],
        [float(row["truth"] == usual) for row in rows],
        [1 / row["n_options"] for row in rows],
    ]
    best = max(without, key=sum)
    audio = _crossed(rows, [float(row["outcome"] == "right") for row in rows])
    gain, p_value = crossed_difference_with_p(audio, _crossed(rows, best), level)
    return sum(best) / len(best), gain, p_value


def _crossed(rows: Sequence[Row], right: Sequence[float]) -> Crossed:
    return crossed_of((row["speaker"], row["scene"], one, 1.0) for row, one in zip(rows, right, strict=True))

"""Where exactly a group is treated otherwise: by kind of question among its answers, and in how often none is given.

The levels say how far understanding goes; this says which question it fails on. A model that infers an origin from an
accent is lower in ``unstated`` and nowhere else; one that refuses an accent, or fails on it, is
higher in ``no answer`` alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from speechfair.metrics import holm
from speechfair.probes.crossed import crossed_difference_with_p, crossed_of
from speechfair.probes.results import KindContrast
from speechfair.types import Estimate

__all__ = ["NO_ANSWER", "kind_contrasts"]

NO_ANSWER = "no answer"
"""In place of a kind: the share of questions without a right or wrong answer: refused, not known, unreadable, empty or
failed."""

_ANSWERS = ("right", "wrong")
Row = Mapping[str, Any]
Test = tuple[Estimate, float | None]


def kind_contrasts(
    groups: Mapping[str, Sequence[Row]], reference: Sequence[Row], level: float, alpha: float
) -> list[KindContrast]:
    """Each group against the reference group; the tests are adjusted over groups and kinds (Holm).

    Parameters
    ----------
    groups, reference : rows of the table of outcomes, without silences.
    """
    tests: dict[tuple[str, str], Test] = {}
    for name, rows in groups.items():
        for kind in sorted({row["kind"] for row in (*rows, *reference)}):
            ours, theirs = (
                [row for row in side if row["kind"] == kind and _answered(row)] for side in (rows, reference)
            )
            tests[name, kind] = _difference(ours, theirs, "right", level)
        tests[name, NO_ANSWER] = _difference(rows, reference, NO_ANSWER, level)
    tested = [place for place, (_, p_value) in tests.items() if p_value is not None]
    adjusted = dict(zip(tested, holm([tests[place][1] or 0.0 for place in tested]), strict=True))
    return [
        KindContrast(
            group=group,
            kind=kind,
            difference=difference,
            p_holm=adjusted.get((group, kind)),
            verdict=_verdict(difference, adjusted.get((group, kind)), alpha),
        )
        for (group, kind), (difference, _) in tests.items()
    ]


def _answered(row: Row) -> bool:
    return row["outcome"] in _ANSWERS


def _difference(group: Sequence[Row], reference: Sequence[Row], what: str, level: float) -> Test:
    ours, theirs = (
        crossed_of((row["speaker"], row["scene"], float(_is(row["outcome"], what)), 1.0) for row in side)
        for side in (group, reference)
    )
    return crossed_difference_with_p(ours, theirs, level)


def _is(outcome: str, what: str) -> bool:
    return outcome not in _ANSWERS if what == NO_ANSWER else outcome == what


def _verdict(
    difference: Estimate, p_holm: float | None, alpha: float
) -> Literal["higher", "lower", "undetermined"]:
    if difference.value is None or p_holm is None or p_holm > alpha:
        return "undetermined"
    return "higher" if difference.value > 0 else "lower"

"""What holds for an estimate on any counts: finite, holds its value, widens with the level, has a least width."""

from __future__ import annotations

import math
from collections.abc import Callable

from speechfair.types import Estimate
from tests.metrics.random_corpora import Corpus

SLACK = 1e-9


def sound(estimate: Estimate) -> Estimate:
    """Undefined is None with a reason; numbers are finite; the interval holds the estimate and has a width."""
    for number in (estimate.value, estimate.low, estimate.high):
        assert number is None or math.isfinite(number)
    if None in (estimate.value, estimate.low, estimate.high):
        assert estimate.reason
    if estimate.value is not None:
        slack = SLACK * (1 + abs(estimate.value))
        assert estimate.low is None or estimate.low <= estimate.value + slack
        assert estimate.high is None or estimate.high >= estimate.value - slack
    if estimate.low is not None and estimate.high is not None:
        assert estimate.low < estimate.high
    return estimate


def widening(corpus: Corpus, statistic: Callable[[float], Estimate]) -> list[Estimate]:
    """The statistic at both levels: no interval of the higher level ends inside that of the lower level."""
    lower, higher = (sound(statistic(level)) for level in corpus.levels)
    slack = 1e-6 * (1 + abs(lower.value or 0.0))
    if lower.low is not None and higher.low is not None:
        assert higher.low <= lower.low + slack
    if lower.high is not None and higher.high is not None:
        assert higher.high >= lower.high - slack
    return [lower, higher]


def spans(estimate: Estimate, limits: tuple[float, float]) -> None:
    """The interval is no narrower than these limits, where it is given."""
    if estimate.low is not None:
        assert estimate.low <= limits[0] + SLACK * (1 + abs(limits[0]))
    if estimate.low is not None and estimate.high is not None:
        assert estimate.high >= limits[1] - SLACK * (1 + abs(limits[1]))

"""The probability next to a verdict agrees with the verdict, and never says what a guard keeps open."""

from __future__ import annotations

import numpy as np
import pytest

from speechfair.errors import MissingExtraError
from speechfair.gating.gate_result import above_limit
from speechfair.gating.judge import judge
from speechfair.gating.probability import with_probabilities
from tests.gate_support import criteria, facts, only, rows

RNG = np.random.default_rng(8)
X = rows("x", RNG.poisson(10 * RNG.gamma(8, 1 / 8, 60)).tolist())
Y = rows("y", RNG.poisson(13 * RNG.gamma(8, 1 / 8, 60)).tolist())


def test_it_agrees_with_the_interval_and_decides_nothing() -> None:
    chances = []
    for limit in (1.0, 1.2, 1.35, 1.6, 2.2):
        file, run = criteria(limit=limit, multiplicity="none"), facts(X, Y)
        before = judge(file, run)
        found = only(with_probabilities(before, file, run))
        assert found.verdict == only(before).verdict
        assert found.probability_above is not None
        if found.verdict == "pass":
            assert found.probability_above < 0.05
        if found.verdict == "fail":
            assert found.probability_above > 0.95
        assert f"above {limit:g} with a probability of" in above_limit(found)
        chances.append(found.probability_above)
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.95
    assert chances[-1] < 0.05


def test_a_comparison_that_a_guard_keeps_open_has_none() -> None:
    few = facts(X, rows("y", [10, 12, 9, 14, 8, 11]))
    found = only(with_probabilities(judge(criteria(), few), criteria(), few))
    assert found.guard == "min_speakers"
    assert found.probability_above is None
    difference = criteria(metric="rate_difference", limit=0.1)
    assert only(with_probabilities(judge(difference, few), difference, few)).probability_above is None


def test_without_the_package_the_reason_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise MissingExtraError("the mixed model", "gpboost", "mixed")

    monkeypatch.setattr("speechfair.metrics.mixed.fit_counts", missing)
    file, run = criteria(), facts(X, Y)
    found = only(with_probabilities(judge(file, run), file, run))
    assert found.probability_above is None
    assert "not installed" in (found.probability_reason or "")

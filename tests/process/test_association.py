"""Intervals of the association between a covariate and a grouping: they hold the true value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from speechfair.process.checks.association import Association, correlation_ratio, cramers_v
from speechfair.process.checks.paired_runs import exact_share


def drawn(kind: str, n: int, truth: float, rng: np.random.Generator) -> Association | None:
    """Two halves of `n` speakers and a covariate that is associated with the halves by `truth`."""
    half = np.arange(n) % 2
    if kind == "number":
        shift = 2 * truth / np.sqrt(1 - truth**2)
        return correlation_ratio(list(map(str, half)), list(rng.normal(size=n) + shift * half))
    other = np.where(rng.random(n) < (1 - truth) / 2, 1 - half, half)
    return cramers_v(list(map(str, half)), list(map(str, other)))


@pytest.mark.parametrize("kind", ["number", "category"])
@pytest.mark.parametrize(("n", "truth"), [(20, 0.0), (20, 0.3), (80, 0.6)])
def test_the_interval_holds_the_true_association(kind: str, n: int, truth: float) -> None:
    rng = np.random.default_rng(7)
    found = [one for _ in range(50) if (one := drawn(kind, n, truth, rng))]
    held = sum(one.low <= truth <= one.high for one in found) / len(found)
    assert held >= 0.88
    assert all(0 <= one.low <= one.value <= one.high <= 1 for one in found)


def test_perfect_balance_of_few_speakers_does_not_show_that_there_is_no_association() -> None:
    few, many = (cramers_v(["a", "a", "b", "b"] * n, ["x", "y", "x", "y"] * n) for n in (2, 100))
    assert few
    assert many
    assert (few.value, many.value) == (0.0, 0.0)
    assert few.high > 0.8
    assert many.high < 0.2


def test_nothing_is_said_where_nothing_varies() -> None:
    assert cramers_v(["a", "b", "a"], ["x", "x", "x"]) is None
    assert correlation_ratio(["a", "b", "a"], [1.0, 1.0, 1.0]) is None
    assert correlation_ratio(["a", "b"], [1.0, 2.0]) is None


@settings(max_examples=25, deadline=None)
@given(some.integers(1, 400), some.data())
def test_an_exact_share_is_the_one_of_scipy(n: int, data: some.DataObject) -> None:
    from scipy.stats import binomtest

    count = data.draw(some.integers(0, n))
    theirs = binomtest(count, n).proportion_ci(0.95, "exact")
    assert exact_share(count, n) == pytest.approx((theirs.low, theirs.high))

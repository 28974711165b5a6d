from __future__ import annotations

import numpy as np
import pytest

from speechfair.errors import InputError
from speechfair.metrics import SpeakerSums, pooled_rate, post_stratified_rate


def sums(rate: float, prefix: str, n_speakers: int = 12) -> SpeakerSums:
    rng = np.random.default_rng([n_speakers, ord(prefix)])
    errors = rng.poisson(100 * rate * rng.gamma(4, 0.25, n_speakers)).astype(float)
    return SpeakerSums(
        tuple(f"{prefix}{i}" for i in range(n_speakers)), errors, np.full(n_speakers, 100.0), n_speakers
    )


def test_the_rate_is_the_weighted_mean_and_one_group_is_itself() -> None:
    groups = {"a": sums(0.1, "a"), "b": sums(0.3, "b")}
    found = post_stratified_rate(groups, {"a": 3.0, "b": 1.0})
    rates = [group.rate or 0.0 for group in groups.values()]
    assert found.value == pytest.approx((3 * rates[0] + rates[1]) / 4)
    alone, own = post_stratified_rate(groups, {"a": 1.0, "b": 0.0}), pooled_rate(groups["a"])
    assert (alone.low, alone.value, alone.high) == pytest.approx((own.low, own.value, own.high))


def test_the_interval_covers() -> None:
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        groups = {}
        for name, rate in (("a", 0.1), ("b", 0.3), ("c", 0.2)):
            errors = rng.poisson(100 * rate * rng.gamma(4, 0.25, 15)).astype(float)
            groups[name] = SpeakerSums(tuple(f"{name}{i}" for i in range(15)), errors, np.full(15, 100.0), 15)
        found = post_stratified_rate(groups, {"a": 0.6, "b": 0.3, "c": 0.1})
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.17 <= found.high
    assert 180 <= held <= 198


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({"a": 1.0}, "one weight for each group"),
        ({"a": 1.0, "b": -1.0}, "not negative"),
        ({"a": 0.0, "b": 0.0}, "all weights are 0"),
        ({"a": 1.0, "b": float("nan")}, "not negative"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights: dict[str, float], told: str) -> None:
    with pytest.raises(InputError, match=told):
        post_stratified_rate({"a": sums(0.1, "a"), "b": sums(0.3, "b")}, weights)


def test_a_group_without_an_interval_is_named() -> None:
    groups = {"a": sums(0.1, "a"), "b": sums(0.3, "b", 3)}
    found = post_stratified_rate(groups, {"a": 1.0, "b": 1.0})
    assert found.value is not None
    assert found.low is None
    assert str(found.reason).startswith("b: fewer than 5 speakers")
    with pytest.raises(InputError, match="a speaker is in two groups"):
        post_stratified_rate({"a": groups["a"], "b": groups["a"]}, {"a": 1.0, "b": 1.0})

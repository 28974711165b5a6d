"""Simultaneous intervals hold all groups' ratios at once, where plain ones do not, and cost less than Bonferroni's."""

from __future__ import annotations

import numpy as np
import pytest

from speechfair.metrics import SpeakerSums, rate_ratio, simultaneous_ratios
from speechfair.types import Estimate


def group(rng: np.random.Generator, name: str, n: int = 30, rate: float = 0.15) -> SpeakerSums:
    words = rng.integers(100, 300, n).astype(float)
    errors = rng.poisson(rate * words * rng.gamma(4.0, 0.25, n)).astype(float)
    return SpeakerSums(tuple(f"{name}{i}" for i in range(n)), errors, words, n)


def hold(estimates: list[Estimate], truth: float = 1.0) -> bool:
    return all(e.low is not None and e.high is not None and e.low <= truth <= e.high for e in estimates)


def test_all_hold_at_once_where_plain_intervals_do_not() -> None:
    rng = np.random.default_rng(1)
    together = plain = 0
    draws = 150
    for _ in range(draws):
        reference, *groups = (group(rng, name) for name in "rabcdef")
        together += hold(simultaneous_ratios(groups, reference, rng=rng, n_replicates=1_000))
        plain += hold([rate_ratio(g, reference) for g in groups])
    assert together / draws >= 0.95 - 3 * (0.95 * 0.05 / draws) ** 0.5
    assert plain / draws < 0.88


def test_they_are_wider_than_plain_and_not_wider_than_bonferroni() -> None:
    rng = np.random.default_rng(2)
    reference, *groups = (group(rng, name) for name in "rabcd")
    for found, g in zip(simultaneous_ratios(groups, reference, rng=rng), groups, strict=True):
        plain, safe = rate_ratio(g, reference), rate_ratio(g, reference, 1 - 0.05 / 4)
        assert found.value == plain.value
        assert 0.95 < found.level <= 1 - 0.05 / 4
        widths = [e.high - e.low for e in (plain, found, safe) if e.low is not None and e.high is not None]
        assert widths == sorted(widths)
        assert len(widths) == 3


def test_one_group_is_compared_plainly_and_a_silent_one_takes_bonferroni() -> None:
    rng = np.random.default_rng(3)
    reference, other = group(rng, "r"), group(rng, "a")
    assert simultaneous_ratios([other], reference, rng=rng) == [rate_ratio(other, reference)]
    silent = SpeakerSums(tuple(f"z{i}" for i in range(9)), np.zeros(9), np.full(9, 100.0), 9)
    found = simultaneous_ratios([other, silent], reference, rng=rng)
    assert [e.level for e in found] == pytest.approx([0.975, 0.975])
    assert found[1].high is not None


def test_without_an_interval_it_stays_without() -> None:
    rng = np.random.default_rng(4)
    few = group(rng, "f", 3)
    found = simultaneous_ratios([few, group(rng, "a")], group(rng, "r"), rng=rng)
    assert [e.low is None for e in found] == [True, False]

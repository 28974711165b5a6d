"""Shares and their differences: right sums, sides that mirror each other, reasons, and few false alarms."""

from __future__ import annotations

import numpy as np
import pytest

from speechfair.metrics.rates import SpeakerSums
from speechfair.probes.statistics import complement, difference, difference_with_p, share, sums_of


def sums(events: list[float], trials: float = 20, prefix: str = "s") -> SpeakerSums:
    names = tuple(f"{prefix}{i}" for i in range(len(events)))
    return SpeakerSums(names, np.array(events, dtype=float), np.full(len(events), trials), len(events))


def test_sums_keep_unknown_speakers_and_every_row() -> None:
    found = sums_of([("b", 1, 2), (None, 1, 1), ("a", 0, 1), ("b", 1, 1)])
    assert found.speakers == ("a", "b")
    assert found.errors.tolist() == [0, 2]
    assert (found.n_utterances, found.n_without_speaker, found.rate) == (4, 1, 3 / 5)


def test_a_share_and_its_complement_mirror_each_other() -> None:
    one = sums([3, 5, 2, 8, 4, 6])
    a, b = share(one), share(complement(one))
    assert a.value == pytest.approx(1 - b.value)
    assert (a.low, a.high) == pytest.approx((1 - b.high, 1 - b.low))
    sure = share(sums([20] * 6))
    assert sure.value == 1
    assert sure.high == 1
    assert 0.9 < sure.low < 1


def test_a_difference_turned_round_changes_its_sign_only() -> None:
    one, other = sums([3, 5, 2, 8, 4, 6]), sums([9, 12, 7, 15, 10, 11])
    there, p = difference_with_p(one, other)
    back, q = difference_with_p(other, one)
    assert there.value == pytest.approx(-back.value)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert p == pytest.approx(q)


def test_the_p_value_belongs_to_the_interval() -> None:
    one, other = sums([3, 5, 2, 8, 4, 6]), sums([6, 7, 6, 9, 8, 7])
    _, p = difference_with_p(one, other)
    assert p is not None
    just = difference(one, other, 1 - p)
    assert just.high == pytest.approx(0, abs=1e-6)


def test_the_same_speakers_in_both_groups_make_it_surer() -> None:
    events, more = [2, 9, 4, 12, 6, 15], [5, 12, 7, 15, 9, 18]
    paired = difference(sums(more), sums(events))
    apart = difference(sums(more), sums(events, prefix="t"))
    assert paired.high - paired.low < 0.6 * (apart.high - apart.low)


def test_no_error_anywhere_is_no_interval_of_width_zero() -> None:
    found = difference(sums([0] * 6), sums([0] * 6))
    assert found.value == 0
    assert found.low < 0 < found.high


def test_reasons_where_there_is_no_interval() -> None:
    few, p = difference_with_p(sums([1, 2, 3, 4]), sums([1] * 8))
    assert (few.low, p) == (None, None)
    assert few.value == pytest.approx(0.075)
    assert few.reason == "group: fewer than 5 speakers (4): no interval"
    nothing, p = difference_with_p(sums([1] * 8), sums([]))
    assert (nothing.value, p) == (None, None)
    assert nothing.reason == "nothing was asked of the reference group"


@pytest.mark.parametrize("rate", [0.03, 0.3])
def test_false_alarms_stay_below_the_level(rate: float) -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(400):
        chances = np.minimum(1, rate * rng.gamma(4, 1 / 4, 8))
        sides = [sums([float(x) for x in rng.binomial(30, chances)], 30) for _ in range(2)]
        _, p = difference_with_p(*sides)
        alarms += p is not None and p <= 0.05
    assert alarms <= 0.07 * 400

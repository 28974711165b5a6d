"""Shares over voices and items: sums that agree, mirrored sides, reasons, and intervals for other items too."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.simulate_probes import cell
from speechfair.probes.crossed import MIN_ITEMS, Crossed, crossed_difference_with_p, crossed_of, crossed_share
from speechfair.probes.statistics import share
from speechfair.probes.visible_gap import Variation, visible_gap


def table(right: np.ndarray, prefix: str = "v") -> Crossed:
    """Shape (voices, items); 1 is right."""
    return crossed_of((f"{prefix}{v}", f"i{i}", float(one), 1.0) for (v, i), one in np.ndenumerate(right))


def drawn(chances: list[float], voices: int = 8, seed: int = 0) -> np.ndarray:
    """An item to a chance of being right."""
    return (np.random.default_rng(seed).random((voices, len(chances))) < np.array(chances)).astype(float)


HARD = [0.95, 0.2, 0.9, 0.1, 0.99, 0.8, 0.3, 0.95, 0.6, 0.15, 0.9, 0.7]


def test_every_way_adds_up_to_the_same_share() -> None:
    found = table(drawn(HARD))
    assert len({way.rate for way in found.ways}) == 1
    assert found.shared


def test_items_that_differ_widen_the_interval_and_mirror() -> None:
    right = drawn(HARD)
    both, alone = crossed_share(table(right)), share(table(right).voices)
    assert both.high - both.low > 1.3 * (alone.high - alone.low)
    turned = crossed_share(table(1 - right))
    assert (1 - turned.high, 1 - turned.low) == pytest.approx((both.low, both.high))


def test_what_is_hard_for_both_groups_cancels() -> None:
    chances = drawn(HARD), drawn(HARD, seed=1)
    same, _ = crossed_difference_with_p(table(chances[0]), table(chances[1], "w"))
    moved = crossed_of((f"w{v}", f"j{i}", float(one), 1.0) for (v, i), one in np.ndenumerate(chances[1]))
    other, _ = crossed_difference_with_p(table(chances[0]), moved)
    assert same.value == pytest.approx(other.value)
    assert same.high - same.low < 0.7 * (other.high - other.low)


def test_too_few_items_or_voices_give_the_reason_and_no_interval() -> None:
    few = table(drawn(HARD[: MIN_ITEMS - 1]))
    assert crossed_share(few).low is None
    assert "fewer than 8 items (7)" in str(crossed_share(few).reason)
    found, p_value = crossed_difference_with_p(few, few)
    assert (found.low, p_value) == (None, None)
    assert "fewer than 5 speakers (4)" in str(crossed_share(table(drawn(HARD, voices=4))).reason)


def test_items_of_one_voice_each_leave_the_interval_of_the_voices() -> None:
    rows = [(f"v{v}", f"{v}-{i}", float((v + i) % 3 > 0), 1.0) for v in range(8) for i in range(4)]
    found = crossed_of(rows)
    assert not found.shared
    assert crossed_share(found) == share(found.voices)


@pytest.mark.parametrize("wrong", [0, 1])
def test_hardly_any_error_gives_an_interval_that_is_not_empty(wrong: int) -> None:
    right = np.ones((8, 12))
    right[0, :wrong] = 0
    found = crossed_share(table(right))
    assert found.low < found.value <= found.high
    assert found.low > 0.6


def test_coverage_in_a_small_simulation() -> None:
    found = cell(8, 12, 0.8, 1.5, draws=60, seed=5)
    assert found["coverage"] >= 0.8
    assert found["voices_only"] < found["coverage"]
    assert found["false_alarms"] <= 0.1


def test_a_larger_probe_shows_smaller_gaps() -> None:
    sizes = [visible_gap(8, items, 2) for items in (8, 12, 24, 48)]
    assert sizes == sorted(sizes, reverse=True)
    assert visible_gap(12, 24, 2) < visible_gap(8, 24, 2) < visible_gap(8, 24, 2, comparisons=8)
    assert visible_gap(8, 24, 2, variation=Variation(item_sd=0.0)) < visible_gap(8, 24, 2)
    assert visible_gap(4, 24) is None
    assert visible_gap(8, MIN_ITEMS - 1) is None

"""Lengths over voices and items: wider than the voices' own where items differ, and no claim from no difference."""

from __future__ import annotations

import numpy as np
import pytest

from speechfair.metrics.rates import pooled_rate
from speechfair.probes.crossed import Crossed, crossed_of
from speechfair.probes.crossed_lengths import length_ratio_with_p, mean_length


def drawn(seed: int, item_sd: float, factor: float = 1.0, voices: int = 8, items: int = 12) -> Crossed:
    rng = np.random.default_rng(seed)
    hard = np.exp(np.random.default_rng(7).normal(0, item_sd, items))
    return crossed_of(
        (f"v{v}", f"i{i}", float(rng.poisson(20 * factor * hard[i])), 1.0)
        for v in range(voices)
        for i in range(items)
    )


def test_the_interval_of_a_mean_speaks_of_other_items_too() -> None:
    varied = drawn(0, 0.5)
    both, alone = mean_length(varied), pooled_rate(varied.voices)
    assert both.value == alone.value
    assert None not in (both.low, both.high, alone.low, alone.high)
    assert both.high - both.low > 3 * (alone.high - alone.low)  # type: ignore[operator]


def test_what_is_long_for_both_groups_cancels_in_the_ratio() -> None:
    ratio, p_value = length_ratio_with_p(drawn(1, 0.5, 0.6), drawn(2, 0.5))
    assert ratio.low is not None
    assert ratio.high is not None
    assert 0.5 < ratio.low < 0.6 < ratio.high < 0.75
    assert p_value is not None
    assert p_value < 1e-3


def test_there_is_no_claim_from_no_difference() -> None:
    found = [length_ratio_with_p(drawn(2 * n, 0.5), drawn(2 * n + 1, 0.5))[1] for n in range(10)]
    assert sum(p_value is not None and p_value < 0.05 for p_value in found) <= 2


@pytest.mark.parametrize(("voices", "items", "why"), [(3, 12, "speakers"), (8, 4, "items")])
def test_too_few_voices_or_items_give_no_interval(voices: int, items: int, why: str) -> None:
    few = drawn(0, 0.2, voices=voices, items=items)
    assert mean_length(few).low is None
    assert why in str(mean_length(few).reason)
    assert length_ratio_with_p(few, few)[1] is None

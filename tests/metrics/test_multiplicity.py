from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.metrics.multiplicity import holm


def test_known_answer_from_r() -> None:
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.9), "holm")
    assert holm([0.01, 0.02, 0.03, 0.04, 0.9]) == pytest.approx((0.05, 0.08, 0.09, 0.09, 0.9))


def test_nothing_stays_nothing() -> None:
    assert holm([]) == ()


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
def test_what_is_not_a_probability_is_refused(wrong: float) -> None:
    with pytest.raises(InputError, match="p-value 1"):
        holm([0.5, wrong])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_adjusting_keeps_the_order_and_never_helps(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, adjusted, strict=True))
    assert min(adjusted) == min(1.0, len(p_values) * min(p_values))
    ranked = [after for _, after in sorted(zip(p_values, adjusted, strict=True))]
    assert ranked == sorted(ranked)

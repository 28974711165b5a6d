"""Cramér's V: symmetric, between 0 and 1, blind to empty rows, unbiased where nothing is associated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from speechfair.metrics.contingency import chi_squared, cramers_v

TABLES = st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=1, max_size=5)


@given(TABLES)
@settings(max_examples=60, deadline=None)
def test_laws(table: list[list[int]]) -> None:
    found = cramers_v(table)
    assert found is None or 0 <= found <= 1
    turned = cramers_v(np.transpose(table))
    assert turned == (None if found is None else pytest.approx(found))
    assert cramers_v([*table, [0, 0, 0]]) == found


def test_chi_squared_is_scipys() -> None:
    table = [[10, 20, 3], [7, 5, 30]]
    assert chi_squared(table) == pytest.approx(chi2_contingency(table, correction=False).statistic)


def test_two_traits_without_association_give_nearly_nothing_on_average() -> None:
    rng = np.random.default_rng(0)
    plain = [cramers_v(rng.multinomial(60, [1 / 12] * 12).reshape(3, 4)) for _ in range(200)]
    assert float(np.mean([value or 0.0 for value in plain])) < 0.09

"""Laws of the draws."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.debias.data.samplers import balanced, length_matched, shuffled, tempered
from speechfair.errors import InputError

groups_of = st.lists(st.integers(0, 3), min_size=1, max_size=40)


@given(st.integers(1, 30), st.integers(1, 100), st.integers(0, 5))
def test_shuffled_takes_every_row_before_any_comes_again(n_rows: int, n_draws: int, seed: int) -> None:
    draws = shuffled(n_rows, n_draws, np.random.default_rng(seed))
    assert len(draws) == n_draws
    counts = Counter(draws.tolist())
    assert max(counts.values()) - min(counts.get(row, 0) for row in range(n_rows)) <= 1
    for start in range(0, n_draws - n_rows + 1, n_rows):
        assert sorted(draws[start : start + n_rows].tolist()) == list(range(n_rows))


@given(groups_of, st.integers(1, 12), st.integers(1, 8), st.integers(0, 5))
def test_balanced_batches_hold_groups_equally_give_or_take_one(
    groups: list[int], batch: int, steps: int, seed: int
) -> None:
    draws = balanced(groups, batch * steps, batch, np.random.default_rng(seed))
    numbers = np.array(groups)
    present = sorted(set(groups))
    for step in range(steps):
        counts = Counter(numbers[draws[step * batch : (step + 1) * batch]].tolist())
        assert max(counts.get(g, 0) for g in present) - min(counts.get(g, 0) for g in present) <= 1
    over_all = Counter(numbers[draws].tolist())
    assert max(over_all.values()) - min(over_all.get(g, 0) for g in present) <= 1


@given(groups_of, st.integers(1, 60), st.integers(0, 5))
def test_within_a_group_no_row_comes_again_before_all_came(
    groups: list[int], n_draws: int, seed: int
) -> None:
    draws = balanced(groups, n_draws, 4, np.random.default_rng(seed))
    for group in set(groups):
        rows = [i for i, g in enumerate(groups) if g == group]
        counts = Counter(int(row) for row in draws if groups[int(row)] == group)
        if counts:
            assert max(counts.values()) - min(counts.get(row, 0) for row in rows) <= 1


@settings(deadline=None)
@given(st.floats(0, 1))
def test_tempered_shares_follow_size_to_the_power_tau(tau: float) -> None:
    groups = [0] * 80 + [1] * 20
    draws = tempered(groups, tau, 20_000, np.random.default_rng(1))
    expected = 80**tau / (80**tau + 20**tau)
    assert np.mean(np.array(groups)[draws] == 0) == pytest.approx(expected, abs=0.015)


def test_the_same_seed_draws_the_same() -> None:
    for seed in (0, 1):
        one, other = (balanced([0, 1, 1], 30, 4, np.random.default_rng(seed)) for _ in range(2))
        assert (one == other).all()


def test_nothing_to_draw_from() -> None:
    with pytest.raises(InputError, match="no row to train on"):
        shuffled(0, 5, np.random.default_rng(0))


@pytest.mark.parametrize(("n_groups", "batch"), [(6, 8), (2, 4), (5, 5), (3, 16)])
def test_groups_get_equally_many_seconds_whatever_the_batch(n_groups: int, batch: int) -> None:
    """With a place for every group in each batch, one of six groups had 2.09 times its share at batch 8."""
    groups = np.repeat(np.arange(n_groups), 20)
    seconds = np.where(groups == 0, 9.0, 3.0)
    draws = length_matched(groups, seconds, 400 * batch, batch, np.random.default_rng(0))
    filled = np.bincount(groups[draws], weights=seconds[draws], minlength=n_groups)
    assert filled.max() - filled.min() <= 9.0

"""Which models can be told apart on the same speakers, and the interval of a worst group's rate."""

from __future__ import annotations

import numpy as np
import pytest

from speechfair.errors import InputError
from speechfair.metrics.ranking import (
    Apart,
    gaps_apart,
    rank_ranges,
    worst_group,
    worst_groups_apart,
)
from speechfair.metrics.rates import SpeakerSums


def models_of(
    rates: list[list[float]], rng: np.random.Generator, speakers: int = 30
) -> list[list[SpeakerSums]]:
    """Models (rows) by groups (columns): Poisson errors, each speaker as hard for all models."""
    found: list[list[SpeakerSums]] = [[] for _ in rates]
    for g in range(len(rates[0])):
        names = tuple(f"{g}-{i}" for i in range(speakers))
        words = rng.integers(80, 200, speakers).astype(float)
        hard = rng.gamma(4, 0.25, speakers)
        for m, row in enumerate(rates):
            errors = rng.poisson(words * hard * row[g]).astype(float)
            found[m].append(SpeakerSums(names, errors, words, speakers))
    return found


def test_planted_differences_are_found_and_the_better_model_is_named() -> None:
    models = models_of([[0.1, 0.15, 0.12], [0.1, 0.45, 0.12], [0.5, 0.6, 0.55]], np.random.default_rng(1))
    apart = worst_groups_apart(models)
    assert {(one.better, one.worse) for one in apart} >= {(0, 1), (0, 2)}
    assert (2, 1) not in {(one.better, one.worse) for one in apart}
    assert all(0 <= one.p_value <= 0.05 for one in apart)
    assert (0, 1) in {(one.better, one.worse) for one in gaps_apart(models)}


def test_models_without_a_difference_are_rarely_told_apart() -> None:
    """The least favourable case: one group, in which all four models are equally good."""
    wrong = [
        bool(worst_groups_apart(models_of([[0.2]] * 4, np.random.default_rng(seed)))) for seed in range(200)
    ]
    assert np.mean(wrong) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / len(wrong))


def test_the_same_model_twice_is_never_told_apart() -> None:
    model = models_of([[0.1, 0.3]], np.random.default_rng(3))[0]
    assert worst_groups_apart([model, model, model]) == gaps_apart([model, model]) == []
    assert rank_ranges(3, []) == [(1, 3)] * 3


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
def test_the_order_of_models_does_not_matter(order: list[int]) -> None:
    models = models_of([[0.1, 0.2], [0.12, 0.2], [0.4, 0.5]], np.random.default_rng(4))
    for told in (worst_groups_apart, gaps_apart):
        straight = {(one.better, one.worse, round(one.p_value, 12)) for one in told(models)}
        turned = told([models[place] for place in order])
        assert {(order[x.better], order[x.worse], round(x.p_value, 12)) for x in turned} == straight


def test_a_model_without_errors_is_better_than_one_with_many() -> None:
    models = models_of([[0.0, 0.0], [0.5, 0.6]], np.random.default_rng(5))
    assert [(one.better, one.worse) for one in worst_groups_apart(models)] == [(0, 1)]


def test_the_interval_holds_the_highest_true_rate() -> None:
    """The observed highest rate is too high by luck; the interval covers the truth all the same."""
    covered = []
    for seed in range(150):
        _, found = worst_group(models_of([[0.3] * 8], np.random.default_rng(seed), speakers=10)[0])
        assert found.low is not None
        assert found.high is not None
        covered.append(found.low <= 0.3 <= found.high)
    assert np.mean(covered) >= 0.95


def test_what_does_not_fit_is_refused() -> None:
    models = models_of([[0.1, 0.2], [0.1, 0.2]], np.random.default_rng(6))
    with pytest.raises(InputError, match="same groups"):
        worst_groups_apart([models[0], models[1][:1]])
    other = models_of([[0.1, 0.2]], np.random.default_rng(7))[0]
    with pytest.raises(InputError, match="same utterances"):
        worst_groups_apart([models[0], other])
    with pytest.raises(InputError, match="no group"):
        worst_group([])
    assert rank_ranges(2, [Apart(1, 0, 0.01)]) == [(2, 2), (1, 1)]

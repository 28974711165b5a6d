from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from speechfair.metrics import summary
from speechfair.metrics.independent_errors import independent_difference, independent_ratio
from speechfair.metrics.rates import SpeakerSums
from speechfair.metrics.summary import between_group_sd, max_min_gap, worst_best_ratio
from speechfair.types import Estimate

SUMMARIES = (max_min_gap, worst_best_ratio, between_group_sd)


def sums(rate: float, prefix: str, n_speakers: int = 20, seed: int = 1) -> SpeakerSums:
    rng = np.random.default_rng([seed, ord(prefix)])
    words = rng.integers(100, 400, n_speakers).astype(float)
    errors = rng.poisson(words * rate * rng.gamma(4, 0.25, n_speakers)).astype(float)
    return SpeakerSums(tuple(f"{prefix}{i}" for i in range(n_speakers)), errors, words, n_speakers)


def test_values_are_those_of_the_pooled_rates() -> None:
    groups = [sums(0.1, "a"), sums(0.3, "b"), sums(0.2, "c")]
    rates = [group.rate or 0.0 for group in groups]
    gap = max_min_gap(groups, rng=np.random.default_rng(1), n_replicates=500)
    ratio = worst_best_ratio(groups, rng=np.random.default_rng(1), n_replicates=500)
    assert gap.value == pytest.approx(max(rates) - min(rates))
    assert ratio.value == pytest.approx(max(rates) / min(rates))
    for estimate in (gap, ratio):
        assert estimate.low is not None
        assert estimate.value is not None
        assert estimate.high is not None
        assert estimate.low < estimate.value < estimate.high
    assert gap.low is not None
    assert gap.low > 0.05
    assert ratio.low is not None
    assert ratio.low > 1.2


def test_standard_deviation_leaves_the_noise_out() -> None:
    rng = np.random.default_rng(2)
    apart = between_group_sd(
        [sums(rate, name) for rate, name in ((0.1, "a"), (0.3, "b"), (0.2, "c"))], rng=rng
    )
    assert apart.value == pytest.approx(0.1, abs=0.04)
    plain, corrected = [], []
    for seed in range(30):
        alike = [sums(0.2, name, seed=seed) for name in "abcd"]
        estimate = between_group_sd(alike, rng=rng, n_replicates=300)
        assert estimate.value is not None
        corrected.append(estimate.value)
        plain.append(float(np.std([group.rate or 0.0 for group in alike], ddof=1)))
    assert np.mean(corrected) < 0.6 * np.mean(plain)
    assert 0.0 in corrected


def test_parallel_designs_have_narrow_gaps() -> None:
    one, apart = sums(0.2, "a"), sums(0.2, "b")
    double = SpeakerSums(one.speakers, np.round(1.5 * one.errors), one.words, one.n_utterances)
    renamed = SpeakerSums(apart.speakers, double.errors, double.words, double.n_utterances)
    widths = []
    for other in (double, renamed):
        gap = max_min_gap([one, other], rng=np.random.default_rng(6), n_replicates=500)
        assert gap.low is not None
        assert gap.high is not None
        widths.append(gap.high - gap.low)
    assert widths[0] < 0.6 * widths[1]


@pytest.mark.parametrize("summary", SUMMARIES)
def test_reasons(summary: object) -> None:
    assert callable(summary)
    rng = np.random.default_rng(7)
    one, few = sums(0.2, "a"), sums(0.2, "b", n_speakers=3)
    silent = SpeakerSums((), np.zeros(0), np.zeros(0), 0)
    assert summary([one], rng=rng).reason == "1 group: nothing to compare"
    assert summary([one, silent], rng=rng).reason == "group 1 has no reference words: no rate"
    estimate = summary([one, few], rng=rng)
    assert (estimate.low, estimate.reason) == (None, "group 1: fewer than 5 speakers (3): no interval")


def test_best_group_without_errors() -> None:
    rng = np.random.default_rng(8)
    perfect = SpeakerSums(tuple("vwxyz"), np.zeros(5), np.full(5, 100.0), 5)
    assert worst_best_ratio([sums(0.2, "a"), perfect], rng=rng).value is None
    gap = max_min_gap([sums(0.2, "a"), perfect], rng=rng)
    assert gap.low is not None
    assert gap.value is not None
    assert gap.low < gap.value


def test_speakers_who_are_alike_by_chance_give_no_interval_of_width_zero() -> None:
    groups = [
        SpeakerSums(tuple(f"{name}{i}" for i in range(6)), np.full(6, errors), np.full(6, 100.0), 6)
        for name, errors in (("a", 10.0), ("b", 20.0))
    ]
    gap = max_min_gap(groups, rng=np.random.default_rng(9), n_replicates=200)
    assert gap.value == pytest.approx(0.1)
    assert gap.low is not None
    assert gap.high is not None
    assert gap.high - gap.low > 0.05
    deviation = between_group_sd(groups, rng=np.random.default_rng(9), n_replicates=200)
    # less what 60 and 120 independent errors in 600 words make
    assert deviation.value == pytest.approx(np.sqrt(0.1**2 / 2 - (60 + 120) / 2 / 600**2))
    assert deviation.low is not None
    assert deviation.high is not None
    assert deviation.low < deviation.value < deviation.high
    assert deviation.high - deviation.low > 0.05


def test_the_level_of_a_pair_stays_below_1() -> None:
    """Many groups, each of which jumps in a few replicates: the quantile is 10 standard errors, and 1 is no level."""
    drawn = np.zeros((1000, 20))
    for group in range(20):
        drawn[5 * group : 5 * group + 5, group] = 1.0
    assert 0.95 < summary._pair_level(drawn, 0.95) < 1.0


@pytest.mark.parametrize("errors", [1.0, 6.0])
@pytest.mark.parametrize("n_groups", [2, 5])
def test_groups_that_tie_have_no_interval_of_width_zero(errors: float, n_groups: int) -> None:
    groups = [
        SpeakerSums(tuple(f"{name}{i}" for i in range(6)), np.full(6, errors), np.full(6, 10.0), 6)
        for name in "abcde"[:n_groups]
    ]
    one, other = groups[:2]
    gap = max_min_gap(groups, rng=np.random.default_rng(1), n_replicates=1000)
    assert (gap.low, gap.value) == (0, 0)
    assert gap.high is not None
    assert gap.high >= independent_difference(one, other, 0.95)[1]
    ratio = worst_best_ratio(groups, rng=np.random.default_rng(1), n_replicates=1000)
    assert (ratio.low, ratio.value) == (1, 1)
    assert ratio.high is not None
    assert ratio.high >= independent_ratio(one, other, 0.95)[1]
    deviation = between_group_sd(groups, rng=np.random.default_rng(1), n_replicates=1000)
    assert (deviation.low, deviation.value) == (0, 0)
    assert deviation.high is not None
    assert deviation.high >= np.sqrt(errors / 600)


def test_a_gap_is_never_its_own_upper_limit() -> None:
    rng = np.random.default_rng(2)
    for seed in range(10):
        groups = [
            SpeakerSums(
                tuple(f"{g}-{i}" for i in range(8)),
                rng.poisson(4, 8).astype(float),
                np.full(8, 40.0),
                8,
            )
            for g in range(2 + 2 * seed)
        ]
        gap = max_min_gap(groups, rng=rng, n_replicates=400)
        assert gap.value is not None
        assert gap.high is not None
        assert gap.high > gap.value


@pytest.mark.parametrize("statistic", [max_min_gap, worst_best_ratio])
def test_a_level_that_resamples_cannot_tell_has_no_narrower_interval(
    statistic: Callable[..., Estimate],
) -> None:
    """Equal sums of the same speakers: the pairs' own limits, which then take over, are close to the value."""
    one = SpeakerSums(tuple("abcde"), np.full(5, 2.0), np.full(5, 200.0), 5)
    found = [
        statistic([one, one], rng=np.random.default_rng(1), level=level, n_replicates=500)
        for level in (0.9, 0.95, 0.99, 0.9999)
    ]
    highs = [np.inf if estimate.high is None else estimate.high for estimate in found]
    assert highs == sorted(highs)

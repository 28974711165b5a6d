from __future__ import annotations

import numpy as np
import pytest

import speechfair.metrics.bootstrap as module
from speechfair.errors import InputError
from speechfair.metrics.bootstrap import bootstrap_estimate, bootstrap_rates, expanded_level
from speechfair.metrics.rates import SpeakerSums


def sums(n_speakers: int, prefix: str, seed: int = 1) -> SpeakerSums:
    rng = np.random.default_rng(seed)
    words = rng.integers(50, 400, n_speakers).astype(float)
    errors = rng.binomial(words.astype(int), 0.2).astype(float)
    return SpeakerSums(tuple(f"{prefix}{i}" for i in range(n_speakers)), errors, words, 10 * n_speakers)


def first(rates: np.ndarray) -> np.ndarray:
    return rates[..., 0]


def test_variance_of_a_mean_is_unbiased_when_rescaled() -> None:
    group = SpeakerSums(tuple("abcdefgh"), np.arange(1.0, 9.0), np.full(8, 10.0), 8)
    expected = np.var(group.errors / 10, ddof=1) / 8
    rescaled = bootstrap_rates([group], 40_000, np.random.default_rng(2)).var()
    textbook = bootstrap_rates([group], 40_000, np.random.default_rng(2), rescaled=False).var()
    # The relative standard error of a variance from 40,000 nearly normal draws is 0.7 %.
    assert rescaled == pytest.approx(expected, rel=0.03)
    assert textbook == pytest.approx(expected * 7 / 8, rel=0.03)


def test_strata_are_independent_and_shared_speakers_are_drawn_together() -> None:
    one, other = sums(20, "a"), sums(20, "b", seed=2)
    twin = SpeakerSums(one.speakers, 2 * one.errors, one.words, one.n_utterances)
    rates = bootstrap_rates([one, other, twin], 5_000, np.random.default_rng(3))
    assert rates.shape == (5_000, 3)
    np.testing.assert_allclose(rates[:, 2], 2 * rates[:, 0])
    assert abs(np.corrcoef(rates[:, 0], rates[:, 1])[0, 1]) < 4 / np.sqrt(5_000)


def test_groups_linked_through_a_third_are_drawn_together() -> None:
    one, other = sums(6, "a"), sums(6, "b", seed=2)
    assert module._linked([one, other, one + other, sums(3, "c")]) == [[0, 1, 2], [3]]


def test_chunks_cover_every_replicate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK", 60)
    rates = bootstrap_rates([sums(9, "a")], 100, np.random.default_rng(4))
    assert np.isfinite(rates).all()
    assert len(np.unique(rates)) > 50


def test_same_seed_same_interval() -> None:
    groups = [sums(9, "a"), sums(12, "b")]
    runs = [bootstrap_estimate(first, groups, rng=np.random.default_rng(6), n_replicates=500) for _ in "ab"]
    assert runs[0] == runs[1]
    assert runs[0].low is not None
    assert runs[0].value is not None
    assert runs[0].high is not None
    assert runs[0].low < runs[0].value < runs[0].high
    assert (runs[0].n_speakers, runs[0].n_utterances) == (21, 210)


def test_percentiles_widen_as_t_does() -> None:
    # 2 Phi(2.776) - 1, since t of 4 degrees of freedom has its 97.5 % point at 2.776
    five = SpeakerSums(tuple("abcde"), np.arange(5.0), np.full(5, 30.0), 5)
    assert expanded_level([five, sums(90, "b")], 0.95) == pytest.approx(0.99450, abs=1e-5)
    one_talks = SpeakerSums(tuple("abcde"), np.arange(5.0), np.array([30.0, 30, 30, 30, 300]), 5)
    assert expanded_level([one_talks, sums(90, "b")], 0.95) > 0.9999


def test_resamples_that_are_all_alike_give_no_interval_of_width_zero() -> None:
    alike = SpeakerSums(tuple("abcdef"), np.full(6, 3.0), np.full(6, 10.0), 6)
    estimate = bootstrap_estimate(first, [alike], rng=np.random.default_rng(5), n_replicates=200)
    assert estimate.value == pytest.approx(0.3)
    assert (estimate.low, estimate.high) == (None, None)
    assert "width zero" in str(estimate.reason)


def test_lost_replicates_are_counted_and_too_many_forbid_the_interval() -> None:
    group = sums(9, "a")
    for share, given in ((0.4, False), (0.005, True)):
        limit = np.quantile(bootstrap_rates([group], 1_000, np.random.default_rng(7)), 1 - share)

        def defined_below(rates: np.ndarray, limit: float = float(limit)) -> np.ndarray:
            return np.where(rates[..., 0] <= limit, rates[..., 0], np.nan)

        rng = np.random.default_rng(7)
        estimate = bootstrap_estimate(defined_below, [group], rng=rng, n_replicates=1_000)
        assert estimate.n_lost_replicates == pytest.approx(1_000 * share, abs=2)
        assert (estimate.high is not None) is given
        assert given or str(estimate.n_lost_replicates) in str(estimate.reason)


def test_a_resample_without_words_has_no_rate() -> None:
    silent = SpeakerSums(tuple("abcdef"), np.ones(6), np.array([9.0, 0, 0, 0, 0, 0]), 6)
    lost = np.isnan(bootstrap_rates([silent], 2_000, np.random.default_rng(7)))
    # The only speaker with words is missing from (5/6)^5 of the resamples.
    assert lost.mean() == pytest.approx((5 / 6) ** 5, abs=4 * np.sqrt(0.24 / 2_000))


def test_few_speakers_and_undefined_values_have_reasons() -> None:
    rng = np.random.default_rng(8)
    few = bootstrap_estimate(first, [sums(9, "a"), sums(4, "b")], rng=rng)
    assert few.value is not None
    assert few.low is None
    assert few.reason == "group 1: fewer than 5 speakers (4): no interval"
    undefined = bootstrap_estimate(lambda rates: rates[..., 0] * np.nan, [sums(9, "a")], rng=rng)
    assert undefined.value is None
    assert undefined.reason is not None
    assert bootstrap_estimate(first, [], rng=rng).value is None


def test_nobody_to_resample_is_refused() -> None:
    with pytest.raises(InputError, match="group 0"):
        bootstrap_rates([SpeakerSums((), np.zeros(0), np.zeros(0), 0)], 10, np.random.default_rng(1))
    with pytest.raises(InputError, match="n_replicates is 0"):
        bootstrap_rates([sums(5, "a")], 0, np.random.default_rng(1))

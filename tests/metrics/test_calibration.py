"""Calibration and selection against truths that were planted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.metrics.calibration import (
    accepted,
    calibration_error,
    coverages,
    held_out,
    overconfidence,
    reliability,
    require_target,
    threshold_for,
)

WORDS = 20


def speech(shift: float = 0.0, seed: int = 0, speakers: int = 20, each: int = 15) -> pl.DataFrame:
    """Utterances whose confidence is the true share of right words plus `shift`."""
    rng = np.random.default_rng(seed)
    right = rng.beta(5, 2, speakers * each)
    wrong = rng.binomial(WORDS, 1 - right)
    return pl.DataFrame(
        {
            "speaker": [f"s{i // each:02d}" for i in range(speakers * each)],
            "confidence": np.clip(right + shift, 0.0, 1.0),
            "substitutions": wrong,
            "deletions": np.zeros_like(wrong),
            "insertions": np.zeros_like(wrong),
            "reference_length": np.full_like(wrong, WORDS),
        }
    )


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_calibrated_model_is_found_calibrated_and_an_overconfident_one_by_how_much() -> None:
    honest, boastful = overconfidence(speech()), overconfidence(speech(0.15))
    assert honest.low is not None
    assert honest.low <= 0.0 <= (honest.high or -1)
    assert boastful.value == pytest.approx(0.13, abs=0.03)
    assert (boastful.low or -1) > 0.08
    assert (calibration_error(speech()).value or 1) < 0.04
    assert (calibration_error(speech(0.15)).value or 0) > 0.10


def test_the_reliability_table_accounts_for_every_word() -> None:
    found = reliability(speech())
    assert sum(one.words for one in found) == 300 * WORDS
    assert all(one.low <= one.confidence <= one.high for one in found)
    assert max(abs(one.confidence - one.accuracy) for one in found if one.words > 500) < 0.05


def test_what_is_more_certain_is_more_right_and_the_curve_shows_it() -> None:
    table = speech()
    rates = []
    for threshold in coverages(table, [1.0, 0.8, 0.5]):
        assert threshold is not None
        rates.append(accepted(table, threshold).error_rate.value or 0)
    assert rates[0] > rates[1] + 0.02 > rates[2] + 0.04


def test_a_threshold_of_its_own_gives_each_group_the_error_that_is_wanted() -> None:
    one, other = speech(), speech(0.15, seed=5)
    common = threshold_for(one, 0.2)
    assert common is not None
    # at one threshold for all the overconfident group has more errors among what is accepted
    gap = [accepted(group, common).error_rate.value or 0 for group in (one, other)]
    assert gap[1] - gap[0] > 0.03
    for group in (one, other):
        found = held_out(group, 0.2, rng=rng())
        assert found is not None
        assert found.error_rate.value == pytest.approx(0.2, abs=0.02)
        assert (found.error_rate.low or 1) < 0.2 < (found.error_rate.high or 0)
    assert (threshold_for(other, 0.2) or 0) > common + 0.05


def test_failed_utterances_are_never_accepted_and_count_in_the_coverage() -> None:
    table = speech()
    some = table.with_columns(
        pl.when(pl.int_range(pl.len()) % 3 == 0)
        .then(None)
        .otherwise(pl.col("confidence"))
        .alias("confidence")
    )
    found = accepted(some, 0.0)
    assert found.coverage.value == pytest.approx(2 / 3)
    assert coverages(some, [0.9]) == [None]
    assert threshold_for(some.with_columns(pl.lit(None, pl.Float64).alias("confidence")), 0.5) is None


def test_too_few_speakers_give_no_interval_and_the_reason() -> None:
    found = overconfidence(speech(speakers=3))
    assert found.value is not None
    assert (found.low, found.high) == (None, None)
    assert "(at least 5 speakers): 3 speakers" in str(found.reason)
    assert held_out(speech(speakers=3), 0.2, rng=rng()) is None


def test_nothing_to_judge_is_none_with_the_reason() -> None:
    nothing = speech().with_columns(pl.lit(None, pl.Float64).alias("confidence"))
    found = overconfidence(nothing)
    assert (found.value, found.reason) == (None, "no words with a confidence")


@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.integers(0, 4)), min_size=1), st.floats(0.05, 0.9)
)
def test_no_lower_threshold_would_do(rows: list[tuple[float, int]], target: float) -> None:
    table = pl.DataFrame(
        {
            "speaker": ["s"] * len(rows),
            "confidence": [confidence for confidence, _ in rows],
            "substitutions": [errors for _, errors in rows],
            "deletions": [0] * len(rows),
            "insertions": [0] * len(rows),
            "reference_length": [4] * len(rows),
        }
    )

    def fits(threshold: float) -> bool:
        kept = [errors for confidence, errors in rows if confidence >= threshold]
        return bool(kept) and sum(kept) <= target * 4 * len(kept)

    expected = [value for value in sorted({confidence for confidence, _ in rows}) if fits(value)]
    assert threshold_for(table, target) == (expected[0] if expected else None)


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1])
def test_a_target_that_is_no_error_rate(target: float) -> None:
    with pytest.raises(InputError, match="give an error rate such as"):
        require_target(target)


def by_speakers(seed: int, n: int) -> pl.DataFrame:
    """Speakers who differ in how much the model overestimates itself, and in how much is accepted at 0.7."""
    rng = np.random.default_rng(seed)
    talent = np.repeat(rng.normal(0.0, 0.08, n), 15)
    right = np.clip(rng.beta(5, 2, n * 15) + talent, 0.02, 0.98)
    table = speech(0.0, seed, n)
    wrong = rng.binomial(WORDS, 1 - np.clip(right - 0.05 + np.repeat(rng.normal(0, 0.05, n), 15), 0.01, 0.99))
    return table.with_columns(confidence=pl.Series(right), substitutions=pl.Series(wrong))


@pytest.mark.parametrize("n", [8, 20])
def test_the_intervals_cover_with_few_speakers(n: int) -> None:
    whole = by_speakers(10_000, 4000)
    truths = overconfidence(whole).value, accepted(whole, 0.7).coverage.value
    hits = np.zeros(2)
    draws = 200
    for seed in range(draws):
        table = by_speakers(seed, n)
        for index, found in enumerate((overconfidence(table), accepted(table, 0.7).coverage)):
            hits[index] += found.low <= truths[index] <= found.high  # type: ignore[operator]
    assert (hits / draws >= 0.91).all(), hits / draws


def test_what_no_interval_covers_has_none_and_says_so() -> None:
    error, own = calibration_error(speech()), held_out(speech(), 0.2, rng=rng())
    assert own is not None
    for found in (error, own.coverage):
        assert found.value is not None
        assert (found.low, found.high, found.method) == (None, None, "none")
        assert "covers" in str(found.reason)
    assert own.error_rate.low is not None


def test_everything_accepted_is_no_certainty() -> None:
    found = accepted(speech(), 0.0).coverage
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 20))

"""Predicted power is the share of simulated comparisons that find the ratio, by the intervals that audits report."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.metrics.disparity import rate_ratio
from speechfair.metrics.pilot_spread import spread_of_pilot
from speechfair.metrics.power import (
    Population,
    Texts,
    detectable_ratio,
    ratio_power,
    smallest_detectable_ratio,
    speakers_needed,
)
from speechfair.metrics.rates import SpeakerSums
from speechfair.metrics.two_way import text_variance, two_way_ratio

DRAWS = 1_200
USUAL = Population(0.2, 0.5, 200)


def group(rng: np.random.Generator, people: Population, n: int, prefix: str) -> SpeakerSums:
    """Speakers with gamma rates, gamma talk time and negative binomial errors."""
    words = np.full(n, people.words_per_speaker)
    if people.talk_variation:
        shape = people.talk_variation**-2
        words = np.maximum(1, np.round(rng.gamma(shape, people.words_per_speaker / shape, n)))
    talent = np.ones(n)
    if people.variation:
        talent = rng.gamma(people.variation**-2, people.variation**2, n)
    mean = words * people.rate * talent
    if people.over_dispersion > 1:
        mean = rng.gamma(mean / (people.over_dispersion - 1) + 1e-12, people.over_dispersion - 1)
    names = tuple(f"{prefix}{index}" for index in range(n))
    return SpeakerSums(names, rng.poisson(mean).astype(float), words.astype(float), n)


@pytest.mark.parametrize(
    ("people", "n_group", "n_reference", "ratio", "limit"),
    [
        (USUAL, 20, 20, 1.5, 1.0),
        (Population(0.2, 0.5, 200, talk_variation=0.7), 30, 60, 1.5, 1.0),
        (Population(0.1, 0.9, 100, over_dispersion=2.0), 60, 30, 1.5, 1.0),
        (Population(0.3, 0.5, 300), 8, 8, 2.0, 1.0),
        (Population(0.15, 0.6, 150, 1.3, 0.5), 100, 100, 1.6, 1.25),
        (Population(0.15, 0.4, 150), 40, 40, 1.0, 1.25),
    ],
)
def test_predicted_power_is_the_simulated_one(
    people: Population, n_group: int, n_reference: int, ratio: float, limit: float
) -> None:
    rng = np.random.default_rng([n_group, round(100 * ratio)])
    worse = replace(people, rate=people.rate * ratio)
    found = 0
    for _ in range(DRAWS):
        estimate = rate_ratio(group(rng, worse, n_group, "g"), group(rng, people, n_reference, "r"))
        assert estimate.low is not None
        assert estimate.high is not None
        found += estimate.low > limit if ratio > limit else estimate.high < limit
    predicted = ratio_power(worse, people, n_group, n_reference, limit=limit)
    assert 0.3 < predicted < 0.9, "a setting near 0 or 1 would show nothing"
    # The model's own error is up to 3 points; three binomial standard errors are 4.
    assert found / DRAWS == pytest.approx(predicted, abs=0.07)


def test_without_a_difference_power_is_the_one_sided_error() -> None:
    assert ratio_power(USUAL, USUAL, 30, 30) == pytest.approx(0.025)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.02, 0.5), st.floats(0.1, 1.0), st.floats(20, 1_000), st.floats(1.2, 3.0))
def test_needed_is_the_fewest_that_suffice(rate: float, variation: float, words: float, ratio: float) -> None:
    people = Population(rate, variation, words)
    worse = replace(people, rate=rate * ratio)
    count = speakers_needed(people, ratio)
    assert count is not None
    assert ratio_power(worse, people, count, count) >= 0.8
    assert count == 5 or ratio_power(worse, people, count - 1, count - 1) < 0.8
    assert detectable_ratio(people, count, count) <= ratio * (1 + 1e-6)


def test_more_of_anything_helps_and_more_spread_hurts() -> None:
    needed = speakers_needed(USUAL, 1.25)
    assert needed is not None
    for easier in (replace(USUAL, words_per_speaker=400), replace(USUAL, variation=0.3)):
        fewer = speakers_needed(easier, 1.25)
        assert fewer is not None
        assert fewer < needed
    for harder in (replace(USUAL, over_dispersion=3.0), replace(USUAL, talk_variation=0.7)):
        more = speakers_needed(harder, 1.25)
        assert more is not None
        assert more > needed
    stricter = speakers_needed(USUAL, 1.25, level=0.99)
    assert stricter is not None
    assert stricter > needed


def test_what_no_number_of_speakers_can_do_is_none() -> None:
    assert speakers_needed(USUAL, 1.0001) is None
    # A reference of ten speakers stays as unsure as it is, however many the group has.
    assert speakers_needed(USUAL, 1.25, n_reference=10) is None
    assert detectable_ratio(Population(0.2, 5.0, 10), 5, 5) == math.inf


def test_a_finished_audit_would_have_found_its_detectable_ratio() -> None:
    rng = np.random.default_rng(4)
    ours, theirs = group(rng, USUAL, 25, "g"), group(rng, USUAL, 40, "r")
    smallest, reason = smallest_detectable_ratio(ours, theirs)
    assert reason is None
    assert smallest is not None
    estimate = rate_ratio(ours, theirs)
    assert estimate.high is not None
    assert estimate.value is not None
    half = math.log(estimate.high / estimate.value)
    # Half-width times (1 + t(0.8) / t(0.975)): 1.43 for many degrees of freedom.
    assert math.log(smallest) == pytest.approx(1.43 * half, rel=0.02)
    assert smallest == pytest.approx(detectable_ratio(USUAL, 25, 40), rel=0.15)
    bolder, _ = smallest_detectable_ratio(ours, theirs, power=0.5)
    assert bolder is not None
    assert bolder < smallest


def test_no_interval_no_detectable_ratio() -> None:
    rng = np.random.default_rng(5)
    few, many = group(rng, USUAL, 4, "g"), group(rng, USUAL, 20, "r")
    value, reason = smallest_detectable_ratio(few, many)
    assert value is None
    assert reason == "group: fewer than 5 speakers (4): no interval"
    perfect = SpeakerSums(tuple("abcdef"), np.zeros(6), np.full(6, 90.0), 6)
    value, reason = smallest_detectable_ratio(perfect, many)
    assert value is None
    assert "at most one speaker has errors" in str(reason)


def scores(
    rng: np.random.Generator, n: int, rate: float, variation: float, dispersion: float = 1.0
) -> pl.DataFrame:
    """Rows of utterances of speakers who talk unequally much."""
    utterances = 1 + rng.poisson(rng.gamma(2.0, 10.0, n))
    speaker = np.repeat(np.arange(n), utterances)
    words = rng.integers(4, 20, len(speaker))
    talent = rng.gamma(variation**-2, variation**2, n) if variation else np.ones(n)
    mean = words * rate * talent[speaker]
    if dispersion > 1:
        mean = rng.gamma(mean / (dispersion - 1) + 1e-12, dispersion - 1)
    errors = rng.poisson(mean)
    return pl.DataFrame(
        {
            "speaker": [f"s{index}" for index in speaker],
            "substitutions": errors,
            "deletions": 0 * errors,
            "insertions": 0 * errors,
            "reference_length": words,
        }
    )


@pytest.mark.parametrize(("variation", "dispersion"), [(0.0, 1.0), (0.5, 1.0), (0.5, 2.0), (0.9, 1.0)])
def test_spread_is_recovered_and_its_interval_holds_it(variation: float, dispersion: float) -> None:
    rng = np.random.default_rng(6)
    found = [
        spread_of_pilot(
            [scores(rng, 25, 0.2, variation, dispersion), scores(rng, 15, 0.1, variation, dispersion)]
        )
        for _ in range(60)
    ]
    squares = np.mean([one.variation**2 for one in found])
    assert squares == pytest.approx(variation**2, rel=0.15, abs=0.01)
    assert np.mean([one.over_dispersion for one in found]) == pytest.approx(dispersion, rel=0.05)
    assert np.mean([one.talk_variation for one in found]) == pytest.approx(0.7, abs=0.07)
    assert np.mean([one.low <= variation <= one.high for one in found]) >= 0.9
    assert found[0].n_speakers == 40


def test_few_speakers_leave_the_spread_open() -> None:
    rng = np.random.default_rng(7)
    few, many = (spread_of_pilot([scores(rng, n, 0.2, 0.5)]) for n in (6, 200))
    assert few.high / max(few.low, 1e-9) > 3
    assert many.high / many.low < 1.5


def test_a_pilot_that_cannot_tell_is_refused() -> None:
    rng = np.random.default_rng(8)
    with pytest.raises(InputError, match=r"4 speakers in groups that tell.*--cv"):
        spread_of_pilot([scores(rng, 4, 0.2, 0.5)])
    nobody = scores(rng, 9, 0.2, 0.5).with_columns(speaker=pl.lit(None, pl.String))
    with pytest.raises(InputError, match="0 speakers"):
        spread_of_pilot([nobody])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": 0.0}, "rate is 0.0"),
        ({"rate": 20.0}, "as a fraction"),
        ({"rate": math.nan}, "rate is nan"),
        ({"variation": -0.1}, "variation is -0.1"),
        ({"words_per_speaker": math.inf}, "words_per_speaker is inf"),
        ({"over_dispersion": 0.0}, "over_dispersion is 0.0"),
    ],
)
def test_bad_figures_are_named(change: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(USUAL, **change)


def test_bad_questions_are_refused() -> None:
    with pytest.raises(InputError, match="fewer than 5 speakers have no interval"):
        ratio_power(USUAL, USUAL, 4, 20)
    with pytest.raises(InputError, match="no number of speakers tells them apart"):
        speakers_needed(USUAL, 1.25, limit=1.25)
    with pytest.raises(InputError, match="power is 80"):
        speakers_needed(USUAL, 1.5, power=80)
    with pytest.raises(InputError, match="ratio is -1"):
        speakers_needed(USUAL, -1)
    with pytest.raises(InputError, match="level is 95"):
        ratio_power(USUAL, USUAL, 20, 20, level=95)


def readings(
    rng: np.random.Generator, people: Population, n: int, difficulty: np.ndarray[Any, Any], prefix: str
) -> pl.DataFrame:
    """Every speaker reads every text; `difficulty` multiplies the rate, shape (n_texts,)."""
    count = len(difficulty)
    words = round(people.words_per_speaker / count)
    talent = rng.gamma(people.variation**-2, people.variation**2, n)
    errors = rng.poisson(words * people.rate * np.outer(talent, difficulty))
    return pl.DataFrame(
        {
            "speaker": np.repeat([f"{prefix}{i}" for i in range(n)], count),
            "reference": np.tile([f"t{i}" for i in range(count)], n),
            "substitutions": errors.ravel(),
            "deletions": 0,
            "insertions": 0,
            "reference_length": words,
        }
    )


def test_power_for_other_texts_is_the_simulated_one() -> None:
    texts, people, n = Texts(20, 0.4), Population(0.2, 0.4, 200), 20
    worse = replace(people, rate=people.rate * 1.6)
    rng, draws, found, variances = np.random.default_rng(3), 120, 0, []
    spread = math.sqrt(math.log1p(texts.variation**2))
    for _ in range(draws):
        shared = rng.gamma(4, 1 / 4, texts.count)
        own = np.exp(rng.normal(-(spread**2) / 2, spread, texts.count))
        ours = readings(rng, worse, n, shared * own, "g")
        theirs = readings(rng, people, n, shared, "r")
        estimate = two_way_ratio(ours, theirs)
        assert estimate.low is not None
        found += estimate.low > 1
        if len(variances) < 40:
            variances.append(text_variance(ours, theirs))
    predicted = ratio_power(worse, people, n, n, texts=texts)
    assert 0.5 < predicted < 0.9
    assert ratio_power(worse, people, n, n) > predicted + 0.05
    assert found / draws == pytest.approx(predicted, abs=0.12)  # three standard errors
    known = [variance for variance in variances if variance is not None]
    assert math.sqrt(np.mean(known)) == pytest.approx(texts.variation, rel=0.2)


def test_without_spread_over_texts_only_their_number_matters() -> None:
    worse = replace(USUAL, rate=0.3)
    assert ratio_power(worse, USUAL, 20, 20, texts=Texts(1_000, 0.0)) == ratio_power(worse, USUAL, 20, 20)
    assert speakers_needed(USUAL, 1.25, texts=Texts(10, 0.5)) is None
    with pytest.raises(InputError, match="4 texts"):
        Texts(4, 0.3)


def test_power_at_a_shared_level_has_the_tails_that_audits_have() -> None:
    """Levels beyond 0.95 rest on fewer degrees of freedom (`far_quantile`); a plan for many comparisons does too."""
    worse, level = replace(USUAL, rate=0.4), 1 - 0.05 / 10
    rng, found, draws = np.random.default_rng(5), 0, 600
    for _ in range(draws):
        low = rate_ratio(group(rng, worse, 14, "g"), group(rng, USUAL, 14, "r"), level).low
        found += low is not None and low > 1
    assert found / draws == pytest.approx(ratio_power(worse, USUAL, 14, 14, level=level), abs=0.08)

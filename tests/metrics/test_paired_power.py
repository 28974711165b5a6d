"""Predicted power of a comparison of two models is the share of simulated ones that the shipped tests decide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from speechfair.errors import InputError
from speechfair.metrics.paired import non_inferiority, paired_ratio
from speechfair.metrics.paired_power import (
    Change,
    no_harm_power,
    speakers_for_change,
    speakers_for_no_harm,
)
from speechfair.metrics.pairing import Pair
from speechfair.metrics.rates import SpeakerSums

DRAWS = 500
USUAL = Change(0.15, 1.0, 0.04, 0.1, 0.5, 200)


def pair(rng: np.random.Generator, change: Change, n: int) -> Pair:
    """Speakers with gamma rates and gamma changes; errors kept, lost and gained are Poisson."""
    words = np.full(n, change.words_per_speaker)
    if change.talk_variation:
        shape = change.talk_variation**-2
        words = np.maximum(1.0, np.round(rng.gamma(shape, change.words_per_speaker / shape, n)))
    talent = rng.gamma(change.speaker_variation**-2, change.speaker_variation**2, n)
    own = rng.gamma(change.variation**-2, change.variation**2, n) if change.variation else np.ones(n)
    before = change.rate * talent
    after = before * change.ratio * own
    churn = np.maximum(change.churn * talent, np.abs(after - before))
    gained = (churn + after - before) / 2
    kept, lost, came = (
        rng.poisson(np.maximum(rate, 0) * words).astype(float)
        for rate in (before - (churn - gained), churn - gained, gained)
    )
    names = tuple(map(str, range(n)))
    return Pair(SpeakerSums(names, kept + lost, words, n), SpeakerSums(names, kept + came, words, n))


@pytest.mark.parametrize(
    "change",
    [
        USUAL,
        replace(USUAL, variation=0.0),
        replace(USUAL, rate=0.05, churn=0.02),
        replace(USUAL, rate=0.2, ratio=1.03, churn=0.06, variation=0.15),
        replace(USUAL, talk_variation=0.4),
    ],
)
def test_the_no_harm_test_passes_as_often_as_predicted(change: Change) -> None:
    needed = speakers_for_no_harm(change)
    assert needed is not None
    predicted = no_harm_power(change, needed)
    assert 0.8 <= predicted < 0.87
    rng = np.random.default_rng(needed)
    passed = sum(non_inferiority(pair(rng, change, needed)).holds is True for _ in range(DRAWS))
    assert passed / DRAWS == pytest.approx(predicted, abs=0.08)


def test_a_change_is_found_as_often_as_predicted() -> None:
    change = replace(USUAL, ratio=0.9)
    needed = speakers_for_change(change)
    assert needed is not None
    rng = np.random.default_rng(needed)
    highs = [paired_ratio(pair(rng, change, needed)).high for _ in range(DRAWS)]
    assert sum(high is not None and high < 1 for high in highs) / DRAWS == pytest.approx(0.8, abs=0.08)


def test_more_churn_more_spread_and_a_smaller_margin_need_more_speakers() -> None:
    usual = speakers_for_no_harm(USUAL)
    assert usual is not None
    for harder in (replace(USUAL, churn=0.1), replace(USUAL, variation=0.3), replace(USUAL, ratio=1.04)):
        more = speakers_for_no_harm(harder)
        assert more is not None
        assert more > usual
    stricter = speakers_for_no_harm(USUAL, relative=0.05, absolute=0.005)
    assert stricter is not None
    assert stricter > usual
    assert speakers_for_no_harm(replace(USUAL, words_per_speaker=1e-3)) is None


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(InputError, match="not within the margin"):
        speakers_for_no_harm(replace(USUAL, ratio=1.2))
    with pytest.raises(InputError, match="less than the change of the rate itself"):
        replace(USUAL, ratio=2.0)
    with pytest.raises(InputError, match="no number of speakers finds a change"):
        speakers_for_change(USUAL)
    with pytest.raises(InputError, match="fewer than 5"):
        no_harm_power(USUAL, 4)

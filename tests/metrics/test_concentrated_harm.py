"""Harm to few speakers is not passed where it was seen, and its limit leaves everybody else alone."""

from __future__ import annotations

import numpy as np
import pytest

from speechfair.metrics.concentrated_harm import concentrated_upper
from speechfair.metrics.paired import non_inferiority, paired_difference
from speechfair.metrics.pairing import Pair
from speechfair.metrics.rare_events import share_limits
from speechfair.metrics.rates import SpeakerSums


def pair(before: np.ndarray, after: np.ndarray, words: int = 200) -> Pair:
    names, each = tuple(f"s{i}" for i in range(len(before))), np.full(len(before), float(words))
    sides = (SpeakerSums(names, s.astype(float), each, 20 * len(names)) for s in (before, after))
    return Pair(*sides)


def flat(n: int) -> np.ndarray:
    return np.full(n, 16)


def test_one_struck_speaker_of_150_is_no_pass() -> None:
    after = flat(150)
    after[0] += 70
    after[1:40] += 1
    after[40:79] -= 1
    one = pair(flat(150), after)
    plain = paired_difference(one)
    assert plain.high is not None
    assert plain.high < 0.01, "the t interval alone would pass"
    found = non_inferiority(one)
    assert found.holds is None
    assert found.change.high == pytest.approx(concentrated_upper(one, 0.01, 0.95))
    assert found.change.method.endswith("or-struck-speakers")


def test_the_limit_is_the_exact_share_times_the_harm_that_was_seen() -> None:
    after = flat(60)
    after[:3] += 20
    assert concentrated_upper(pair(flat(60), after), 0.01, 0.95) == pytest.approx(
        share_limits(3, 60, 0.95)[1] * 0.1
    )


def test_nobody_struck_changes_nothing() -> None:
    after = flat(60)
    after[:20] += 10  # five margins, not more
    spread = pair(flat(60), after)
    assert concentrated_upper(spread, 0.01, 0.95) is None
    assert non_inferiority(spread).change == paired_difference(spread)
    assert concentrated_upper(spread, 0.0, 0.95) is None


def test_on_the_ratio_scale_too() -> None:
    before = np.full(150, 60)
    after = before.copy()
    after[0] += 140
    after[1:40] += 1
    after[40:79] -= 1
    found = non_inferiority(pair(before, after), relative=0.05, absolute=0.001)
    assert found.scale == "ratio"
    assert found.change.method.endswith("or-struck-speakers")
    assert found.change.high == pytest.approx(
        1 + (concentrated_upper(pair(before, after), 0.015, 0.95) or 0) / 0.3
    )


def test_an_improvement_or_harm_to_all_is_judged_as_before() -> None:
    assert non_inferiority(pair(flat(60), flat(60) - 8)).holds is True
    assert non_inferiority(pair(flat(60), flat(60) + 40)).holds is False


@pytest.mark.parametrize("n", [35, 150])
@pytest.mark.parametrize("kind", ["bursts", "few speakers"])
def test_at_the_margin_what_was_seen_is_passed_in_at_most_2_5_percent(n: int, kind: str) -> None:
    rng = np.random.default_rng([n, len(kind)])
    draws, passed = 300, 0
    for _ in range(draws):
        before = rng.poisson(16 * rng.gamma(4, 0.25, n))
        after = before + rng.poisson(4, n) - rng.binomial(before, 0.25)
        if kind == "bursts":  # one of 200 utterances gains 20 words
            struck = rng.binomial(20, 0.005, n)
            after = after + 20 * struck
        else:  # three of 100 speakers get a third of their words wrong
            struck = (rng.random(n) < 0.03) * 1
            after = after + rng.binomial(200, 1 / 3, n) * struck
        passed += bool(struck.any()) and non_inferiority(pair(before, np.maximum(after, 0))).holds is True
    assert passed / draws <= 0.025 + 2.5 * (0.025 * 0.975 / draws) ** 0.5

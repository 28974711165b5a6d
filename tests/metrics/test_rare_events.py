"""Rare events are bounded by speakers, whether they strike few speakers wholly or everybody a little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from speechfair.metrics.rare_events import rare_event_rate, share_limits, smallest_visible_share
from speechfair.metrics.rates import SpeakerSums, pooled_rate


def sums(events: list[int], utterances: int | list[int] = 20) -> SpeakerSums:
    n = len(events)
    words = np.full(n, utterances) if isinstance(utterances, int) else np.array(utterances)
    return SpeakerSums(
        tuple(f"s{i}" for i in range(n)), np.array(events, dtype=float), words.astype(float), int(words.sum())
    )


def limits(events: list[int], level: float = 0.95, utterances: int | list[int] = 20) -> tuple[float, float]:
    found = rare_event_rate(sums(events, utterances), level)
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def test_no_event_is_bounded_by_speakers_however_much_they_say() -> None:
    for utterances in (1, 20, 1000):
        low, high = limits([0] * 35, utterances=utterances)
        assert (low, high) == (0, pytest.approx(1 - 0.025 ** (1 / 35)))
    assert limits([0] * 35, utterances=[100] + [20] * 34)[1] > limits([0] * 35)[1], (
        "one speaker has many of all"
    )


def test_the_share_limits_are_clopper_and_pearsons() -> None:
    for struck, n in ((0, 35), (1, 35), (7, 20), (20, 20)):
        exact = binomtest(struck, n).proportion_ci(0.9, method="exact")
        assert share_limits(struck, n, 0.9) == pytest.approx((exact.low, exact.high))


def test_what_n_speakers_would_have_shown() -> None:
    for n in (8, 35, 150):
        assert (1 - smallest_visible_share(n)) ** n == pytest.approx(0.05)
    assert smallest_visible_share(0) == 1.0


def test_everybody_struck_is_no_certainty_either() -> None:
    low, high = limits([20] * 35)
    assert high == 1.0
    assert low <= 0.025 ** (1 / 35) + 1e-12


def test_too_few_speakers_have_no_interval() -> None:
    assert rare_event_rate(sums([0] * 4)).high is None


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=5, max_size=40),
    st.floats(0.5, 0.999999),
)
def test_it_is_finite_ordered_monotone_and_never_narrower_than_the_rate(
    pairs: list[tuple[int, int]], level: float
) -> None:
    events, utterances = [min(a, b) for a, b in pairs], [b for _, b in pairs]
    if pooled_rate(sums(events, utterances), level).high is None:
        assert rare_event_rate(sums(events, utterances), level).high is None
        return
    low, high = limits(events, level, utterances)
    found = rare_event_rate(sums(events, utterances), level)
    assert found.value is not None
    assert 0 <= low <= found.value <= high <= 1
    if level < 0.999:
        wider = limits(events, 1 - (1 - level) / 2, utterances)
        assert wider[0] <= low + 1e-12
        assert wider[1] >= high - 1e-12
    plain = pooled_rate(sums(events, utterances), level)
    assert plain.high is not None
    if sum(events):
        assert high >= min(1.0, plain.high)


@pytest.mark.parametrize("n", [8, 35])
@pytest.mark.parametrize("kind", ["whole", "half", "spread"])
def test_a_limit_that_is_the_truth_is_passed_in_at_most_2_5_percent(n: int, kind: str) -> None:
    """Events strike 2 to 10 % of the speakers wholly, half of their utterances, or everybody alike."""
    rng = np.random.default_rng([n, len(kind)])
    draws = 500
    for share in (0.02, 0.05, 0.10):
        passed = 0
        for _ in range(draws):
            struck = rng.random(n) < share
            chance = {"whole": struck * 1.0, "half": struck * 0.5, "spread": np.full(n, share)}[kind]
            truth = share * (0.5 if kind == "half" else 1.0)
            passed += limits(list(rng.binomial(20, chance)))[1] <= truth
        assert passed / draws <= 0.025 + 3 * (0.025 * 0.975 / draws) ** 0.5, (share, passed / draws)

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.metrics import (
    SpeakerSums,
    observed_design_effect,
    pooled_rate,
    rate_ratio,
    rate_under_design_effect,
    ratio_under_design_effect,
)


def nameless(errors: float, words: float) -> SpeakerSums:
    return SpeakerSums((), np.array([]), np.array([]), 10, 10, float(errors), float(words))


def test_without_speakers_there_is_no_interval_but_bounds_that_say_what_they_assume() -> None:
    sums = nameless(30, 200)
    assert pooled_rate(sums).low is None
    bounds = rate_under_design_effect(sums, 4)
    assert bounds.value == pytest.approx(0.15)
    assert bounds.method == "poisson-under-assumed-design-effect-4"
    assert bounds.n_speakers == 0
    assert ratio_under_design_effect(sums, nameless(20, 200), 2.5).method.endswith("design-effect-2.5")


def test_a_factor_of_one_is_the_exact_poisson_interval() -> None:
    # R 4.2: poisson.test(10, T = 100)$conf.int
    bounds = rate_under_design_effect(nameless(10, 100), 1)
    assert (bounds.low, bounds.high) == pytest.approx((0.04795389, 0.1839036), rel=1e-6)
    # R 4.2: poisson.test(c(20, 10), c(100, 120))$conf.int
    ratio = ratio_under_design_effect(nameless(20, 100), nameless(10, 120), 1)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.4, 1.072210668, 5.741462928), rel=1e-6)


@given(st.integers(0, 500), st.integers(40, 500), st.floats(1, 30), st.floats(0.1, 10))
def test_a_larger_factor_never_narrows(errors: int, other: int, factor: float, more: float) -> None:
    one, two = nameless(errors, 1000), nameless(other, 900)
    for narrow, wide in (
        (rate_under_design_effect(one, factor), rate_under_design_effect(one, factor + more)),
        (ratio_under_design_effect(one, two, factor), ratio_under_design_effect(one, two, factor + more)),
    ):
        assert wide.low <= narrow.low * (1 + 1e-9)  # type: ignore[operator]
        assert narrow.low <= narrow.value <= narrow.high  # type: ignore[operator]
        assert narrow.high <= wide.high * (1 + 1e-9)  # type: ignore[operator]


def test_a_reference_worth_less_than_one_error_gives_no_bounds() -> None:
    found = ratio_under_design_effect(nameless(6, 100), nameless(3, 100), 10)
    assert (found.value, found.low, found.high) == (2, None, None)
    assert (
        found.reason
        == "the reference group's errors are worth 0.3 independent ones, less than one: no bounds"
    )


def test_no_errors_have_an_upper_bound() -> None:
    bounds = rate_under_design_effect(nameless(0, 100), 2)
    assert (bounds.low, bounds.value) == (0, 0)
    assert bounds.high == pytest.approx(2 * -math.log(0.025) / 100)


@pytest.mark.parametrize(
    ("group", "reference", "reason"),
    [
        ((0, 0), (5, 50), "no reference words in the group: no rate"),
        ((5, 50), (0, 0), "no reference words in the reference group: no rate"),
        ((5, 50), (0, 50), "the reference group has no errors: no ratio"),
    ],
)
def test_an_undefined_ratio_says_why(
    group: tuple[float, float], reference: tuple[float, float], reason: str
) -> None:
    found = ratio_under_design_effect(nameless(*group), nameless(*reference), 2)
    assert (found.value, found.low, found.high, found.reason) == (None, None, None, reason)


def test_without_words_there_is_no_rate() -> None:
    assert rate_under_design_effect(nameless(0, 0), 2).reason == "no reference words: no rate"


@pytest.mark.parametrize("factor", [0.9, 0.0, -1.0, math.nan, math.inf])
def test_a_factor_below_one_or_without_end_is_an_error(factor: float) -> None:
    with pytest.raises(InputError, match="state a finite factor of at least 1"):
        rate_under_design_effect(nameless(3, 30), factor)
    with pytest.raises(InputError, match="state a finite factor of at least 1"):
        ratio_under_design_effect(nameless(3, 30), nameless(3, 30), factor)


def named(rng: np.random.Generator, rate: float, prefix: str, speakers: int = 40) -> SpeakerSums:
    words = rng.integers(80, 121, speakers).astype(float)
    errors = rng.poisson(words * rate * rng.gamma(4.0, 0.25, speakers)).astype(float)
    return SpeakerSums(tuple(f"{prefix}{i}" for i in range(speakers)), errors, words, 10 * speakers)


def test_the_true_factor_covers_and_pretending_independence_does_not() -> None:
    """Variance over Poisson is 1 + (variation 0.5)² x 18 errors of a speaker = 5.5."""
    rng = np.random.default_rng(2)
    held = np.zeros(4)
    measured = []
    for _ in range(300):
        group, reference = named(rng, 0.18, "g"), named(rng, 0.18, "r")
        measured.append(observed_design_effect(group))
        for place, factor in ((0, 5.5), (2, 1.0)):
            rate = rate_under_design_effect(group, factor)
            ratio = ratio_under_design_effect(group, reference, factor)
            held[place] += rate.low <= 0.18 <= rate.high  # type: ignore[operator]
            held[place + 1] += ratio.low <= 1 <= ratio.high  # type: ignore[operator]
    assert np.mean(measured) == pytest.approx(5.5, rel=0.1)  # type: ignore[arg-type]
    assert (held[:2] / 300 >= 0.92).all(), held / 300
    assert (held[2:] / 300 < 0.75).all(), held / 300


def test_at_the_observed_factor_the_bounds_are_about_the_interval() -> None:
    rng = np.random.default_rng(3)
    group, reference = named(rng, 0.2, "g", 200), named(rng, 0.1, "r", 200)
    factor = observed_design_effect(group)
    assert factor is not None
    exact, assumed = pooled_rate(group), rate_under_design_effect(group, factor)
    assert (assumed.low, assumed.high) == pytest.approx((exact.low, exact.high), rel=0.02)
    assert ratio_under_design_effect(group, reference, factor).value == rate_ratio(group, reference).value


@pytest.mark.parametrize(
    "sums",
    [
        nameless(5, 50),
        SpeakerSums(tuple("abcd"), np.array([1.0, 2, 3, 4]), np.full(4, 20.0), 4),
        SpeakerSums(tuple("abcde"), np.zeros(5), np.full(5, 20.0), 5),
    ],
)
def test_nothing_is_observed_where_speakers_do_not_tell(sums: SpeakerSums) -> None:
    assert observed_design_effect(sums) is None

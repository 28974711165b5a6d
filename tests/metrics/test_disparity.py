from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speechfair.metrics.disparity import difference_p_value, rate_difference, rate_ratio
from speechfair.metrics.rates import TOO_WIDE, SpeakerSums, no_interval_reason, pooled_rate
from speechfair.types import Estimate


def sums(errors: list[float], words: list[float], prefix: str = "s") -> SpeakerSums:
    names = tuple(f"{prefix}{index}" for index in range(len(errors)))
    return SpeakerSums(names, np.array(errors, float), np.array(words, float), len(errors))


group = (
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 200)), min_size=5, max_size=12)
    .map(lambda pairs: ([float(pair[0]) for pair in pairs], [float(pair[1]) for pair in pairs]))
    .filter(lambda data: no_interval_reason(sums(*data)) is None)
)


def too_wide(estimate: Estimate) -> bool:
    """Whether no interval is given because one speaker has almost all errors; the reason must say so."""
    missing = estimate.low is None or estimate.high is None
    assert estimate.reason == (TOO_WIDE if missing else None)
    return missing


@settings(deadline=None)
@given(group)
@example(([1.0, 1.0, 1.0, 1.0, 30.0], [1.0, 2.0, 12.0, 27.0, 19.0]))
def test_equal_sums_of_the_same_speakers_never_give_width_zero(data: tuple[list[float], list[float]]) -> None:
    one = sums(*data)
    ratio, difference = rate_ratio(one, one), rate_difference(one, one)
    factor, width = 1 - 2 * math.log(0.025) / sum(data[0]), -2 * math.log(0.025) / sum(data[1])
    assert (ratio.value, difference.value, ratio.n_speakers) == (1, 0, one.n_speakers)
    if not too_wide(ratio):
        assert ratio.low is not None
        assert ratio.high is not None
        assert ratio.low <= (1 + 1e-9) / factor
        assert ratio.high >= (1 - 1e-9) * factor
    if too_wide(difference):
        assert pooled_rate(one).low is None
    else:
        assert difference.low is not None
        assert difference.high is not None
        assert -difference.low == pytest.approx(difference.high)
        assert difference.high >= (1 - 1e-9) * width


def test_equal_sums_of_the_same_speakers_differ_by_the_exact_limit_of_no_event() -> None:
    one = sums([3.0, 5, 8, 2, 20], [31.0, 40, 20, 60, 35])
    ratio = rate_ratio(one, one)
    factor = 1 - 2 * math.log(0.025) / 38  # Garwood's upper limit of no event, times the design effect of 2
    assert (ratio.low, ratio.value, ratio.high) == pytest.approx((1 / factor, 1, factor))


@settings(deadline=None)
@given(group, group, st.booleans())
def test_exchanging_the_groups_inverts_the_ratio_and_the_difference(
    first: tuple[list[float], list[float]], second: tuple[list[float], list[float]], shared: bool
) -> None:
    a, b = sums(*first), sums(*second, prefix="s" if shared else "r")
    there, back = rate_ratio(a, b), rate_ratio(b, a)
    assert there.value is not None
    assert back.value == pytest.approx(1 / there.value)
    assert too_wide(there) == too_wide(back)
    if there.low is not None and there.high is not None:
        assert (back.low, back.high) == pytest.approx((1 / there.high, 1 / there.low))
    forth, hither = rate_difference(a, b), rate_difference(b, a)
    assert forth.value is not None
    assert hither.value == pytest.approx(-forth.value, abs=1e-12)
    assert too_wide(forth) == too_wide(hither)
    if forth.low is not None and forth.high is not None:
        assert (hither.low, hither.high) == pytest.approx((-forth.high, -forth.low), abs=1e-12)


@settings(deadline=None)
@given(group, group, st.integers(2, 30))
def test_the_ratio_does_not_depend_on_the_unit_of_length(
    first: tuple[list[float], list[float]], second: tuple[list[float], list[float]], factor: int
) -> None:
    plain = rate_ratio(sums(*first), sums(*second, prefix="r"))
    scaled = rate_ratio(
        sums(first[0], [factor * word for word in first[1]]),
        sums(second[0], [factor * word for word in second[1]], prefix="r"),
    )
    assert (scaled.value, scaled.low, scaled.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_equal_variances_have_the_degrees_of_freedom_of_both() -> None:
    errors, words = [3.0, 5, 8, 2, 20], [31.0] * 5
    estimate = rate_ratio(sums(errors, words), sums(errors, words, prefix="r"))
    logs = np.log((38 - np.array(errors)) / (155 - np.array(words)))
    variance = 2 * 4 / 5 * ((logs - logs.mean()) ** 2).sum()
    assert estimate.high == pytest.approx(math.exp(2.306004135 * math.sqrt(variance)))  # R: qt(0.975, 8)
    assert estimate.n_speakers == 10


def test_parallel_readings_are_compared_within_the_speaker() -> None:
    rng = np.random.default_rng(5)
    words = rng.integers(80, 300, 20).astype(float)
    talent = rng.gamma(4, 0.25, 20)
    near = np.round(words * 0.2 * talent) + 1
    far = np.round(near * 1.5) + rng.integers(0, 3, 20)
    same = rate_ratio(sums(list(far), list(words)), sums(list(near), list(words)))
    other = rate_ratio(sums(list(far), list(words)), sums(list(near), list(words), prefix="r"))
    assert same.value == other.value
    assert same.low is not None
    assert same.high is not None
    assert other.low is not None
    assert other.high is not None
    assert 1.3 < same.low < same.high < 1.8
    assert math.log(same.high / same.low) < 0.25 * math.log(other.high / other.low)
    paired, unpaired = (
        rate_difference(sums(list(far), list(words)), sums(list(near), list(words), prefix=prefix))
        for prefix in "sr"
    )
    assert paired.low is not None
    assert unpaired.low is not None
    assert paired.low > 0.06 > unpaired.low


def test_a_speaker_in_common_is_counted_once_and_moves_the_interval() -> None:
    errors, words = [3.0, 5, 8, 4, 9], [20.0, 30, 30, 25, 50]
    a, b = sums(errors, words), sums(errors, words, prefix="r")
    partly = SpeakerSums(("s0", *b.speakers[1:]), b.errors, b.words, b.n_utterances)
    assert rate_ratio(a, partly).n_speakers == 9
    assert rate_ratio(a, partly).low != pytest.approx(rate_ratio(a, b).low)


def test_a_group_without_errors_is_not_known_to_be_perfect() -> None:
    perfect, usual = sums([0] * 6, [100] * 6), sums([4, 6, 5, 7, 3], [50] * 5, prefix="r")
    ratio, difference = rate_ratio(perfect, usual), rate_difference(perfect, usual)
    assert (ratio.value, ratio.low) == (0.0, 0.0)
    limits = pooled_rate(perfect), pooled_rate(usual)
    assert limits[0].high is not None
    assert limits[1].low is not None
    assert ratio.high == pytest.approx(limits[0].high / limits[1].low)
    assert difference.low is not None
    assert difference.high is not None
    assert difference.low < -0.1 < difference.high < 0


def test_no_ratio_to_a_group_without_errors_but_a_difference() -> None:
    perfect, usual = sums([0] * 6, [100] * 6), sums([4, 6, 5, 7, 3], [50] * 5, prefix="r")
    ratio = rate_ratio(usual, perfect)
    assert (ratio.value, ratio.low, ratio.high) == (None, None, None)
    assert ratio.reason == "the reference group has no errors: no ratio"
    assert rate_difference(usual, perfect).value == pytest.approx(0.1)
    assert rate_difference(usual, perfect).reason is None


@pytest.mark.parametrize("compare", [rate_ratio, rate_difference])
def test_reasons_name_the_group(compare: object) -> None:
    assert callable(compare)
    usual, few, silent = sums([4] * 6, [50] * 6), sums([1], [9], "r"), sums([], [])
    assert compare(usual, few).reason == "reference group: fewer than 5 speakers (1): no interval"
    assert compare(few, usual).reason == "group: fewer than 5 speakers (1): no interval"
    assert compare(few, usual).value is not None
    assert compare(silent, usual).reason == "no reference words in the group: no rate"
    assert compare(usual, silent).value is None


@pytest.mark.parametrize("wrong", [1, 2])
def test_a_reference_with_errors_of_fewer_than_three_speakers_gives_a_lower_limit_only(wrong: int) -> None:
    one = sums([8.0] * 20, [100.0] * 20)
    other = sums([1.0] * wrong + [0.0] * (20 - wrong), [100.0] * 20, "r")
    ratio, difference = rate_ratio(one, other), rate_difference(one, other)
    assert ratio.value == pytest.approx(160 / wrong)
    assert ratio.low is not None
    assert 1 < ratio.low < 160 / wrong
    assert ratio.high is None
    assert f"only {wrong} of the reference group's 20 speakers have errors" in str(ratio.reason)
    assert difference.low is not None
    assert difference.high is not None


@pytest.mark.parametrize("shared", [False, True])
def test_the_p_value_of_a_difference_is_that_of_the_ratios_interval(shared: bool) -> None:
    rng = np.random.default_rng(5)
    one = sums(list(rng.poisson(20, 9)), [100.0] * 9)
    other = sums(list(rng.poisson(27, 12)), [100.0] * 12, "s" if shared else "r")
    p_value = difference_p_value(one, other)
    assert isinstance(p_value, float)
    for level, within in ((1 - 1.01 * p_value, False), (1 - 0.99 * p_value, True)):
        found = rate_ratio(one, other, level)
        assert found.low is not None
        assert found.high is not None
        # the exact interval of independent errors can only be wider
        assert (found.low <= 1 <= found.high) or not within
    assert difference_p_value(one, one) == 1


def test_the_p_value_of_a_group_without_errors_is_that_of_the_difference() -> None:
    none, many = sums([0.0] * 8, [200.0] * 8), sums([30.0, 25, 40, 28, 33, 41], [200.0] * 6, "r")
    p_value = difference_p_value(none, many)
    assert isinstance(p_value, float)
    assert p_value < 0.05
    few = sums([1.0, 0, 0, 0, 0, 0], [200.0] * 6, "r")
    told = difference_p_value(none, few)
    assert isinstance(told, float)
    assert told > 0.5

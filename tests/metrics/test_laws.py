"""What holds for every statistic on any finite counts: no exception, no NaN, the interval holds its estimate, and more.

Corpora are drawn from corner to corner: 2 to 50 groups, 1 to a million words a speaker, one speaker with nearly all of
them, no errors at all, more errors than words, levels up to 1 - 1e-6.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.metrics import (
    SpeakerSums,
    between_group_sd,
    bootstrap_estimate,
    max_min_gap,
    observed_design_effect,
    permute_gap,
    pooled_rate,
    rate_difference,
    rate_ratio,
    rate_under_design_effect,
    ratio_under_design_effect,
    shrunken_rates,
    simultaneous_ratios,
    speaker_mean_rate,
    worst_best_ratio,
)
from speechfair.metrics.calibration import accepted, calibration_error, overconfidence
from speechfair.metrics.disparity import difference_p_value
from speechfair.metrics.independent_errors import (
    independent_difference,
    independent_rate,
    independent_ratio,
)
from speechfair.metrics.paired import non_inferiority, paired_difference, paired_ratio, ratio_change
from speechfair.metrics.paired_gap import gap_change
from speechfair.metrics.pairing import Pair
from speechfair.metrics.power import smallest_detectable_ratio, spread_of_pilot
from speechfair.metrics.slices import find_slices
from speechfair.types import Estimate

LEVELS = (0.5, 0.9, 0.95, 0.99, 1 - 1e-4, 1 - 1e-6)
quick = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
few = settings(quick, max_examples=15)


def made(name: str, seed: int, kind: str, talk: str, n_speakers: int) -> SpeakerSums:
    rng = np.random.default_rng([seed, n_speakers])
    words = {
        "equal": np.full(n_speakers, 200.0),
        "one word": np.ones(n_speakers),
        "any": np.round(10 ** rng.uniform(0, 6, n_speakers)),
        "usual": rng.integers(50, 400, n_speakers).astype(float),
        "lopsided": np.where(np.arange(n_speakers) == 0, 1e6, rng.integers(1, 50, n_speakers)),
    }[talk]
    rate = {
        "none": np.zeros(n_speakers),
        "one": np.where(np.arange(n_speakers) == n_speakers - 1, 0.3, 0.0),
        "two": np.where(np.arange(n_speakers) < 2, 0.3, 0.0),
        "rare": np.full(n_speakers, 0.003),
        "usual": 0.15 * rng.gamma(2, 0.5, n_speakers),
        "many": 3 * rng.gamma(2, 0.5, n_speakers),
        "wild": 10 ** rng.uniform(-6, 2, n_speakers),
        "tied": np.full(n_speakers, 0.1),
    }[kind]
    errors = (
        np.ceil(words * rate) if kind in ("one", "two", "tied") else rng.poisson(words * rate).astype(float)
    )
    return SpeakerSums(tuple(f"{name}{i}" for i in range(n_speakers)), errors, words, n_speakers)


KINDS = ("none", "one", "two", "rare", "usual", "many", "wild", "tied")
TALKS = ("equal", "one word", "any", "usual", "lopsided")
sides = st.tuples(st.integers(0, 10**6), st.sampled_from(KINDS), st.sampled_from(TALKS), st.integers(1, 12))
one_group = sides.map(lambda drawn: made("a", *drawn))
two_groups = st.tuples(sides, sides, st.booleans()).map(
    lambda drawn: (made("a", *drawn[0]), made("a" if drawn[2] else "b", *drawn[1]))
)
groups = st.tuples(
    st.one_of(st.lists(sides, min_size=2, max_size=5), st.lists(sides, min_size=20, max_size=50)),
    st.booleans(),
).map(lambda drawn: [made(f"{0 if drawn[1] and i < 2 else i}-", *side) for i, side in enumerate(drawn[0])])


def sound(estimate: Estimate) -> Estimate:
    """Undefined is None with a reason; numbers are finite; the interval holds the estimate."""
    for number in (estimate.value, estimate.low, estimate.high):
        assert number is None or math.isfinite(number)
    if None in (estimate.value, estimate.low, estimate.high):
        assert estimate.reason
    if estimate.value is not None:
        slack = 1e-9 * (1 + abs(estimate.value))
        assert estimate.low is None or estimate.low <= estimate.value + slack
        assert estimate.high is None or estimate.high >= estimate.value - slack
    return estimate


def widening(statistic: Callable[[float], Estimate]) -> Iterator[Estimate]:
    """The statistic at rising levels: no interval of a higher level lies inside one of a lower level."""
    found = [sound(statistic(level)) for level in LEVELS]
    for lower, higher in pairwise(found):
        slack = 1e-6 * (1 + abs(lower.value or 0.0))
        if lower.low is not None and higher.low is not None:
            assert higher.low <= lower.low + slack
        if lower.high is not None and higher.high is not None:
            assert higher.high >= lower.high - slack
    yield from found


@pytest.fixture(autouse=True)
def _loud() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


@quick
@given(one_group)
def test_rates(group: SpeakerSums) -> None:
    for estimate in widening(lambda level: pooled_rate(group, level)):
        if estimate.low is not None and estimate.high is not None:
            low, high = independent_rate(group.total_errors, group.total_words, estimate.level)
            assert estimate.low <= low * (1 + 1e-9)
            assert estimate.high >= high * (1 - 1e-9)
    list(widening(lambda level: speaker_mean_rate(group, level)))
    list(widening(lambda level: rate_under_design_effect(group, 3.0, level)))
    effect = observed_design_effect(group)
    assert effect is None or math.isfinite(effect)


@quick
@given(two_groups)
def test_comparisons(pair: tuple[SpeakerSums, SpeakerSums]) -> None:
    one, other = pair
    apart = set(one.speakers).isdisjoint(other.speakers)
    for ratio in widening(lambda level: rate_ratio(one, other, level)):
        if ratio.low is not None and apart:
            low, high = independent_ratio(one, other, ratio.level)
            assert ratio.low <= low * (1 + 1e-9)
            assert ratio.high is None or ratio.high >= high * (1 - 1e-9)
    for difference in widening(lambda level: rate_difference(one, other, level)):
        if difference.low is not None and difference.high is not None and apart:
            low, high = independent_difference(one, other, difference.level)
            assert difference.low <= low + 1e-12
            assert difference.high >= high - 1e-12
        assert difference.low is None or difference.high is None or difference.low < difference.high
    list(widening(lambda level: ratio_under_design_effect(one, other, 3.0, level)))
    p_value = difference_p_value(one, other)
    assert isinstance(p_value, str) or 0 <= p_value <= 1
    smallest, why = smallest_detectable_ratio(one, other)
    assert why if smallest is None else smallest >= 1


@few
@given(groups)
def test_many_groups(drawn: list[SpeakerSums]) -> None:
    for level in (0.95, 1 - 1e-6):
        for estimate in simultaneous_ratios(drawn[1:], drawn[0], rng=np.random.default_rng(1), level=level):
            sound(estimate)
    found = permute_gap(drawn, rng=np.random.default_rng(1), n_permutations=50)
    assert found.p_value is None or 0 <= found.p_value <= 1
    assert found.null or found.reason
    cells = {str(i): sums for i, sums in enumerate(drawn)}
    names = [name for sums in drawn for name in sums.speakers]
    if len(set(names)) < len(names):
        with pytest.raises(InputError, match="is in the cells"):
            shrunken_rates(cells)
    else:
        shrunken = shrunken_rates(cells)
        for cell in shrunken.cells.values():
            sound(cell.ratio)
        sound(shrunken.gap)


@few
@given(groups, st.sampled_from([max_min_gap, worst_best_ratio, between_group_sd]))
def test_over_all_groups(drawn: list[SpeakerSums], statistic: Callable[..., Estimate]) -> None:
    some = drawn[:8]
    for estimate in widening(
        lambda level: statistic(some, rng=np.random.default_rng(1), level=level, n_replicates=400)
    ):
        if estimate.low is not None and estimate.high is not None and estimate.value is not None:
            assert estimate.low < estimate.high
            assert estimate.value < estimate.high
    sound(statistic(drawn, rng=np.random.default_rng(1), n_replicates=100))
    sound(bootstrap_estimate(lambda r: r.mean(axis=-1), some, rng=np.random.default_rng(1), n_replicates=100))


def changed(sums: SpeakerSums, seed: int, how: str) -> Pair:
    rng = np.random.default_rng(seed)
    after = {
        "same": sums.errors,
        "fewer": np.floor(sums.errors * rng.uniform(0, 1, sums.n_speakers)),
        "more": sums.errors + rng.poisson(3, sums.n_speakers),
        "none": np.zeros(sums.n_speakers),
        "wild": np.round(10 ** rng.uniform(0, 6, sums.n_speakers)),
    }[how]
    return Pair(sums, SpeakerSums(sums.speakers, after, sums.words, sums.n_utterances))


hows = st.sampled_from(["same", "fewer", "more", "none", "wild"])


@quick
@given(two_groups, st.integers(0, 1000), hows, hows)
def test_two_models(drawn: tuple[SpeakerSums, SpeakerSums], seed: int, how: str, how_other: str) -> None:
    one, other = changed(drawn[0], seed, how), changed(drawn[1], seed + 1, how_other)
    for difference in widening(lambda level: paired_difference(one, level)):
        assert difference.low is None or difference.high is None or difference.low < difference.high
    list(widening(lambda level: paired_ratio(one, level)))
    list(widening(lambda level: ratio_change(one, other, level)))
    for level in LEVELS:
        sound(non_inferiority(one, level=level).change)
        change = gap_change(
            {"a": one, "b": other}, rng=np.random.default_rng(1), level=level, n_replicates=1000
        )
        sound(change)
        assert change.low is None or change.high is None or change.low < change.high


@few
@given(sides, st.integers(0, 1000))
def test_confidence_and_pilots(drawn: tuple[int, str, str, int], seed: int) -> None:
    sums = made("a", *drawn)
    rng = np.random.default_rng(seed)
    table = pl.DataFrame(
        {
            "speaker": sums.speakers,
            "confidence": rng.uniform(0, 1, sums.n_speakers),
            "substitutions": sums.errors.astype(int),
            "deletions": 0,
            "insertions": 0,
            "reference_length": sums.words.astype(int),
        }
    )
    for level in (0.95, 1 - 1e-6):
        sound(calibration_error(table, level=level))
        sound(overconfidence(table, level=level))
        found = accepted(table, 0.5, level=level)
        sound(found.coverage)
        sound(found.error_rate)
    try:
        spread = spread_of_pilot([table])
    except InputError as problem:
        told = str(problem)
        if "the pilot" not in told:
            raise
    else:
        known = spread.variation, spread.low, spread.high, spread.over_dispersion
        assert all(math.isfinite(number) for number in known)


@pytest.mark.parametrize("talk", TALKS)
@pytest.mark.parametrize("kind", ["none", "one", "wild", "tied"])
def test_slices(kind: str, talk: str) -> None:
    rng = np.random.default_rng(1)
    many = made("s", 1, kind, talk, 24)
    features = rng.normal(size=(24, 2))
    search = find_slices(features, {"x": [0, 1]}, many, np.full(24, 3), rng=rng, most_clusters=2)
    for one in search.slices:
        sound(one.ratio)
        assert one.p_value is None or 0 <= one.p_value <= 1

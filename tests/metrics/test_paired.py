"""Paired changes: laws, error rates and coverage on simulated speakers, and bad input."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.metrics.disparity import rate_difference
from speechfair.metrics.paired import non_inferiority, paired_difference, paired_ratio, ratio_change
from speechfair.metrics.paired_gap import gap_change
from speechfair.metrics.pairing import Pair, join, pair_by_group, pair_up
from speechfair.metrics.rates import MIN_SPEAKERS, TOO_WIDE, SpeakerSums
from speechfair.types import Estimate


def pair_of(
    old: list[float], new: list[float], words: float | list[float] = 100.0, prefix: str = "s"
) -> Pair:
    names = tuple(f"{prefix}{index:03d}" for index in range(len(old)))
    spoken = np.broadcast_to(np.asarray(words, dtype=float), (len(old),)).copy()
    sides = (SpeakerSums(names, np.array(side, dtype=float), spoken, 10 * len(old)) for side in (old, new))
    return Pair(*sides)


counts = st.integers(0, 40)
pairs = (
    st.lists(st.tuples(counts, counts, st.integers(40, 400)), min_size=5, max_size=12)
    .map(lambda rows: pair_of(*(list(map(float, column)) for column in zip(*rows, strict=True))))  # type: ignore[arg-type]
    .filter(lambda pair: pair.no_interval is None)
)


def limits(estimate: Estimate) -> tuple[float, float]:
    assert estimate.low is not None, estimate.reason
    assert estimate.high is not None
    return estimate.low, estimate.high


@settings(deadline=None)
@given(pairs)
def test_the_interval_of_the_difference_holds_it_and_turns_with_the_sides(pair: Pair) -> None:
    there, back = paired_difference(pair), paired_difference(pair.reversed())
    low, high = limits(there)
    assert there.value is not None
    assert low <= there.value <= high
    assert low < high, "never of width zero"
    assert back.value == pytest.approx(-there.value)
    assert limits(back) == pytest.approx((-high, -low))


@settings(deadline=None)
@given(pairs)
def test_the_interval_of_the_ratio_holds_it_and_turns_with_the_sides(pair: Pair) -> None:
    there, back = paired_ratio(pair), paired_ratio(pair.reversed())
    if there.value is None:
        assert "no errors" in str(there.reason)
        return
    if there.low is None:
        assert there.reason == TOO_WIDE
        return
    low, high = limits(there)
    assert low - 1e-12 <= there.value <= high + 1e-12
    assert low < high
    if there.method == "paired-jackknife-log-t" == back.method:
        assert back.value == pytest.approx(1 / there.value)
        assert limits(back) == pytest.approx((1 / high, 1 / low))


@settings(deadline=None)
@given(pairs, pairs)
def test_a_change_of_ratio_turns_with_the_groups_and_with_the_sides(one: Pair, other: Pair) -> None:
    other = Pair(
        *(
            replace(side, speakers=tuple("r" + s for s in side.speakers))
            for side in (other.before, other.after)
        )
    )
    there = ratio_change(one, other)
    if there.value is None or there.low is None:
        assert there.reason
        return
    low, high = limits(there)
    assert low <= there.value <= high
    for back in (ratio_change(other, one), ratio_change(one.reversed(), other.reversed())):
        assert back.value == pytest.approx(1 / there.value)
        if there.method == "paired-jackknife-log-t":
            assert limits(back) == pytest.approx((1 / high, 1 / low))


@pytest.mark.parametrize("errors", [[0.0] * 8, [3.0, 5.0, 0.0, 9.0, 2.0, 4.0, 4.0, 1.0]])
def test_identical_models_do_not_get_an_interval_of_width_zero(errors: list[float]) -> None:
    pair = pair_of(errors, errors)
    difference = paired_difference(pair)
    assert difference.value == 0
    low, high = limits(difference)
    assert low < 0 < high
    assert low == pytest.approx(-high)
    assert high == pytest.approx(2 * -math.log(0.025) / 800), "the exact Poisson limit of no event, doubled"
    if any(errors):
        ratio = paired_ratio(pair)
        assert ratio.value == 1
        assert limits(ratio)[0] < 1 < limits(ratio)[1]
        other = pair_of(errors, errors, prefix="r")
        change = ratio_change(pair, other)
        assert change.value == 1
        assert limits(change)[0] < 1 < limits(change)[1]


def test_speakers_who_change_in_step_do_not_make_it_certain() -> None:
    pair = pair_of([5.0] * 8, [8.0] * 8)
    difference, ratio = paired_difference(pair), paired_ratio(pair)
    assert difference.value == pytest.approx(0.03)
    assert limits(difference)[1] - limits(difference)[0] > 0.01
    assert limits(ratio)[0] < 1.5 < limits(ratio)[1]


def test_what_speakers_of_both_groups_share_cancels_in_the_change_of_ratio() -> None:
    """One voice in two accents: where the voice alone decides how much better it got, the ratio did not change."""
    rng = np.random.default_rng(4)
    gain = rng.uniform(0.2, 0.9, 12)
    one, other = (pair_of([200.0 * k] * 12, list((200 * k * gain).round()), 1000.0) for k in (1, 2))
    apart = Pair(
        *(replace(s, speakers=tuple("r" + name for name in s.speakers)) for s in (other.before, other.after))
    )
    shared, unshared = limits(ratio_change(one, other)), limits(ratio_change(one, apart))
    assert shared[0] < 1 < shared[1]
    assert shared[1] - shared[0] < (unshared[1] - unshared[0]) / 3


def test_identical_models_have_the_same_gap() -> None:
    groups = {
        "x": pair_of([3.0, 5.0, 2.0, 9.0, 2.0], [3.0, 5.0, 2.0, 9.0, 2.0]),
        "y": pair_of([9.0] * 5, [9.0] * 5, prefix="y"),
    }
    change = gap_change(groups, rng=np.random.default_rng(0), n_replicates=500)
    assert change.value == 0
    assert change.low is None or limits(change)[0] < 0 < limits(change)[1]


def test_pairing_is_worth_it() -> None:
    """The same numbers, taken as two groups of different speakers, are far less sure."""
    rng = np.random.default_rng(3)
    talent = rng.gamma(1.2, 10, 20).round() + 2
    pair = pair_of(list(talent), list(talent - 1 - (np.arange(20) % 2)))
    low, high = limits(paired_difference(pair))
    apart = rate_difference(
        pair.after, replace(pair.before, speakers=tuple("o" + s for s in pair.before.speakers))
    )
    apart_low, apart_high = limits(apart)
    assert high < 0 < apart_high
    assert high - low < (apart_high - apart_low) / 3


@settings(deadline=None)
@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_speakers_does_not_matter(pair: Pair, random: object) -> None:
    order = list(range(pair.n_speakers))
    random.shuffle(order)  # type: ignore[attr-defined]
    turned = Pair(
        *(replace(s, errors=s.errors[order], words=s.words[order]) for s in (pair.before, pair.after))
    )
    assert limits(paired_difference(turned)) == pytest.approx(limits(paired_difference(pair)))


def test_reasons_instead_of_numbers() -> None:
    few = pair_of([3.0] * 4, [5.0] * 4)
    for estimate in (paired_difference(few), paired_ratio(few), ratio_change(few, few)):
        assert estimate.value is not None
        assert estimate.low is None
        assert f"fewer than {MIN_SPEAKERS} speakers" in str(estimate.reason)
    silent = pair_of([0.0] * 6, [1.0] * 6)
    assert (paired_ratio(silent).value, paired_difference(silent).low is not None) == (None, True)
    assert "makes no errors" in str(paired_ratio(silent).reason)
    assert "makes no errors" in str(ratio_change(silent, few).reason)
    empty = pair_of([0.0] * 6, [0.0] * 6, words=0.0)
    assert "no reference words" in str(paired_difference(empty).reason)
    gap = gap_change({"x": few}, rng=np.random.default_rng(0))
    assert (gap.value, "needs two groups" in str(gap.reason)) == (None, True)
    gap = gap_change({"x": few, "y": pair_of([1.0] * 6, [2.0] * 6, prefix="y")}, rng=np.random.default_rng(0))
    assert gap.value == pytest.approx((0.05 - 0.02) - (0.03 - 0.01))
    assert (gap.low, str(gap.reason)[:2]) == (None, "x:")
    assert gap_change({}, rng=np.random.default_rng(0)).n_speakers == 0
    nobody = SpeakerSums((), np.zeros(0), np.zeros(0), 5, 5, 4.0, 50.0)
    unknown = Pair(nobody, replace(nobody, errors_without_speaker=6.0))
    assert paired_difference(unknown).value == pytest.approx(0.04)
    assert "no speaker id" in str(non_inferiority(unknown).reason)


# -- non-inferiority ------------------------------------------------------------------------------------


def test_the_larger_margin_is_the_one_that_counts() -> None:
    many = pair_of([20.0] * 30, [20.0 + (i % 3 == 0) for i in range(30)])
    assert (non_inferiority(many).scale, non_inferiority(many).limit) == ("ratio", pytest.approx(1.1))
    few = pair_of([2.0] * 30, [2.0] * 30)
    assert (non_inferiority(few).scale, non_inferiority(few).limit) == ("difference", 0.01)
    assert non_inferiority(few).holds is True, "2 points of which nothing changed, in 3,000 words"
    worse = pair_of([20.0] * 30, [30.0 + (i % 5) for i in range(30)])
    assert non_inferiority(worse).holds is False
    assert non_inferiority(worse, relative=1.0).holds is True
    open_ = non_inferiority(pair_of([20.0] * 6, [21.0, 30.0, 20.0, 15.0, 28.0, 20.0]))
    assert open_.holds is None
    assert "contains the limit 1.1" in str(open_.reason)


@pytest.mark.parametrize("margin", [-0.1, math.nan, math.inf])
def test_a_margin_is_a_number(margin: float) -> None:
    pair = pair_of([2.0] * 6, [2.0] * 6)
    for margins in ({"relative": margin}, {"absolute": margin}):
        with pytest.raises(InputError, match=f"margin is {margin}"):
            non_inferiority(pair, **margins)


# -- simulated speakers -----------------------------------------------------------------------------------

DRAWS = 300


def draw(
    rng: np.random.Generator, n_speakers: int, old: float, new: float, variation: float, prefix: str = "s"
) -> Pair:
    """Speakers with gamma-distributed rates and unequal talk time, of whose errors the models share most."""
    words = np.round(rng.integers(150, 250, n_speakers) * rng.choice([0.4, 1.0, 2.0], n_speakers))
    talent = rng.gamma(variation**-2, variation**2, n_speakers)
    own = rng.gamma(11.1, 0.09, (2, n_speakers))  # coefficient of variation 0.3
    means = words * talent * np.array([[old], [new]]) * own
    shared = 0.6 * means.min(axis=0)
    errors = rng.poisson(shared) + rng.poisson(means - shared)
    return pair_of(*map(list, errors), words=list(words), prefix=prefix)  # type: ignore[arg-type]


def holds(estimate: Estimate, truth: float) -> bool:
    low, high = limits(estimate)
    return low <= truth <= high


# Nominal 95 %; in 1,500 draws 94 to 98 % here. Three binomial standard errors below 94 %.
LEAST = 0.94 - 3 * math.sqrt(0.94 * 0.06 / DRAWS)


@pytest.mark.parametrize(("n_speakers", "variation"), [(8, 0.9), (20, 0.5), (20, 0.9)])
@pytest.mark.parametrize(("old", "new"), [(0.18, 0.14), (0.15, 0.15), (0.10, 0.13)])
def test_paired_intervals_cover(n_speakers: int, variation: float, old: float, new: float) -> None:
    rng = np.random.default_rng([n_speakers, int(10 * variation), int(100 * old)])
    covered, naive = np.zeros(3), 0
    for _ in range(DRAWS):
        group = draw(rng, n_speakers, old, new, variation)
        reference = draw(rng, 20, 0.12, 0.10, variation, "r")
        covered += (
            holds(paired_difference(group), new - old),
            holds(paired_ratio(group), new / old),
            holds(ratio_change(group, reference), new / old / (0.10 / 0.12)),
        )
        naive += _as_if_words_were_independent(group, new - old)
    assert (covered / DRAWS >= LEAST).all(), covered / DRAWS
    assert naive / DRAWS < 0.85, "else this simulation could not tell a wrong interval"


def _as_if_words_were_independent(pair: Pair, truth: float) -> bool:
    moved, words = pair.after.errors - pair.before.errors, pair.before.total_words
    half = 1.96 * math.sqrt(float((pair.gained + pair.lost).sum())) / words
    return abs(moved.sum() / words - truth) <= half


@pytest.mark.parametrize(
    "rates",
    [
        [(0.18, 0.14), (0.12, 0.10)],
        [(0.18, 0.10), (0.12, 0.10)],  # the gap closes
        [(0.12, 0.20), (0.12, 0.12), (0.12, 0.13)],  # a gap opens
        [(0.15, 0.12), (0.15, 0.12), (0.15, 0.12)],  # there is none
    ],
)
def test_the_change_of_the_gap_is_covered(rates: list[tuple[float, float]]) -> None:
    rng = np.random.default_rng(len(rates))
    before, after = (np.array(side) for side in zip(*rates, strict=True))
    truth = float(np.ptp(after) - np.ptp(before))
    covered = 0
    for _ in range(DRAWS // 2):
        groups = {f"g{i}": draw(rng, 15, *pair, 0.7, f"{i}-") for i, pair in enumerate(rates)}
        covered += holds(gap_change(groups, rng=rng, n_replicates=300), truth)
    assert covered / (DRAWS // 2) >= 0.94 - 3 * math.sqrt(0.94 * 0.06 / (DRAWS // 2))


@pytest.mark.parametrize("n_speakers", [5, 12, 35])
def test_harm_at_the_margin_is_seldom_called_harmless(n_speakers: int) -> None:
    """Nominally 2.5 %; three standard errors of the simulation above 4 %."""
    rng = np.random.default_rng(n_speakers)
    called = [non_inferiority(draw(rng, n_speakers, 0.18, 0.198, 0.7)).holds for _ in range(DRAWS)]
    allowed = 0.04 + 3 * math.sqrt(0.04 * 0.96 / DRAWS)
    assert called.count(True) / DRAWS <= allowed
    assert called.count(False) / DRAWS <= allowed


def test_what_is_plain_is_decided() -> None:
    rng = np.random.default_rng(8)
    better = [non_inferiority(draw(rng, 35, 0.18, 0.12, 0.5)).holds for _ in range(60)]
    worse = [non_inferiority(draw(rng, 35, 0.18, 0.30, 0.5)).holds for _ in range(60)]
    assert better.count(True) > 54
    assert worse.count(False) > 54
    assert False not in better
    assert True not in worse


# -- pairing ------------------------------------------------------------------------------------------------


def scores(rows: list[tuple[str, str | None, int, str | None]]) -> pl.DataFrame:
    """Rows of id, speaker, substitutions and group, ten reference words each."""
    schema = {"utterance_id": pl.String, "speaker": pl.String, "substitutions": pl.Int64, "accent": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        deletions=pl.lit(0), insertions=pl.lit(0), reference_length=pl.lit(10)
    )


ROWS: list[tuple[str, str | None, int, str | None]] = [
    (f"u{i}", f"s{i % 6}", i % 3, "x" if i % 6 < 3 else None) for i in range(24)
]


def test_the_order_of_rows_does_not_matter() -> None:
    before, after = scores(ROWS), scores([(i, s, (n + 1) % 3, g) for i, s, n, g in ROWS])
    pair = pair_up(before, after.sample(fraction=1.0, shuffle=True, seed=1))
    assert paired_difference(pair) == paired_difference(pair_up(before, after))
    assert pair.n_utterances == 24
    assert pair.rates == (pytest.approx(0.1), pytest.approx(0.1))


def test_groups_are_paired_apart_and_add_up() -> None:
    groups = pair_by_group(scores(ROWS), scores(ROWS), "accent")
    assert list(groups) == ["unknown", "x"]
    assert join(groups.values()).n_utterances == 24
    assert join(groups.values()).before.total_words == 240


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "'u23' is missing after"),
        (lambda rows: [*rows, ("new", "s1", 0, "x")], "'new' is missing before"),
        (lambda rows: [*rows, rows[0]], "'u0' occurs twice in after"),
        (lambda rows: [("u0", "s9", 0, "x"), *rows[1:]], "'u0' is by speaker 's0' before and 's9' after"),
        (lambda rows: [("u0", None, 0, "x"), *rows[1:]], "'u0' is by speaker 's0' before and None after"),
        (lambda rows: [("u0", "s0", 0, "y"), *rows[1:]], "'u0' is of accent 'x' in one of the two"),
    ],
)
def test_other_utterances_are_refused(change: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        pair_by_group(scores(ROWS), scores(change(list(ROWS))), "accent")  # type: ignore[operator]


def test_other_references_and_columns_are_refused() -> None:
    before = scores(ROWS)
    longer = before.with_columns(
        pl.when(pl.col("utterance_id") == "u3").then(11).otherwise(10).alias("reference_length")
    )
    with pytest.raises(InputError, match="'u3' has a reference of length 10 before and 11 after"):
        pair_up(before, longer)
    with pytest.raises(InputError, match="lack the column 'dialect'"):
        pair_by_group(before, before, "dialect")
    with pytest.raises(InputError, match=r"after lack the columns \['speaker'\]"):
        pair_up(before, before.drop("speaker"))
    with pytest.raises(InputError, match="other reference words before than after"):
        Pair(
            SpeakerSums(("a",), np.ones(1), np.ones(1), 1),
            SpeakerSums(("a",), np.ones(1), np.full(1, 2.0), 1),
        )
    with pytest.raises(InputError, match="same speakers in the same order"):
        Pair(SpeakerSums(("a",), np.ones(1), np.ones(1), 1), SpeakerSums(("b",), np.ones(1), np.ones(1), 1))


@settings(max_examples=20)
@given(st.floats(0.6, 0.99))
def test_a_higher_level_is_wider(level: float) -> None:
    pair = pair_of([3.0, 5.0, 2.0, 9.0, 2.0, 4.0], [4.0, 4.0, 3.0, 12.0, 2.0, 7.0])
    narrow, wide = limits(paired_difference(pair, level)), limits(paired_difference(pair, (1 + level) / 2))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_models_that_never_differ_do_not_have_a_change_of_gap_of_width_zero() -> None:
    same = {g: pair_of([4.0] * 6, [4.0] * 6, prefix=g) for g in "ab"}
    change = gap_change(same, rng=np.random.default_rng(1), n_replicates=1000)
    low, high = limits(change)
    assert change.value == 0
    # of each group's 600 words up to 3.7 errors may come or go unseen, times the design effect
    least = 2 * 3.689 / 600
    assert low < -least
    assert high > least

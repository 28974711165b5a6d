from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.metrics.jackknife import jackknife_pooled_rate
from speechfair.metrics.rates import (
    MIN_EFFECTIVE_SPEAKERS,
    SpeakerSums,
    no_interval_reason,
    pooled_rate,
    speaker_mean_rate,
    speaker_sums,
)

COLUMNS = ("speaker", "substitutions", "deletions", "insertions", "reference_length")


def frame(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    schema = {name: pl.String if name == "speaker" else pl.Int64 for name in COLUMNS}
    return pl.DataFrame(rows, schema=schema, orient="row")


def sums(errors: list[float], words: list[float]) -> SpeakerSums:
    names = tuple(f"s{index:02}" for index in range(len(errors)))
    return SpeakerSums(names, np.array(errors, float), np.array(words, float), 3 * len(errors))


counts = st.integers(0, 9)
rows = st.lists(
    st.tuples(st.sampled_from([None, *"abcdefgh"]), counts, counts, counts, st.integers(0, 20)), max_size=30
)


def same(one: SpeakerSums, other: SpeakerSums) -> bool:
    return (
        one.speakers == other.speakers
        and bool((one.errors == other.errors).all() and (one.words == other.words).all())
        and (one.n_utterances, one.n_without_speaker) == (other.n_utterances, other.n_without_speaker)
        and one.total_errors == other.total_errors
        and one.total_words == other.total_words
    )


@settings(deadline=None)
@given(rows, rows, rows)
def test_sums_are_a_commutative_monoid(first: list[Any], second: list[Any], third: list[Any]) -> None:
    a, b, c = (speaker_sums(frame(part)) for part in (first, second, third))
    nothing = speaker_sums(frame([]))
    assert same(a + b, speaker_sums(frame(first + second)))
    assert same((a + b) + c, a + (b + c))
    assert same(a + b, b + a)
    assert same(a + nothing, a)


@settings(deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_row_order_and_speaker_names_do_not_matter(data: list[Any], order: Any) -> None:
    shuffled = list(data)
    order.shuffle(shuffled)
    renamed = [(row[0] and f"z{9 - ord(row[0]) % 10}", *row[1:]) for row in shuffled]
    for estimate in (pooled_rate, speaker_mean_rate):
        one, other = estimate(speaker_sums(frame(data))), estimate(speaker_sums(frame(renamed)))
        for mine, theirs in zip(
            (one.value, one.low, one.high), (other.value, other.low, other.high), strict=True
        ):
            assert mine == (theirs if theirs is None else pytest.approx(theirs, rel=1e-9))
        assert replace(one, value=None, low=None, high=None) == replace(
            other, value=None, low=None, high=None
        )


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 200)), min_size=5, max_size=12), st.integers(2, 50)
)
def test_interval_depends_on_proportions_of_words_only(data: list[tuple[int, int]], factor: int) -> None:
    errors, words = ([float(pair[side]) for pair in data] for side in (0, 1))
    one, other = (
        pooled_rate(sums(errors, words)),
        pooled_rate(sums(errors, [factor * word for word in words])),
    )
    assume(no_interval_reason(sums(errors, words)) is None)
    assert one.value is not None
    assert one.low is not None
    assert one.high is not None
    assert 0 < one.low <= one.value <= one.high
    assert (other.value, other.low, other.high) == pytest.approx(
        (one.value / factor, one.low / factor, one.high / factor)
    )


def test_pooled_rate_against_the_definition() -> None:
    group = sums([1, 4, 2, 8, 15], [30, 30, 30, 30, 30])
    logs = [math.log((30 - e) / (150 - w)) for e, w in zip(group.errors, group.words, strict=True)]
    variance = 4 / 5 * sum((value - sum(logs) / 5) ** 2 for value in logs)
    half = 2.7764451051977987 * math.sqrt(variance)  # R: qt(0.975, 4)
    estimate = pooled_rate(group)
    assert estimate.value == pytest.approx(30 / 150)
    assert estimate.low == pytest.approx(30 / 150 * math.exp(-half))
    assert estimate.high == pytest.approx(30 / 150 * math.exp(half))
    assert (estimate.method, estimate.reason, estimate.n_speakers) == ("jackknife-log-t", None, 5)


def test_unequal_talk_time_costs_degrees_of_freedom() -> None:
    errors, words = [2.0, 8, 1, 9, 2, 30], [30.0, 30, 30, 30, 30, 150]
    variance = jackknife_pooled_rate(np.array(errors), np.array(words))
    assert variance is not None
    # 300² / (5 · 30² + 150²) = 10 / 3 effective speakers; numerical: P(|t| < 3.747) = 0.95 at 7 / 3 freedom
    half = scipy.stats.t.ppf(0.975, 10 / 3 - 1) * math.sqrt(variance.variance)
    estimate = pooled_rate(sums(errors, words))
    assert estimate.high == pytest.approx(52 / 300 * math.exp(half))


@settings(deadline=None)
@given(st.integers(1, 50), st.integers(50, 400), st.integers(5, 30))
def test_speakers_who_are_alike_by_chance_give_no_interval_of_width_zero(e: int, w: int, n: int) -> None:
    group = sums([float(e)] * n, [float(w)] * n)
    half = scipy.stats.t.ppf(0.975, n - 1) / math.sqrt(n * e)  # as for n · e independent errors
    least = scipy.stats.chi2.ppf([0.025, 0.975], [2 * n * e, 2 * n * e + 2]) / 2 / (n * w)  # Garwood's
    low, high = e / w * math.exp(-half), e / w * math.exp(half)
    mean, pooled = speaker_mean_rate(group), pooled_rate(group)
    assert (mean.low, mean.value, mean.high) == pytest.approx((low, e / w, high))
    outer = min(low, least[0]), e / w, max(high, least[1])
    assert (pooled.low, pooled.value, pooled.high) == pytest.approx(outer)


def test_speaker_mean_weighs_speakers_alike() -> None:
    estimate = speaker_mean_rate(sums([1, 1, 1, 1, 90, 0], [10, 10, 10, 10, 100, 0]))
    assert estimate.value == pytest.approx((4 * 0.1 + 0.9) / 5)
    assert estimate.n_speakers == 5


def test_few_speakers_have_a_rate_and_no_interval() -> None:
    for estimate in (pooled_rate, speaker_mean_rate):
        given_ = estimate(sums([1, 2, 3, 4], [10] * 4))
        assert given_.value == pytest.approx(0.25)
        assert (given_.low, given_.high) == (None, None)
        assert given_.reason == "fewer than 5 speakers (4): no interval"


def test_speakers_without_a_word_do_not_make_the_number() -> None:
    data = [(name, 1, 0, 0, 10) for name in "abcd"] + [(name, 0, 0, 0, 0) for name in "efg"]
    group = speaker_sums(frame(data))
    assert (group.n_speakers, group.n_utterances) == (4, 7)
    assert pooled_rate(sums([1, 1, 1, 1, 1], [9, 9, 9, 9, 0])).low is None


def test_unknown_speakers_count_in_the_rate_and_forbid_the_interval() -> None:
    data = [(name, 1, 0, 0, 10) for name in "abcdef"] + [(None, 4, 0, 0, 10)]
    estimate = pooled_rate(speaker_sums(frame(data)))
    assert estimate.value == pytest.approx(10 / 70)
    assert estimate.low is None
    assert estimate.reason is not None
    assert estimate.reason.startswith("1 of 7 utterances have no speaker id")


@pytest.mark.parametrize("data", [[], [("a", 0, 0, 3, 0)]])
def test_no_reference_words_no_rate(data: list[Any]) -> None:
    for estimate in (pooled_rate, speaker_mean_rate):
        given_ = estimate(speaker_sums(frame(data)))
        assert (given_.value, given_.low, given_.high) == (None, None, None)
        assert given_.reason is not None
        assert "no rate" in given_.reason


def test_no_errors_still_leave_room() -> None:
    estimate = pooled_rate(sums([0] * 5, [100] * 5), design_effect=2)
    # Garwood's limit after no event is -log(0.025) = 3.689.
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert estimate.high == pytest.approx(2 * 3.6888794541 / 500)
    assert estimate.method == "exact-poisson-x-design-effect-2"
    mean = speaker_mean_rate(sums([0] * 5, [100] * 5), design_effect=2)
    assert mean.high == pytest.approx(estimate.high)


def test_errors_of_one_speaker_only_are_one_event() -> None:
    estimate = pooled_rate(sums([0, 0, 7, 0, 0, 0], [100] * 6))
    assert estimate.value == pytest.approx(7 / 600)
    assert estimate.low == pytest.approx(0.02531781 * 7 / 600, rel=1e-5)  # Garwood limits after one event
    assert estimate.high == pytest.approx(5.57164339 * 7 / 600, rel=1e-5)
    assert estimate.method == "exact-poisson-one-cluster"


def test_kinds_of_error_apart() -> None:
    data = frame([("a", 1, 2, 4, 10), ("b", 1, 0, 0, 10)])
    assert speaker_sums(data).errors.tolist() == [7, 1]
    assert speaker_sums(data, kinds=["insertions"]).errors.tolist() == [4, 0]
    with pytest.raises(InputError, match="choose from"):
        speaker_sums(data, kinds=["hits"])  # type: ignore[list-item]


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf, None])
def test_what_is_not_a_count_is_refused_with_its_row(wrong: float | None) -> None:
    data = pl.DataFrame(
        [("a", 1.0, 0.0, 0.0, 5.0), ("a", 1.0, wrong, 0.0, 5.0)], schema=COLUMNS, orient="row"
    )
    with pytest.raises(InputError, match="row 1: deletions"):
        speaker_sums(data)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="speaker"):
        speaker_sums(frame([]).drop("speaker"))


def test_sums_that_do_not_fit_are_refused() -> None:
    one = np.ones(2)
    for arguments in ((("a",), one, one, 2), (("a", "a"), one, one, 2), (("a", "b"), -one, one, 2)):
        with pytest.raises(InputError):
            SpeakerSums(*arguments)


@pytest.mark.parametrize("level", [0, 1, 95, math.nan])
def test_a_level_is_a_fraction(level: float) -> None:
    with pytest.raises(InputError, match="fraction"):
        pooled_rate(sums([1], [2]), level)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([96, 1, 1, 1, 1], "one of 5 speakers has 96 % of the words"),
        ([1_000_000, 10, 10, 10, 10, 10], "one of 6 speakers has 99.9 % of the words"),
        ([48, 48, 1, 1, 1, 1], "2 of 6 speakers have 96 % of the words"),
    ],
)
def test_speakers_who_hardly_speak_give_no_interval(words: list[float], told: str) -> None:
    group = sums([5.0] * len(words), words)
    estimate = pooled_rate(group)
    assert (estimate.low, estimate.high, estimate.method) == (None, None, "none")
    assert estimate.value == pytest.approx(5 * len(words) / sum(words))
    assert str(estimate.reason).startswith(told)
    assert f"{MIN_EFFECTIVE_SPEAKERS:g} are needed" in str(estimate.reason)
    assert speaker_mean_rate(group).low is not None, "each speaker weighs the same in a mean"


def test_errors_of_one_speaker_next_to_single_ones_of_others_give_no_interval_of_a_thousandfold() -> None:
    estimate = pooled_rate(sums([1e6, 1, 0, 0, 0], [100.0] * 5))
    assert (estimate.low, estimate.high) == (None, None)
    assert "1,000 times" in str(estimate.reason)


def test_an_interval_holds_the_exact_one_of_independent_errors() -> None:
    estimate = pooled_rate(sums([1.0] * 5 + [0.0] * 395, [100.0] * 400))
    least = scipy.stats.chi2.ppf([0.025, 0.975], [10, 12]) / 2 / 40_000
    assert estimate.low == pytest.approx(least[0])
    assert estimate.high is not None
    assert estimate.high >= least[1]


def test_errors_that_are_not_the_sum_of_their_kinds_are_refused() -> None:
    kinds = {"substitutions": [1, 0, None], "deletions": [0, 2, None], "insertions": [1, 0, None]}
    rows = {"speaker": ["a", "b", "c"], "reference_length": [9, 9, 9], **kinds}
    assert list(speaker_sums(pl.DataFrame({**rows, "errors": [2, 2, 5]})).errors) == [2, 2, 5]
    with pytest.raises(
        InputError, match=r"row 1: errors is 3, but substitutions \+ deletions \+ insertions is 2"
    ):
        speaker_sums(pl.DataFrame({**rows, "errors": [2, 3, 5]}))


@pytest.mark.parametrize("rows", [1, 7, 1_999, 2_000, 5_000])
@pytest.mark.parametrize("speakers", [1, 40, 4_000])
@pytest.mark.parametrize("unknown", [0.0, 0.1, 1.0])
def test_sums_are_those_of_a_plain_loop_whatever_the_size(rows: int, speakers: int, unknown: float) -> None:
    rng = np.random.default_rng(rows)
    names = [f"s{one}" if rng.random() >= unknown else None for one in rng.integers(0, speakers, rows)]
    counts = rng.integers(0, 2, (rows, 4))
    pl.Series([f"other {number}" for number in range(9_000)]).cast(pl.Categorical)  # numbers that are taken
    table = pl.DataFrame(
        {
            "speaker": pl.Series(names, dtype=pl.String),
            **dict(
                zip(("substitutions", "deletions", "insertions", "reference_length"), counts.T, strict=True)
            ),
        }
    )
    expected: dict[str | None, list[int]] = {}
    for name, row in zip(names, counts.tolist(), strict=True):
        sums = expected.setdefault(name, [0, 0])
        sums[0] += sum(row[:3])
        sums[1] += row[3]
    rest = expected.pop(None, [0, 0])
    told = {name: sums for name, sums in expected.items() if name is not None and any(sums)}

    found = speaker_sums(table)

    assert list(found.speakers) == sorted(told)
    assert [[e, w] for e, w in zip(found.errors, found.words, strict=True)] == [told[s] for s in sorted(told)]
    assert [found.errors_without_speaker, found.words_without_speaker] == rest
    assert (found.n_utterances, found.n_without_speaker) == (rows, names.count(None))

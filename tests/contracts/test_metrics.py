"""What every metric must keep to, run over every registered one on made-up scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speechfair.metrics import SpeakerSums, count_errors
from speechfair.metrics.metric import EMPTY_REFERENCE, Metric, load_metric, measure, metric_sums
from speechfair.metrics.metric_estimates import (
    metric_difference,
    metric_gap,
    metric_rate,
    metric_ratio,
    metric_speaker_mean,
    metric_worst_best,
)
from speechfair.registry import metrics
from speechfair.types import Estimate

every_metric = pytest.mark.parametrize("name", metrics().names())

WORDS = ["one", "two", "3", "4.5", "six", "東京"]
texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
rows = st.tuples(st.sampled_from([*"abcdefgh", None]), texts, texts, st.booleans(), st.floats(0, 9))


def scores(drawn: Sequence[tuple[str | None, str, str, bool, float]], tokens: str = "words") -> pl.DataFrame:
    """A score table as `score_table` makes it."""
    references = [row[1] for row in drawn]
    said = ["" if row[3] else row[2] for row in drawn]
    excluded = [None if text else f"{EMPTY_REFERENCE} (basic)" for text in references]
    counts = count_errors(references, said, tokens=tokens)  # type: ignore[arg-type]
    names = ["substitutions", "deletions", "insertions", "reference_length"]
    kept = pl.col("excluded").is_null()
    table = pl.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(len(drawn))],
            "speaker": pl.Series([row[0] for row in drawn], dtype=pl.String),
            "duration_s": [2.0] * len(drawn),
            "excluded": pl.Series(excluded, dtype=pl.String),
            "failed": [row[3] and bool(row[1]) for row in drawn],
            "reference": references,
            "hypothesis": said,
            "seconds": [row[4] for row in drawn],
        },
        schema_overrides={
            "reference": pl.String,
            "hypothesis": pl.String,
            "failed": pl.Boolean,
            "seconds": pl.Float64,
            "duration_s": pl.Float64,
            "utterance_id": pl.String,
        },
    ).with_columns(counts.get_columns())
    table = table.with_columns(pl.when(kept).then(pl.col(name)).alias(name) for name in names)
    runaway = (kept & (pl.col("insertions") > pl.col("reference_length"))).fill_null(False)
    return table.with_columns(runaway.alias("runaway"))


def sums_of(metric: Metric, table: pl.DataFrame) -> SpeakerSums:
    return metric_sums(measure(metric, table, "words").table)


def flat(sums: SpeakerSums) -> list[float]:
    rest = [float(sums.n_utterances), sums.errors_without_speaker, sums.words_without_speaker]
    return [*sums.errors.tolist(), *sums.words.tolist(), *rest]


def estimates(metric: Metric, groups: Sequence[SpeakerSums]) -> list[Estimate]:
    one, other = groups[0], groups[-1]
    rng = np.random.default_rng(0)
    return [
        metric_rate(metric, one),
        metric_speaker_mean(metric, one),
        metric_ratio(metric, one, other),
        metric_difference(metric, one, other),
        metric_gap(metric, groups, rng=rng),
        metric_worst_best(metric, groups, rng=rng),
    ]


@cache
def large() -> pl.DataFrame:
    """Forty speakers, a fifth of whom are served badly; numbers, failures, silence and a runaway among them."""
    rng = np.random.default_rng(7)
    drawn = []
    for speaker in range(40):
        for _ in range(8):
            said = [str(word) for word in rng.choice(WORDS, size=5)]
            heard = [word if rng.random() > 0.2 * (1 + speaker % 5) / 3 else "x" for word in said]
            heard += ["more"] * (int(rng.random() < 0.2) * int(rng.integers(1, 9)))
            silence = rng.random() < 0.4
            spoken = "" if silence else " ".join(said)
            drawn.append((f"s{speaker:02}", spoken, " ".join(heard), rng.random() < 0.3, 0.1 + rng.random()))
    return scores(drawn)


@every_metric
def test_its_words_are_there(name: str) -> None:
    metric = load_metric(name)
    assert metric.name == name
    assert metric.about.endswith(".")
    assert metric.title == metric.title.strip() != ""
    assert metric.needs or metric.rows == "empty_reference"


@every_metric
@given(drawn=st.lists(rows, max_size=12), cut=st.integers(0, 12))
@example(drawn=[("a", "one", "", False, 1.0), ("a", "one", "", False, 2e-313)], cut=1)
@settings(max_examples=8, deadline=None)
def test_counts_are_possible_parts_add_up_and_nothing_is_nan(
    name: str, drawn: list[tuple[str | None, str, str, bool, float]], cut: int
) -> None:
    metric = load_metric(name)
    table = scores(drawn)
    counted = measure(metric, table, "words").table
    assert counted["events"].dtype == counted["trials"].dtype == pl.Float64
    assert (counted["events"] >= 0).all()
    if metric.kind == "proportion":
        assert (counted["events"] <= counted["trials"]).all()
    whole, parts = metric_sums(counted), [sums_of(metric, part) for part in (table[:cut], table[cut:])]
    assert (parts[0] + parts[1]).speakers == whole.speakers
    assert flat(parts[0] + parts[1]) == pytest.approx(flat(whole))
    for found in estimates(metric, parts):
        for number in (found.value, found.low, found.high):
            assert number is None or math.isfinite(number)
        assert (found.reason is not None) == (found.value is None or found.low is None), found


@every_metric
def test_without_trials_there_is_no_value_but_a_reason(name: str) -> None:
    metric = load_metric(name)
    counted = measure(metric, scores([]), "words")
    assert counted.reason
    empty = metric_sums(counted.table)
    for found in estimates(metric, [empty, empty]):
        assert (found.value, found.low, found.high) == (None, None, None)
        assert metric.trial in (found.reason or ""), found.reason


@every_metric
def test_a_group_of_many_speakers_has_an_interval(name: str) -> None:
    metric = load_metric(name)
    table = large()
    group = pl.col("speaker").str.slice(1).cast(pl.Int64) % 5 == 4
    sums = [sums_of(metric, table.filter(group)), sums_of(metric, table.filter(~group))]
    rate, mean, ratio, difference, gap, worst = estimates(metric, sums)
    ratios = [found for found in (ratio, worst) if "no ratio" not in (found.reason or "")]
    for found in (rate, mean, difference, gap, *ratios):
        assert found.value is not None, (metric.name, found)
        assert found.low is not None, (metric.name, found)
        assert found.high is not None
        assert found.low - 1e-9 <= found.value <= found.high + 1e-9, (metric.name, found)
    assert rate.value == pytest.approx(sums[0].rate)
    assert difference.value == pytest.approx((sums[0].rate or 0) - (sums[1].rate or 0))
    if metric.kind == "proportion":
        assert (rate.low or 0) >= 0
        assert (rate.high or 0) <= 1


@every_metric
def test_it_says_which_column_is_missing(name: str) -> None:
    metric = load_metric(name)
    for column in metric.needs:
        with pytest.raises(Exception, match=column):
            measure(metric, large().drop(column), "words")


def test_an_amount_does_not_depend_on_its_unit() -> None:
    """Seconds are no counts: written in milliseconds they have the same relative interval."""
    metric = load_metric("latency")
    table = large()
    one, other = (
        metric_rate(metric, sums_of(metric, t)) for t in (table, table.with_columns(pl.col("seconds") * 1000))
    )
    assert [1000 * x for x in (one.value, one.low, one.high) if x] == pytest.approx(
        [other.value, other.low, other.high], rel=1e-3
    )


def test_numbers_are_counted_as_often_as_they_are_said() -> None:
    table = scores([("a", "3 3 4.5 six", "3 nine 4.5", False, 1.0), ("a", "six", "3", False, 1.0)])
    sums = sums_of(load_metric("number_error_rate"), table)
    assert (sums.total_errors, sums.total_words) == (1, 3)


def test_characters_and_words_are_counted_whatever_the_run_was_scored_by() -> None:
    drawn: list[tuple[str | None, str, str, bool, float]] = [("a", "one two", "one too", False, 1.0)]
    for tokens in ("words", "characters"):
        table = scores(drawn, tokens)
        rates = [
            metric_sums(measure(load_metric(f"{of}_error_rate"), table, tokens).table).rate  # type: ignore[arg-type]
            for of in ("word", "character")
        ]
        assert rates == [pytest.approx(1 / 2), pytest.approx(1 / 6)]


def test_text_without_spaces_has_no_word_error_rate() -> None:
    table = scores([("a", "東京", "東北", False, 1.0)], "characters")
    found = measure(load_metric("word_error_rate"), table, "characters")
    assert found.reason == "the references are not divided into words"
    assert found.table.is_empty()


def test_a_number_that_cannot_be_is_named() -> None:
    wrong = Metric(
        "wrong", "wrong", "w", "wrongs", "utterances", pl.lit(2), pl.lit(1), "Too many.", "proportion"
    )
    with pytest.raises(Exception, match="utterance 'u0' has 2 wrongs among 1 utterances"):
        measure(wrong, scores([("a", "one", "one", False, 1.0)]), "words")


def test_the_same_numbers_as_the_error_rate() -> None:
    """The metric `word_error_rate` is the main rate of an audit, to the last digit."""
    from speechfair.metrics import pooled_rate, speaker_sums

    table = large()
    metric = load_metric("word_error_rate")
    main = speaker_sums(table.filter(pl.col("excluded").is_null()))
    assert astuple(metric_rate(metric, sums_of(metric, table))) == astuple(pooled_rate(main))

"""One person under two ids is seen where audio or answers are copies, and nobody is accused without need."""

from __future__ import annotations

import polars as pl
import pytest

from speechfair.gating.duplicates import (
    LEAST_ERRORS,
    alike_speakers,
    repeated_answers,
    repeated_audio,
    repeated_rows,
)
from speechfair.metrics.error_counts import Tokens
from tests.gate_support import X, Y, doubled, repeated, rows, sources


def grouped(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(group=pl.lit("y"))


def test_distinct_audio_is_counted() -> None:
    both = doubled(Y.head(20))
    of = sources(both).with_columns(audio_sha256=pl.col("utterance_id").str.strip_prefix("again-"))
    found = repeated_audio(grouped(both), of)
    assert found is not None
    assert "40 speaker ids, but 20 speakers with audio of their own" in found
    assert "'again-y0' and 'y0'" in found


def test_other_stretches_of_one_file_are_other_audio() -> None:
    of = sources(Y, shared=Y.height).with_columns(
        start_s=pl.Series([float(i) for i in range(Y.height)]),
        end_s=pl.Series([i + 1.0 for i in range(Y.height)]),
    )
    assert repeated_audio(grouped(Y), of) is None
    assert repeated_audio(grouped(Y), of.with_columns(start_s=pl.lit(0.01), end_s=pl.lit(1.0))) is not None


def test_one_recording_under_two_labels_is_seen_though_the_speaker_is_the_same() -> None:
    copied = pl.concat(
        [grouped(Y), grouped(Y).with_columns(utterance_id=pl.col("utterance_id") + "b", group=pl.lit("x"))]
    )
    of = sources(copied).with_columns(audio_sha256=pl.col("utterance_id").str.strip_suffix("b"))
    assert repeated_audio(copied, of) is not None


def test_twice_the_same_utterance_of_one_speaker_makes_no_second_speaker() -> None:
    twice = pl.concat([grouped(Y), grouped(Y).with_columns(utterance_id=pl.col("utterance_id") + "b")])
    of = sources(twice).with_columns(audio_sha256=pl.col("utterance_id").str.strip_suffix("b"))
    assert repeated_audio(twice, of) is None


def test_without_digests_nothing_is_said() -> None:
    assert repeated_audio(grouped(Y), None) is None
    assert repeated_audio(grouped(Y), sources(Y).drop("audio_sha256")) is None
    assert (
        repeated_audio(grouped(Y), sources(Y, shared=9).with_columns(audio_sha256=pl.lit(None, pl.String)))
        is None
    )


def test_copied_answers_are_seen_whatever_the_audio() -> None:
    found = repeated_answers(doubled(Y.head(20)))
    assert found is not None
    assert "40 speaker ids, but 20 speakers with answers of their own" in found
    assert repeated_answers(pl.concat([X, Y])) is None
    assert repeated_answers(Y.drop("hypothesis")) is None


def test_one_other_answer_or_too_few_errors_clear_a_speaker() -> None:
    few = rows("y", [LEAST_ERRORS - 1] * 20)
    assert repeated_answers(doubled(few)) is None
    assert repeated_answers(doubled(rows("y", [LEAST_ERRORS] * 20))) is not None
    other = doubled(Y.head(1)).with_columns(hypothesis=pl.Series(["one thing", "another"]))
    assert repeated_answers(other) is None


def test_a_model_that_always_says_the_same_or_nothing_is_no_proof() -> None:
    texts = Y.with_columns(reference=pl.lit("the same text"))
    for answer in ("", "thank you"):
        assert repeated_answers(pl.concat([X, texts]).with_columns(hypothesis=pl.lit(answer))) is None
    assert repeated_answers(texts.with_columns(hypothesis=pl.lit("thank you"))) is not None


def test_speakers_without_an_id_are_nobody() -> None:
    assert repeated_answers(doubled(Y).with_columns(speaker=pl.lit(None, pl.String))) is None


@pytest.mark.parametrize(("unit", "length", "counts"), [
    ("words", 4, False), ("words", 5, True), ("characters", 14, False), ("characters", 15, True),
])  # fmt: skip
def test_what_everybody_says_again_is_no_repeat(unit: Tokens, length: int, counts: bool) -> None:
    again = grouped(repeated(Y)).with_columns(reference_length=pl.lit(length))
    assert (repeated_rows(again, None, unit) is not None) == counts
    mixed = again.with_columns(tokens=pl.lit(unit))
    assert (repeated_rows(mixed, None, "words") is not None) == counts


@pytest.mark.parametrize(
    ("names", "alike"),
    [(("A b", " a  B"), True), (("Ａ1", "a1"), True), (("1 11", "11 1"), False), (("s 1", "s1"), False)],
)
def test_speaker_ids_are_alike_up_to_case_width_and_repeated_blanks(
    names: tuple[str, str], alike: bool
) -> None:
    table = Y.head(2).with_columns(speaker=pl.Series(names))
    assert (alike_speakers(table) is not None) == alike

"""The counts are jiwer's, pair by pair."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import jiwer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.metrics.error_counts import count_errors

WORDS = ["a", "b", "the", "the", "cat", "sat", "naïve", "日本", "don't", "x" * 40]


def jiwer_row(
    reference: str, hypothesis: str, process: Callable[..., Any] = jiwer.process_words
) -> tuple[int, int, int, int]:
    output = process([reference], [hypothesis])
    length = output.hits + output.substitutions + output.deletions
    return output.substitutions, output.deletions, output.insertions, length


def test_ten_thousand_random_pairs_count_as_jiwer_counts() -> None:
    rng = random.Random(20)
    lengths = [0, 1, 2, 5, 9, 14]
    texts = [" ".join(rng.choices(WORDS, k=rng.choice(lengths))) for _ in range(20_000)]
    pairs = list(zip(texts[:10_000], texts[10_000:], strict=True))
    counted = count_errors([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    assert counted.rows() == [jiwer_row(*pair) for pair in pairs]


spoken = st.lists(st.sampled_from(WORDS) | st.text(min_size=1, max_size=4), max_size=12).map(
    lambda words: " ".join(" ".join(words).split())
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(spoken, spoken), min_size=1, max_size=6))
def test_unicode_pairs_count_as_jiwer_counts(pairs: list[tuple[str, str]]) -> None:
    counted = count_errors([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    assert counted.rows() == [jiwer_row(*pair) for pair in pairs]


@pytest.mark.parametrize("repeats", [70, 500])
def test_long_and_repetitive_texts_count_as_jiwer_counts(repeats: int) -> None:
    rng = random.Random(repeats)
    reference = " ".join(rng.choices(["yes", "no", "maybe"], k=repeats))
    hypothesis = " ".join(rng.choices(["yes", "no", "so"], k=repeats + 7))
    assert count_errors([reference], [hypothesis]).row(0) == jiwer_row(reference, hypothesis)


@settings(max_examples=200, deadline=None)
@given(spoken, spoken)
def test_characters_count_as_jiwer_counts_texts_without_spaces(reference: str, hypothesis: str) -> None:
    bare = reference.replace(" ", ""), hypothesis.replace(" ", "")
    expected = jiwer_row(*bare, process=jiwer.process_characters)
    assert count_errors([reference], [hypothesis], tokens="characters").row(0) == expected

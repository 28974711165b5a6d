"""A reply that the model's own limit ended says so, as one from a server does; a transcript holds the words alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechfair.models.answer_kinds import CUT_OFF, FILTERED, REFUSAL_FIELD
from speechfair.models.answering import replies, transcribe_by_prompt
from speechfair.types import Answer, Audio, Question

PAD, END, OTHER_END = 0, 1, 2
MOST = 5


class Letters:
    """Decodes 3 to ``c``, 4 to ``d`` …; what is special has no letter."""

    def batch_decode(self, rows: Any, *, skip_special_tokens: bool) -> list[str]:
        assert skip_special_tokens
        return ["".join(chr(94 + token) for token in row if token > OTHER_END) for row in rows.tolist()]


@given(st.lists(st.lists(st.integers(5, 28), max_size=MOST), min_size=1, max_size=6), st.data())
def test_a_reply_is_cut_exactly_where_it_has_no_end(words: list[list[int]], data: st.DataObject) -> None:
    ends = data.draw(st.sampled_from([[END], [END, OTHER_END]]))
    rows = [row if len(row) == MOST else [*row, data.draw(st.sampled_from(ends))] for row in words]
    width = max(map(len, rows))
    padded = np.array([row + [PAD] * (width - len(row)) for row in rows])
    found = replies(Letters(), padded, ends if len(ends) > 1 else ends[0], MOST)
    for row, text in zip(words, found, strict=True):
        assert text.endswith(CUT_OFF) == (len(row) == MOST)
        assert text.removesuffix(CUT_OFF) == "".join(chr(94 + token) for token in row)


def test_without_an_end_only_the_length_tells() -> None:
    assert replies(Letters(), np.array([[5, 6, 7, 8, 9]]), None, 5) == ["cdefg" + CUT_OFF]
    assert replies(Letters(), np.array([[5, 6, 7, 8, PAD]]), None, 6) == ["cdef"]


@pytest.mark.parametrize(
    ("said", "text", "error"),
    [
        ("two bags" + CUT_OFF, "two bags", None),
        (REFUSAL_FIELD + "I must not say.", "I must not say.", None),
        (REFUSAL_FIELD + FILTERED, None, FILTERED),
        ("two bags", "two bags", None),
        ("", "", None),
    ],
)
def test_a_transcript_holds_the_words_alone(said: str, text: str | None, error: str | None) -> None:
    def answer(asked: Sequence[Question]) -> list[Answer]:
        return [Answer(question.id, said, None, 1.0, "m") for question in asked]

    audio = Audio("u", np.zeros(1600, dtype=np.float32), 16_000)
    found = transcribe_by_prompt([audio], "Transcribe.", answer)[0]
    assert (found.utterance_id, found.text, found.error) == ("u", text, error)

"""A letter that is chosen too often is noted, for each arm by itself."""

from __future__ import annotations

import pytest

from speechfair.probes.letter_bias import Chosen, favourite_letter, letter_bias_notes

OPTIONS = ("tea", "milk", "water", "juice")
EVEN = [Chosen(OPTIONS, OPTIONS[n % 4], OPTIONS[n % 4]) for n in range(40)]
LIKES_A = [Chosen(OPTIONS, "tea", OPTIONS[n % 4]) for n in range(40)]


@pytest.mark.parametrize(
    ("audio", "text", "starts"),
    [
        (EVEN, EVEN, []),
        (LIKES_A, EVEN, ["the option (A)"]),
        (EVEN, LIKES_A, ["asked of the transcript, the option (A)"]),
        (LIKES_A, LIKES_A, ["the option (A)", "asked of the transcript, the option (A)"]),
        (LIKES_A[:29], [], []),
    ],
)
def test_each_arm_is_noted_by_itself(audio: list[Chosen], text: list[Chosen], starts: list[str]) -> None:
    notes = letter_bias_notes(audio, text)
    assert [note.startswith(start) for note, start in zip(notes, starts, strict=True)] == [True] * len(starts)


def test_a_letter_that_is_often_right_is_no_favourite() -> None:
    right = [Chosen(OPTIONS, "tea", "tea")] * 40
    assert favourite_letter(right) is not None
    assert letter_bias_notes(right, right) == []

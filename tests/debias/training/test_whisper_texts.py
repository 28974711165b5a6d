"""A transcript that no Whisper decoder can hold is left out of training with its reason."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from speechfair.debias.data.training_data import Row, TrainingData
from speechfair.errors import InputError

pytest.importorskip("torch", reason="the extra 'hf' is not installed")

from speechfair.debias.training.whisper_texts import with_room


class Letters:
    """One token a letter."""

    eos_token_id = 0
    prefix_tokens = (1, 2, 3)

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": [ord(letter) for letter in text]}


def row(name: str, text: str, group: str = "a") -> Row:
    return Row(name, Path(name), "0" * 64, None, None, 3.0, text, "eng", name, group)


def pieces() -> Any:
    return SimpleNamespace(
        tokenizer=Letters(), model=SimpleNamespace(config=SimpleNamespace(max_target_positions=20))
    )


def test_only_the_row_without_room_is_left_out() -> None:
    # prompt 3, a blank before the text, the text, and the end, which is not given: 3 + 1 + n <= 20
    data = TrainingData((row("fits", "x" * 16), row("long", "x" * 17)), (), {"no reference text": 2}, ())
    kept = with_room(data, pieces(), "verbatim")
    assert [each.id for each in kept.train] == ["fits"]
    assert kept.unused == {"no reference text": 2, "transcript longer than the 20 tokens of the decoder": 1}


def test_a_group_that_is_lost_is_an_error() -> None:
    data = TrainingData((row("fits", "x"), row("long", "x" * 99, "b")), (), {}, ())
    with pytest.raises(InputError, match=r"every training row of the group 'b' has a transcript longer"):
        with_room(data, pieces(), "verbatim")

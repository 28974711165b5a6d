"""Training rows whose transcript is longer than a Whisper decoder can hold: found before training, and counted.

A paragraph pasted into a row has more tokens than the decoder has positions (448 in every published model); training
on it stops in the middle with an error of the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from speechfair.debias.data.training_batches import whisper_tokens
from speechfair.errors import InputError

if TYPE_CHECKING:
    from speechfair.debias.data.training_data import TrainingData
    from speechfair.debias.training.pieces import Pieces

__all__ = ["has_room", "room", "with_room"]


def with_room(data: TrainingData, pieces: Pieces, case: str) -> TrainingData:
    """`data` without the training rows whose prompt and transcript exceed the decoder's positions.

    Raises
    ------
    InputError
        Every row of a group is too long.
    """
    reason = f"transcript longer than the {_positions(pieces)} tokens of the decoder"
    kept, dropped = [], Counter(data.unused)
    for row in data.train:
        if has_room(pieces, whisper_tokens(pieces.tokenizer, row, case)):
            kept.append(row)
        else:
            dropped[reason] += 1
    if lost := sorted(set(data.groups) - {row.group for row in kept}):
        raise InputError(f"every training row of the group {lost[0]!r} has a {reason}; check its texts")
    return replace(data, train=tuple(kept), unused=dict(sorted(dropped.items())))


def has_room(pieces: Pieces, tokens: Sequence[int]) -> bool:
    """Whether the decoder has positions for the prompt and these target tokens, the end included."""
    return len(tokens) <= room(pieces)


def room(pieces: Pieces) -> int:
    """How many target tokens the decoder has positions for after the prompt, the end included."""
    # the last token is learnt, but not given
    return _positions(pieces) - len(list(pieces.tokenizer.prefix_tokens)) + 1


def _positions(pieces: Pieces) -> int:
    return int(pieces.model.config.max_target_positions)

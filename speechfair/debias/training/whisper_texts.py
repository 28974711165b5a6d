"""Training rows whose transcript is longer than a Whisper decoder can hold: found before training, and counted.

A paragraph pasted into a row has more tokens than the decoder has positions (448 in every published model); training
on it stops in the middle with an error of the model.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from speechfair.debias.data.training_batches import whisper_tokens
from speechfair.errors import InputError

if TYPE_CHECKING:
    from speechfair.debias.data.training_data import TrainingData
    from speechfair.debias.training.pieces import Pieces

__all__ = ["with_room"]


def with_room(data: TrainingData, pieces: Pieces, case: str) -> TrainingData:
    """`data` without the training rows whose prompt and transcript exceed the decoder's positions.

    Raises
    ------
    InputError
        Every row of a group is too long.
    """
    most = int(pieces.model.config.max_target_positions)
    reason = f"transcript longer than the {most} tokens of the decoder"
    prompt = len(list(pieces.tokenizer.prefix_tokens))
    kept, dropped = [], Counter(data.unused)
    for row in data.train:
        # the last token is learnt, but not given
        if prompt + len(whisper_tokens(pieces.tokenizer, row, case)) - 1 > most:
            dropped[reason] += 1
        else:
            kept.append(row)
    if lost := sorted(set(data.groups) - {row.group for row in kept}):
        raise InputError(f"every training row of the group {lost[0]!r} has a {reason}; check its texts")
    return replace(data, train=tuple(kept), unused=dict(sorted(dropped.items())))

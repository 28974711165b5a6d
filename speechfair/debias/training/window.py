"""A shorter encoder window for Whisper, for as long as a `with` block lasts.

Whisper pads everything to 30 s; utterances of a few seconds train several times faster on a window that just
holds them, with the same weights. Outside the block the model is the 30 s model again, object for object, so that
what is saved and what the optimizer knows never differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from speechfair.errors import InputError

__all__ = ["FULL_WINDOW_S", "audio_window", "choose_window", "unwrapped"]

FULL_WINDOW_S = 30.0
POSITIONS_PER_SECOND = 50
SHORTEST_AUTO_S = 10.0
"""Whisper models run away often below about 8 s, so `choose_window` goes no lower."""


def choose_window(durations_s: Sequence[float], full_s: float = FULL_WINDOW_S) -> float:
    """The training window (seconds) for utterances of these lengths: 19 of 20 fit with a second to spare.

    `full_s` is the model's own window, and the longest.

    >>> choose_window([2.0, 3.0, 4.0]), choose_window([12.2] * 10), choose_window([40.0])
    (10.0, 14.0, 30.0)
    """
    import math

    if not durations_s:
        raise InputError("there is no utterance to choose a window for")
    ordered = sorted(durations_s)
    nineteen = ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]
    return float(min(full_s, max(SHORTEST_AUTO_S, math.ceil(nineteen + 1.0))))


def unwrapped(model: Any) -> Any:
    """The transformers model itself, whatever PEFT or a training wrapper may have put around it."""
    while hasattr(model, "module"):
        model = model.module
    return model.get_base_model() if hasattr(model, "get_base_model") else model


@contextmanager
def audio_window(model: Any, seconds: float) -> Iterator[int]:
    """Let `model` take `seconds` of audio; gives the number of mel frames (100 a second) that it then expects.

    Raises
    ------
    InputError
        The window is longer than the model's own.
    """
    import torch

    whisper = unwrapped(model)
    encoder, full = whisper.model.encoder, whisper.model.encoder.embed_positions
    positions = round(seconds * POSITIONS_PER_SECOND)
    most = full.weight.shape[0]
    if not 0 < positions <= most:
        raise InputError(
            f"a window of {seconds:g} s does not fit a model of {most / POSITIONS_PER_SECOND:g} s"
        )
    if positions == most:
        yield 2 * positions
        return
    previous = encoder.max_source_positions, whisper.config.max_source_positions
    encoder.embed_positions = torch.nn.Embedding.from_pretrained(
        full.weight.detach()[:positions], freeze=True
    )
    encoder.max_source_positions = whisper.config.max_source_positions = positions
    try:
        yield 2 * positions
    finally:
        encoder.embed_positions = full
        encoder.max_source_positions, whisper.config.max_source_positions = previous

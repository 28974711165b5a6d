"""The encoder's last states: what probes and erasers read. torch is imported with this module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from speechfair.debias.batches import SAMPLE_RATE, SpeechCollator, read_samples, window_of
from speechfair.debias.window import POSITIONS_PER_SECOND, audio_window, whisper_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.debias.pieces import Pieces
    from speechfair.debias.rows import Row

__all__ = ["frame_states", "mean_states", "state_width"]


def state_width(model: Any) -> int:
    """Numbers in one state."""
    config = whisper_of(model).config
    return int(config.d_model if config.model_type == "whisper" else config.hidden_size)


def mean_states(model: Any, rows: Sequence[Row], pieces: Pieces, window_s: float) -> NDArray[np.float64]:
    """Mean state of each row over the frames of its own speech, shape (rows, D)."""
    return np.stack([frames.mean(axis=0) for frames in frame_states(model, rows, pieces, window_s)])


def frame_states(
    model: Any, rows: Sequence[Row], pieces: Pieces, window_s: float
) -> Iterator[NDArray[np.float64]]:
    """States of each row, shape (frames of its speech, D), in order. The model's mode is put back."""
    plain = whisper_of(model)
    device = next(plain.parameters()).device
    encode = _ctc_states if pieces.kind == "ctc" else _whisper_states
    training = model.training
    model.eval()
    try:
        for row in rows:
            with torch.no_grad():
                states = encode(plain, read_samples(row), pieces, window_s, device)
            yield states.double().cpu().numpy()
    finally:
        model.train(training)


def _whisper_states(model: Any, samples: Any, pieces: Pieces, window_s: float, device: Any) -> Any:
    seconds = window_of(len(samples) / SAMPLE_RATE, window_s)
    collator = SpeechCollator(pieces.extractor, window_s, int(pieces.tokenizer.pad_token_id))
    features = collator.features([samples], seconds).to(device)
    with audio_window(model, seconds):
        states = model.get_encoder()(features).last_hidden_state[0]
    return states[: max(1, -(-len(samples) * POSITIONS_PER_SECOND // SAMPLE_RATE))]


def _ctc_states(model: Any, samples: Any, pieces: Pieces, window_s: float, device: Any) -> Any:
    inputs = pieces.extractor([samples], sampling_rate=SAMPLE_RATE, return_tensors="pt")
    encoder = getattr(model, model.base_model_prefix)
    return encoder(**{name: value.to(device) for name, value in inputs.items()}).last_hidden_state[0]

"""The encoder's states: what probes, routers and erasers read. torch is imported with this module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from speechfair.debias.data.training_batches import SAMPLE_RATE, SpeechCollator, read_samples
from speechfair.debias.training.window import POSITIONS_PER_SECOND, audio_window, unwrapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.debias.data.training_data import Row
    from speechfair.debias.training.pieces import Pieces

__all__ = ["frame_states", "layer_means", "mean_state_of_samples", "mean_states", "state_width"]


def state_width(model: Any) -> int:
    """Numbers in one state."""
    config = unwrapped(model).config
    return int(config.d_model if config.model_type == "whisper" else config.hidden_size)


def mean_states(model: Any, rows: Sequence[Row], pieces: Pieces, window_s: float) -> NDArray[np.float64]:
    """Mean state of each row over the frames of its own speech, shape (rows, D)."""
    return np.stack([frames.mean(axis=0) for frames in frame_states(model, rows, pieces, window_s)])


def mean_state_of_samples(model: Any, samples: Any, pieces: Pieces, window_s: float) -> NDArray[np.float64]:
    """The same for samples at 16 kHz and a Whisper in evaluation mode, shape (D,)."""
    device = next(model.parameters()).device
    with torch.no_grad():
        output, frames = _by_whisper(model, samples, pieces, window_s, device, layers=False)
    mean: NDArray[np.float64] = output.last_hidden_state[0][:frames].double().cpu().numpy().mean(axis=0)
    return mean


def layer_means(model: Any, rows: Sequence[Row], pieces: Pieces, window_s: float) -> NDArray[np.float64]:
    """Mean state of each row after every layer, shape (rows, layers + 1, D); the first is what enters layer 1."""
    found = []
    for output, frames in _encoded(model, rows, pieces, window_s, layers=True):
        # some encoders list their last layer before its layer norm; a decoder reads what comes after
        layers = (*output.hidden_states[:-1], output.last_hidden_state)
        means = [layer[0][:frames].double().mean(dim=0) for layer in layers]
        found.append(torch.stack(means).cpu().numpy())
    return np.stack(found)


def frame_states(
    model: Any, rows: Sequence[Row], pieces: Pieces, window_s: float
) -> Iterator[NDArray[np.float64]]:
    """States of each row, shape (frames of its speech, D), in order. The model's mode is put back."""
    for output, frames in _encoded(model, rows, pieces, window_s, layers=False):
        yield output.last_hidden_state[0][:frames].double().cpu().numpy()


def _encoded(
    model: Any, rows: Sequence[Row], pieces: Pieces, window_s: float, *, layers: bool
) -> Iterator[tuple[Any, int | None]]:
    """What the encoder makes of each row, and how many of its frames are speech; None is all of them."""
    plain = unwrapped(model)
    device = next(plain.parameters()).device
    encode = _by_ctc if pieces.kind == "ctc" else _by_whisper
    training = model.training
    model.eval()
    try:
        for row in rows:
            with torch.no_grad():
                found = encode(plain, read_samples(row), pieces, window_s, device, layers)
            yield found
    finally:
        model.train(training)


def _by_whisper(
    model: Any, samples: Any, pieces: Pieces, window_s: float, device: Any, layers: bool
) -> tuple[Any, int | None]:
    collator = SpeechCollator(pieces.extractor, window_s, int(pieces.tokenizer.pad_token_id))
    seconds = collator.window([samples])
    features = collator.features([samples], seconds).to(device, next(model.parameters()).dtype)
    with audio_window(model, seconds):
        output = model.get_encoder()(features, output_hidden_states=layers)
    return output, max(1, -(-len(samples) * POSITIONS_PER_SECOND // SAMPLE_RATE))


def _by_ctc(
    model: Any, samples: Any, pieces: Pieces, window_s: float, device: Any, layers: bool
) -> tuple[Any, int | None]:
    inputs = pieces.extractor([samples], sampling_rate=SAMPLE_RATE, return_tensors="pt")
    encoder = getattr(model, model.base_model_prefix)
    given = {name: value.to(device) for name, value in inputs.items()}
    return encoder(**given, output_hidden_states=layers), None

"""CTC models (wav2vec 2.0, HuBERT, WavLM and their kin) in training: loaded, batched, scored, decoded greedily.

The loss of an utterance is shared out evenly over its target tokens, so that every objective reads it as it reads
Whisper's: a mean over tokens is the loss per token, a sum over tokens is the loss of the sequence. Rows whose text has
more tokens than the audio has frames cannot be learnt, nor can texts of unknown letters; both are found before
training and counted. torch is imported with this module.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import ctc_loss, log_softmax

from speechfair.debias.data.spec_augment import silence
from speechfair.debias.data.training_batches import IGNORED, SAMPLE_RATE, Example, ctc_tokens, read_samples
from speechfair.debias.training.pieces import Pieces
from speechfair.debias.training.window import unwrapped
from speechfair.errors import InputError
from speechfair.models.families.ctc import masks_padding

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from speechfair.debias.data.training_data import Row, TrainingData

__all__ = ["CtcCollator", "ctc_logits", "ctc_token_losses", "ctc_transcripts", "learnable"]

DECODING_BATCH = 8
TOO_SHORT = "too short for its text: fewer frames than a CTC alignment needs"
TOO_SHORT_ALTERED = "too short for its text at the fastest speed: fewer frames than a CTC alignment needs"
UNKNOWN_LETTERS = "text most of whose letters are not in the model's vocabulary"


def learnable(data: TrainingData, pieces: Pieces, case: str, shortest: float = 1.0) -> TrainingData:
    """`data` without the training rows that a CTC model cannot learn, which are counted by reason.

    Parameters
    ----------
    shortest : share of an utterance's length that its altered copies keep at least, as `Method.shortest` says.

    Raises
    ------
    InputError
        Most texts have too few characters that the model's vocabulary knows, or no row of a group is left.
    """
    kept, dropped, unknown = [], Counter(data.unused), []
    for row in data.train:
        try:
            tokens = ctc_tokens(pieces.tokenizer, row, case)
        except InputError as error:
            unknown.append(error)
            continue
        needed = len(tokens) + sum(a == b for a, b in pairwise(tokens))
        # an altered copy may be a sample shorter than its share
        samples = int(row.duration_s * SAMPLE_RATE * shortest) - (shortest < 1)
        if _frames(pieces.model, torch.tensor([samples]))[0] < needed:
            dropped[TOO_SHORT if shortest == 1 else TOO_SHORT_ALTERED] += 1
        else:
            kept.append(row)
    if 2 * len(unknown) > len(data.train):
        raise unknown[0]
    if unknown:
        dropped[UNKNOWN_LETTERS] += len(unknown)
    if lost := sorted(set(data.groups) - {row.group for row in kept}):
        raise InputError(
            f"no training row of the group {lost[0]!r} can be learnt: each is {TOO_SHORT}, or has a "
            f"{UNKNOWN_LETTERS}; check its texts, the recipe's case, and the speeds of a method that alters speech"
        )
    return replace(data, train=tuple(kept), unused=dict(sorted(dropped.items())))


class CtcCollator:
    """Makes a batch: ``input_values`` (B, samples) padded with silence, ``lengths``, ``labels``, ``groups``.

    Parameters
    ----------
    pieces : whose extractor normalises each utterance for itself.
    """

    def __init__(self, pieces: Pieces) -> None:
        self._extractor = pieces.extractor

    def __call__(self, examples: Sequence[Example]) -> dict[str, Tensor]:
        """Tensors; labels are filled up with the ignored number."""
        inputs = dict(self.features([_seen(example) for example in examples]))
        width = max(len(example.tokens) for example in examples)
        labels = torch.full((len(examples), width), IGNORED, dtype=torch.long)
        for i, example in enumerate(examples):
            labels[i, : len(example.tokens)] = torch.tensor(example.tokens)
        lengths = torch.tensor([len(example.samples) for example in examples], dtype=torch.long)
        groups = torch.tensor([example.group for example in examples], dtype=torch.long)
        return {**inputs, "lengths": lengths, "labels": labels, "groups": groups}

    def features(self, samples: Sequence[Any]) -> Mapping[str, Tensor]:
        """What the model takes: normalised samples, and the mask where the model was trained with one."""
        found: Mapping[str, Tensor] = self._extractor(
            list(samples),
            sampling_rate=SAMPLE_RATE,
            padding=True,
            truncation=False,
            return_tensors="pt",
        )
        return found


def _seen(example: Example) -> NDArray[np.float32]:
    if example.masks is None:
        return example.samples
    return silence(example.samples, example.masks, np.random.default_rng(example.masks_seed))


def ctc_token_losses(
    model: Any, inputs: Mapping[str, Tensor], layer: int | None
) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
    """The CTC loss of every utterance, shared out over its tokens.

    Returns
    -------
    token losses (B, T), which of them count, states after `layer` (B, frames, D) or None, frames of each (B,)
    """
    labels = inputs["labels"]
    output = model(**_given(inputs), output_hidden_states=layer is not None)
    plain = unwrapped(model)
    frames = _frames(plain, inputs["lengths"]).clamp(max=output.logits.shape[1])
    counted = labels != IGNORED
    sizes = counted.sum(dim=1)
    losses = ctc_loss(
        log_softmax(output.logits.float(), dim=-1).transpose(0, 1),
        labels.clamp(min=0),
        frames,
        sizes,
        blank=int(plain.config.pad_token_id),
        reduction="none",
    )
    shared = (losses / sizes.clamp(min=1)).unsqueeze(1).expand(labels.shape)
    return shared, counted, output.hidden_states[layer] if layer is not None else None, frames


def ctc_logits(model: Any, inputs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Logits of every frame (B, frames, tokens), and the number of frames of each utterance (B,)."""
    logits = model(**_given(inputs)).logits.float()
    return logits, _frames(unwrapped(model), inputs["lengths"]).clamp(max=logits.shape[1])


def ctc_transcripts(model: Any, rows: Sequence[Row], pieces: Pieces) -> list[str]:
    """Greedy transcripts of `rows`, in order; the model's mode is put back."""
    plain = unwrapped(model)
    training, device = model.training, next(plain.parameters()).device
    size = DECODING_BATCH if masks_padding(plain.config) else 1
    collator = CtcCollator(pieces)
    order = sorted(range(len(rows)), key=lambda place: (rows[place].duration_s, rows[place].id))
    found: dict[int, str] = {}
    model.eval()
    try:
        for start in range(0, len(order), size):
            places = order[start : start + size]
            samples = [read_samples(rows[place]) for place in places]
            inputs = {name: value.to(device) for name, value in collator.features(samples).items()}
            with torch.no_grad():
                best = plain(**inputs).logits.argmax(dim=-1)
            frames = _frames(plain, torch.tensor([len(part) for part in samples]))
            for place, row, n in zip(places, best.tolist(), frames.tolist(), strict=True):
                found[place] = str(pieces.tokenizer.decode(row[:n], skip_special_tokens=True)).strip()
    finally:
        model.train(training)
    return [found[place] for place in range(len(rows))]


def _given(inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What of a batch goes into the model."""
    return {name: inputs[name] for name in ("input_values", "attention_mask") if name in inputs}


def _frames(model: Any, samples: Tensor) -> Tensor:
    """Number of output frames for each number of samples."""
    frames: Tensor = model._get_feat_extract_output_lengths(samples).to(torch.long)
    return frames

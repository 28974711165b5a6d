"""From rows to tensors: audio is decoded when it is drawn, and a batch is padded to the smallest window that holds it.

The n-th draw of a training is the n-th item of the dataset, augmentation included, so a resumed training sees what an
undisturbed one would have seen. torch is imported with this module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import Dataset

from speechfair.audio import AudioError, decode
from speechfair.debias.data.spec_augment import hide
from speechfair.debias.training.window import FULL_WINDOW_S
from speechfair.errors import CorpusError, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.debias.data.training_data import Row
    from speechfair.debias.method_options import SpecAugment

__all__ = [
    "SAMPLE_RATE",
    "Draws",
    "Example",
    "SpeechCollator",
    "ctc_tokens",
    "in_case",
    "read_samples",
    "target_text",
    "whisper_tokens",
    "window_of",
]

SAMPLE_RATE = 16_000
IGNORED = -100
UNSPACED = frozenset({"jpn", "zho", "cmn", "yue", "tha", "lao", "mya", "khm"})
"""Languages whose texts Whisper begins without a space."""

Alter = Callable[["NDArray[np.float32]", int, np.random.Generator], "NDArray[np.float32]"]


@dataclass(frozen=True)
class Example:
    """One drawn utterance: samples at 16 kHz, prompt (none for CTC), target token ids, and group number.

    `masks` are drawn from a generator of `masks_seed`, which is the draw's own; None hides nothing.
    """

    samples: NDArray[np.float32]
    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    group: int
    masks: SpecAugment | None = None
    masks_seed: tuple[int, ...] = ()


class Draws(Dataset[Example]):
    """The draws of a training, in order.

    Parameters
    ----------
    rows : to draw from.
    order : row number of every draw.
    prompt : token ids that are given and not learnt.
    tokens : the target token ids of a row.
    groups : group names; a group's number is its place.
    alter : changes the audio of a draw; its generator depends on `seed` and the draw's number alone.
    masks : hidden from the model in the spectrogram of a draw; likewise.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        order: NDArray[np.int64],
        prompt: Sequence[int],
        tokens: Callable[[Row], tuple[int, ...]],
        groups: Sequence[str],
        alter: Alter | None = None,
        seed: int = 0,
        masks: SpecAugment | None = None,
    ) -> None:
        self._rows, self._order, self._masks = rows, order, masks
        self._number = {group: place for place, group in enumerate(groups)}
        self._alter, self._seed = alter, seed
        self._prompt = tuple(prompt)
        self._tokens = [tokens(row) for row in rows]

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, draw: int) -> Example:
        place = int(self._order[draw])
        row = self._rows[place]
        samples = read_samples(row)
        if self._alter is not None:
            samples = self._alter(samples, SAMPLE_RATE, np.random.default_rng([self._seed, 2, draw]))
        group, seed = self._number[row.group], (self._seed, 3, draw)
        return Example(samples, self._prompt, self._tokens[place], group, self._masks, seed)


class SpeechCollator:
    """Makes a Whisper batch: features padded to one window, shifted decoder input, labels and group numbers.

    Parameters
    ----------
    extractor : a Whisper feature extractor.
    window_s : the training window; a batch with a longer utterance takes 20 s or the extractor's own window.
    pad : token id that fills up.
    """

    def __init__(self, extractor: Any, window_s: float, pad: int) -> None:
        self._extractor, self._window_s, self._pad = extractor, window_s, pad
        self._full_s = float(extractor.chunk_length)

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        """Tensors ``input_features`` (B, mels, frames), ``decoder_input_ids``, ``labels`` (B, T), ``groups`` and
        ``lengths`` (B,), the number of samples.

        The prompt is given and not learnt: its labels are ignored.
        """
        samples = [example.samples for example in examples]
        features = self.features(samples, self.window(samples))
        for place, example in enumerate(examples):
            if example.masks is not None:
                rng = np.random.default_rng(example.masks_seed)
                features[place] = hide(features[place], example.masks, len(example.samples), rng)
        width = max(len(example.prompt) + len(example.tokens) for example in examples) - 1
        inputs = torch.full((len(examples), width), self._pad, dtype=torch.long)
        labels = torch.full((len(examples), width), IGNORED, dtype=torch.long)
        for i, example in enumerate(examples):
            whole = torch.tensor([*example.prompt, *example.tokens], dtype=torch.long)
            inputs[i, : len(whole) - 1] = whole[:-1]
            labels[i, len(example.prompt) - 1 : len(whole) - 1] = torch.tensor(example.tokens)
        groups = torch.tensor([example.group for example in examples], dtype=torch.long)
        lengths = torch.tensor([len(example.samples) for example in examples], dtype=torch.long)
        return {
            "input_features": features,
            "decoder_input_ids": inputs,
            "labels": labels,
            "groups": groups,
            "lengths": lengths,
        }

    def window(self, samples: Sequence[NDArray[np.float32]], least_s: float | None = None) -> float:
        """Seconds of the window that holds all of `samples`: `least_s` (None is the training window) or more."""
        longest = max(len(part) for part in samples) / SAMPLE_RATE
        return window_of(longest, self._window_s if least_s is None else least_s, self._full_s)

    def features(self, samples: Sequence[NDArray[np.float32]], window_s: float) -> torch.Tensor:
        """Log-mel spectrograms, shape (batch, mels, 100 * window_s)."""
        found = self._extractor(
            list(samples),
            sampling_rate=SAMPLE_RATE,
            padding="max_length",
            max_length=round(window_s * SAMPLE_RATE),
            truncation=True,
            return_tensors="pt",
        )
        features: torch.Tensor = found["input_features"]
        return features


def window_of(longest_s: float, window_s: float, full_s: float = FULL_WINDOW_S) -> float:
    """The smallest of `window_s`, 20 seconds and `full_s` that holds `longest_s`; nothing is ever cut off.

    `full_s` is the model's own window: 30 s for every published Whisper.

    >>> window_of(4.0, 10.0), window_of(12.0, 10.0), window_of(25.0, 10.0)
    (10.0, 20.0, 30.0)
    """
    for size in sorted({window_s, min(20.0, full_s), full_s}):
        if size >= window_s and longest_s <= size:
            return size
    raise InputError(
        f"an utterance of {longest_s:.1f} s is longer than the {full_s:g} s of the model's window"
    )


def read_samples(row: Row) -> NDArray[np.float32]:
    """Samples of a row at 16 kHz; audio that has changed since it was probed raises `CorpusError`."""
    try:
        return decode(row.audio, SAMPLE_RATE, row.start_s, row.end_s, row.channel)
    except AudioError as error:
        raise CorpusError(
            f"utterance {row.id!r} ({row.audio}) could be read before and cannot be now: {error}; "
            "the last checkpoint is intact; run the same command again when the audio is back"
        ) from None


def target_text(row: Row, case: str) -> str:
    """The text that Whisper learns: in the recipe's case, beginning with a space as Whisper's own texts do."""
    text = in_case(row.text.strip(), case)
    return text if row.language in UNSPACED else f" {text}"


def whisper_tokens(tokenizer: Any, row: Row, case: str) -> tuple[int, ...]:
    """Token ids of the text that Whisper learns, its end included."""
    ids = tokenizer(target_text(row, case), add_special_tokens=False)["input_ids"]
    return (*(int(token) for token in ids), int(tokenizer.eos_token_id))


def ctc_tokens(tokenizer: Any, row: Row, case: str) -> tuple[int, ...]:
    """Token ids of the text that a CTC model learns; characters outside its vocabulary (punctuation) are left out.

    Raises
    ------
    InputError
        Less than half of the text's letters are in the vocabulary; most often it has the other case.
    """
    text = in_case(row.text.strip(), case)
    unknown = tokenizer.unk_token_id
    ids = [int(token) for token in tokenizer(text, add_special_tokens=False)["input_ids"]]
    known = tuple(token for token in ids if token != unknown)
    letters = sum(char.isalnum() for char in text)
    delimiter = getattr(tokenizer, "word_delimiter_token_id", None)
    if 2 * sum(token != delimiter for token in known) < letters or not known:
        raise InputError(
            f"utterance {row.id!r}: most letters of {text[:40]!r} are not in the model's vocabulary; "
            "try case: upper or case: lower in the recipe"
        )
    return known


def in_case(text: str, case: str) -> str:
    """`text` in the letter case of a recipe: verbatim, lower, upper, or the first letter upper (sentence)."""
    if case == "verbatim":
        return text
    if case == "upper":
        return text.upper()
    text = text.lower()
    return text[:1].upper() + text[1:] if case == "sentence" else text

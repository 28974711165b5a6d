"""From rows to tensors: prompt given and not learnt, nothing cut off, the n-th draw always the same."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import WhisperForConditionalGeneration

from speechfair.debias.data.training_batches import (
    IGNORED,
    Draws,
    SpeechCollator,
    target_text,
    whisper_tokens,
    window_of,
)
from speechfair.debias.data.training_data import Row
from speechfair.debias.data.training_rows import gather
from speechfair.debias.training.objectives import TokenMean
from speechfair.debias.training.pieces import Pieces, load_pieces
from speechfair.debias.training.trainer import batch_loss
from speechfair.errors import CorpusError, InputError
from tests.debias.tiny import accents, recipe, speech, whisper_folder


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Pieces:
    return load_pieces(f"whisper:{whisper_folder(tmp_path_factory.mktemp('tiny'))}", None)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[Row, ...]:
    home = tmp_path_factory.mktemp("speech")
    speech(home, "train", accents("t", 3, 3))
    return gather(recipe(home, home), home).train


def draws_of(rows: tuple[Row, ...], pieces: Pieces, order: list[int], **options: object) -> Draws:
    tokenizer = pieces.tokenizer
    tokens = partial(whisper_tokens, tokenizer, case="verbatim")
    return Draws(rows, np.array(order), tokenizer.prefix_tokens, tokens, ("x", "y"), **options)  # type: ignore[arg-type]


def collator(pieces: Pieces, window_s: float = 2.0) -> SpeechCollator:
    return SpeechCollator(pieces.extractor, window_s, int(pieces.tokenizer.pad_token_id))


def test_a_batch(rows: tuple[Row, ...], pieces: Pieces) -> None:
    draws = draws_of(rows, pieces, [0, 1, 5, 0])
    batch = collator(pieces)([draws[i] for i in range(4)])
    assert batch["input_features"].shape == (4, 8, 200)
    assert batch["groups"].tolist() == [("x", "y").index(rows[i].group) for i in (0, 1, 5, 0)]
    tokenizer = pieces.tokenizer
    for place, row in enumerate((rows[0], rows[1], rows[5], rows[0])):
        inputs, labels = batch["decoder_input_ids"][place], batch["labels"][place]
        learnt = labels[labels != IGNORED].tolist()
        assert tokenizer.decode(learnt) == f" {row.text}<|endoftext|>"
        assert inputs[:2].tolist() == tokenizer.prefix_tokens
        assert labels[0] == IGNORED, "the prompt is given, not learnt"
        assert inputs[2 : 1 + len(learnt)].tolist() == learnt[:-1]


def test_the_loss_is_that_of_transformers(rows: tuple[Row, ...], pieces: Pieces) -> None:
    """With the prompt's label left out, plain fine-tuning is the model's own cross-entropy."""
    draws = draws_of(rows, pieces, [0, 1, 2])
    batch = collator(pieces, 30.0)([draws[i] for i in range(3)])
    model: WhisperForConditionalGeneration = pieces.model.eval()
    theirs = model(
        input_features=batch["input_features"],
        decoder_input_ids=batch["decoder_input_ids"],
        labels=batch["labels"],
    ).loss
    assert batch_loss(model, TokenMean(), batch).item() == pytest.approx(theirs.item(), rel=1e-5)


def test_a_short_window_sees_the_same_speech(rows: tuple[Row, ...], pieces: Pieces) -> None:
    """The features of the audio itself do not depend on the window, up to the floor that silence sets."""
    draws = draws_of(rows, pieces, [0])
    short, full = (collator(pieces, seconds)([draws[0]])["input_features"] for seconds in (2.0, 30.0))
    assert torch.allclose(short[..., :30], full[..., :30], atol=1e-4)


def test_the_nth_draw_does_not_depend_on_the_others(rows: tuple[Row, ...], pieces: Pieces) -> None:
    def alter(samples: NDArray[np.float32], rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
        return (samples * rng.uniform(0.1, 1)).astype(np.float32)

    one = draws_of(rows, pieces, [0, 0, 0], alter=alter, seed=3)
    other = draws_of(rows, pieces, [1, 1, 0], alter=alter, seed=3)
    assert (one[2].samples == other[2].samples).all()
    assert not (one[0].samples == one[1].samples).all()


def test_windows() -> None:
    assert window_of(10.0, 10.0) == 10.0
    assert window_of(10.1, 10.0) == 20.0
    assert window_of(1.0, 30.0) == 30.0
    with pytest.raises(InputError, match="longer than the 30 s"):
        window_of(30.1, 10.0)


def test_targets(rows: tuple[Row, ...]) -> None:
    row = replace(rows[0], text="MIKE LIKES the white one ")
    assert target_text(row, "verbatim") == " MIKE LIKES the white one"
    assert target_text(row, "lower") == " mike likes the white one"
    assert target_text(row, "sentence") == " Mike likes the white one"
    assert target_text(replace(row, text="今日は", language="jpn"), "verbatim") == "今日は"


def test_audio_that_went_away(rows: tuple[Row, ...], pieces: Pieces) -> None:
    gone = (replace(rows[0], audio=Path("no/such.wav")),)
    with pytest.raises(CorpusError, match="could be read before and cannot be now: audio file is missing"):
        draws_of(gone, pieces, [0])[0]

"""CTC models in training: their loss is transformers' own, padding does not count, what cannot be learnt is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from speechfair.debias.data.training_batches import Example, ctc_tokens
from speechfair.debias.data.training_data import Row, TrainingData
from speechfair.debias.data.training_rows import gather
from speechfair.debias.methods.accent_augment import AccentAugment, AccentAugmentOptions
from speechfair.debias.recipe import DebiasRecipe
from speechfair.debias.training.ctc_training import (
    TOO_SHORT,
    TOO_SHORT_ALTERED,
    UNKNOWN_LETTERS,
    CtcCollator,
    ctc_token_losses,
    ctc_transcripts,
    learnable,
)
from speechfair.debias.training.objectives import utterance_losses
from speechfair.debias.training.pieces import Pieces, load_pieces
from speechfair.debias.training.trainer import LAST, mean_over_frames
from speechfair.errors import InputError
from speechfair.models import load_model
from speechfair.types import Audio
from tests.debias.tiny import accents, recipe, recipe_content, speech
from tests.models.tiny import ctc_folder


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Pieces:
    return load_pieces(f"ctc:{ctc_folder(tmp_path_factory.mktemp('ctc'))}", None)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    home = tmp_path_factory.mktemp("speech")
    speech(home, "train", accents("t", 3, 3))
    return gather(recipe(home, home), home)


def batch(pieces: Pieces, lengths: Sequence[int]) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(0)
    texts = ((4, 5, 6), (7, 8), (9,))
    examples = [
        Example(rng.normal(0, 0.1, n).astype(np.float32), (), text, 0)
        for n, text in zip(lengths, texts, strict=False)
    ]
    return CtcCollator(pieces)(examples)


def test_the_loss_is_that_of_transformers(pieces: Pieces) -> None:
    model = pieces.model.eval()
    inputs = batch(pieces, (8000, 6000, 9000))
    losses, counted, states, _ = ctc_token_losses(model, inputs, None)
    assert states is None
    model.config.ctc_loss_reduction = "mean"
    theirs = model(
        input_values=inputs["input_values"], attention_mask=inputs["attention_mask"], labels=inputs["labels"]
    ).loss
    assert utterance_losses(losses, counted).mean().item() == pytest.approx(theirs.item(), rel=1e-5)


def test_padding_changes_neither_loss_nor_state(pieces: Pieces) -> None:
    model = pieces.model.eval()
    found = []
    for lengths in ((6000,), (6000, 9000)):
        losses, counted, states, frames = ctc_token_losses(model, batch(pieces, lengths), LAST)
        assert states is not None
        found.append((utterance_losses(losses, counted)[0], mean_over_frames(states, frames)[0]))
    assert found[0][0].item() == pytest.approx(found[1][0].item(), rel=1e-3)
    assert torch.allclose(found[0][1], found[1][1], atol=1e-3)


def test_transcripts_are_those_of_the_recogniser(pieces: Pieces, data: TrainingData) -> None:
    from speechfair.debias.data.training_batches import read_samples

    rows = data.train[:4]
    recogniser = load_model(f"ctc:{pieces.folder}", device="cpu")
    audio = [Audio(row.id, read_samples(row), 16_000) for row in rows]
    assert ctc_transcripts(pieces.model, rows, pieces) == [h.text for h in recogniser.transcribe(audio)]


def test_rows_too_short_for_their_texts_are_counted(pieces: Pieces, data: TrainingData) -> None:
    long = replace(data.train[0], text="one two three four five six seven eight nine ten " * 3)
    given = replace(data, train=(long, *data.train[1:]))
    kept = learnable(given, pieces, "verbatim")
    assert len(kept.train) == len(data.train) - 1
    assert kept.unused[TOO_SHORT] == 1
    every = replace(data, train=tuple(replace(row, text=long.text) for row in data.train))
    with pytest.raises(InputError, match="no training row of the group 'x' can be learnt"):
        learnable(every, pieces, "verbatim")


def test_a_row_that_only_fits_at_its_own_speed_is_left_out_where_speech_is_made_faster(
    pieces: Pieces, data: TrainingData
) -> None:
    # 0.5 s on this model: the longest text that fits at speed 1 has no room for a copy that is a fifth shorter
    row = replace(data.train[0], duration_s=0.5)
    fits = [text for n in range(1, 60) if not _too_short(pieces, data, row, text := "ab" * n)]
    tight = replace(data, train=(replace(row, text=fits[-1]), *data.train[1:]))
    method = AccentAugment(AccentAugmentOptions(speeds=[1.0, 1.25]))
    assert method.shortest() == 0.8
    assert len(learnable(tight, pieces, "verbatim").train) == len(data.train)
    kept = learnable(tight, pieces, "verbatim", method.shortest())
    assert sum(kept.unused.values()) == len(data.train) - len(kept.train) >= 1
    assert kept.unused[TOO_SHORT_ALTERED] >= 1


def _too_short(pieces: Pieces, data: TrainingData, row: Row, text: str) -> bool:
    given = replace(data, train=(replace(row, text=text), *data.train[1:]))
    return bool(learnable(given, pieces, "verbatim").unused)


def test_a_text_of_unknown_letters_is_left_out_and_most_such_texts_are_an_error(
    pieces: Pieces, data: TrainingData
) -> None:
    def with_capitals(count: int) -> TrainingData:
        rows = [replace(row, text=row.text.upper()) for row in data.train[:count]]
        return replace(data, train=(*rows, *data.train[count:]))

    kept = learnable(with_capitals(1), pieces, "verbatim")
    assert kept.unused == {UNKNOWN_LETTERS: 1}
    assert len(kept.train) == len(data.train) - 1
    with pytest.raises(InputError, match="try case: upper or case: lower"):
        learnable(with_capitals(len(data.train) // 2 + 1), pieces, "verbatim")


def test_letters_outside_the_vocabulary(pieces: Pieces, data: TrainingData) -> None:
    row = replace(data.train[0], text="One, two!")
    assert pieces.tokenizer.decode(ctc_tokens(pieces.tokenizer, row, "lower")) == "one two"
    with pytest.raises(InputError, match="try case: upper or case: lower"):
        ctc_tokens(pieces.tokenizer, replace(row, text="ONE TWO"), "verbatim")


def test_a_recogniser_of_another_kind_is_refused(tmp_path: Path) -> None:
    content: dict[str, Any] = recipe_content(tmp_path, "ctc:somewhere")
    with pytest.raises(ValueError, match="a CTC model takes ctc"):
        DebiasRecipe.model_validate(content)

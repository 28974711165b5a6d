"""The short window: the same weights, and nothing left behind."""

from __future__ import annotations

import pytest
import torch

from speechfair.debias.training.pieces import load_pieces
from speechfair.debias.training.window import audio_window, choose_window
from speechfair.errors import InputError
from tests.debias.tiny import whisper_folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> torch.nn.Module:
    return load_pieces(f"whisper:{whisper_folder(tmp_path_factory.mktemp('tiny'))}", None).model.eval()


def test_within_it_takes_short_features_and_afterwards_it_is_the_same_object(model: torch.nn.Module) -> None:
    full = model.model.encoder.embed_positions
    names = set(model.state_dict())
    tokens = torch.tensor([[1, 2]])
    with audio_window(model, 2.0) as frames:
        assert frames == 200
        assert model(input_features=torch.zeros(1, 8, 200), decoder_input_ids=tokens).logits.shape[:2] == (
            1,
            2,
        )
    assert model.model.encoder.embed_positions is full
    assert set(model.state_dict()) == names
    assert model.config.max_source_positions == model.model.encoder.max_source_positions == 1500
    with pytest.raises(ValueError, match="3000"):
        model(input_features=torch.zeros(1, 8, 200), decoder_input_ids=tokens)


def test_the_full_window_changes_nothing(model: torch.nn.Module) -> None:
    features, tokens = torch.randn(1, 8, 3000), torch.tensor([[1, 2]])
    plain = model(input_features=features, decoder_input_ids=tokens).logits
    with audio_window(model, 30.0):
        assert plain.equal(model(input_features=features, decoder_input_ids=tokens).logits)


def test_it_is_restored_after_an_error(model: torch.nn.Module) -> None:
    full = model.model.encoder.embed_positions
    with pytest.raises(RuntimeError, match="midway"), audio_window(model, 2.0):
        raise RuntimeError("midway")
    assert model.model.encoder.embed_positions is full


@pytest.mark.parametrize("seconds", [0.0, 31.0])
def test_windows_that_do_not_fit(model: torch.nn.Module, seconds: float) -> None:
    with pytest.raises(InputError, match="does not fit a model of 30 s"), audio_window(model, seconds):
        pass


def test_no_durations() -> None:
    with pytest.raises(InputError, match="no utterance"):
        choose_window([])

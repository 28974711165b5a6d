"""Loading, exporting and saving the model: what comes back is what was written, and bad requests are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from speechfair.debias.data.training_rows import gather
from speechfair.debias.training import pieces as module
from speechfair.debias.training.development import transcripts
from speechfair.debias.training.pieces import export_ct2, load_pieces, save
from speechfair.errors import InputError, MissingExtraError, ModelError
from speechfair.models import load_model
from speechfair.models.weights import digest_of
from tests.debias.tiny import accents, recipe, speech, whisper_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whisper_folder(tmp_path_factory.mktemp("tiny"))


def test_saved_and_loaded_again_it_is_the_same(folder: Path, tmp_path: Path) -> None:
    found = load_pieces(f"whisper:{folder}", "en")
    save(found, found.model, tmp_path / "model")
    assert load_pieces(f"whisper:{tmp_path / 'model'}", None).digest == digest_of(tmp_path / "model")
    config, written = (
        json.loads((path / "config.json").read_text()) for path in (folder, tmp_path / "model")
    )
    assert config == written
    assert sorted(p.name for p in (tmp_path / "model").iterdir()) == sorted(p.name for p in folder.iterdir())


def test_exported_it_is_a_model_of_faster_whisper(folder: Path, tmp_path: Path) -> None:
    target = export_ct2(folder, tmp_path / "ct2")
    identity = load_model(f"faster-whisper:{target}", window=10).identity
    again = export_ct2(folder, tmp_path / "again")
    assert load_model(f"faster-whisper:{again}", window=10).identity.digest == identity.digest
    assert export_ct2(folder, target) == target
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("spec", "language", "message"),
    [
        ("wav2vec2:x", None, "cannot be trained here"),
        ("whisper", None, "cannot be trained here"),
        ("bundled:whisper-giant", None, "unknown bundled model 'whisper-giant'"),
        ("whisper:{folder}", "ja", "knows English only"),
    ],
)
def test_what_cannot_be_trained(folder: Path, spec: str, language: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_pieces(spec.format(folder=folder), language)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a model that transformers saved"):
        load_pieces(f"whisper:{tmp_path}", None)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be loaded as a transformers Whisper model"):
        load_pieces(f"whisper:{tmp_path}", None)


def test_multilingual_models_want_a_language_and_decode_in_it(tmp_path: Path) -> None:
    spec = f"whisper:{whisper_folder(tmp_path / 'model', multilingual=True)}"
    with pytest.raises(InputError, match="say which language is spoken"):
        load_pieces(spec, None)
    with pytest.raises(InputError, match="does not know the language 'xx'"):
        load_pieces(spec, "xx")
    found = load_pieces(spec, "ja")
    prompt = found.tokenizer.convert_ids_to_tokens(found.tokenizer.prefix_tokens)
    assert prompt == ["<|startoftranscript|>", "<|ja|>", "<|transcribe|>", "<|notimestamps|>"]
    speech(tmp_path, "train", accents("t", 2, 2), per_speaker=1)
    rows = gather(recipe(tmp_path, tmp_path / "model"), tmp_path).train
    assert len(transcripts(found.model, rows, found, 2.0)) == len(rows)


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.util, "find_spec", lambda name: None if name == "peft" else object())
    with pytest.raises(MissingExtraError, match=r"pip install 'speechfair\[hf\]'"):
        module.need_training_packages()

"""The families `whisper`, `ctc` and `seq2seq` on tiny random weights: plumbing only, nothing about quality."""

from __future__ import annotations

import json
import shutil
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechfair.errors import InputError, MissingExtraError, ModelError
from speechfair.models import load_model
from speechfair.models.families.ctc import masks_padding
from speechfair.models.weights import digest_of, model_folder
from speechfair.types import Audio
from tests.models import tiny

LENGTHS = (8000, 16000, 4000, 20000, 2000, 100)


def texts(model: Any, batch: list[Audio]) -> list[str | None]:
    found = model.transcribe(batch)
    assert [h.error for h in found] == [None] * len(batch)
    return [h.text for h in found]


def alone(model: Any, batch: list[Audio]) -> list[str | None]:
    return [text for audio in batch for text in texts(model, [audio])]


# -- CTC ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["wav2vec2", "hubert", "wavlm"])
@pytest.mark.parametrize("norm", ["layer", "group"])
def test_padding_does_not_change_a_text(kind: str, norm: str, tmp_path: Path) -> None:
    model = load_model(f"ctc:{tiny.ctc_folder(tmp_path, kind, norm)}", device="cpu")
    batch = tiny.noise(*LENGTHS)
    together = texts(model, batch)
    assert together == alone(model, batch)
    assert len(set(together)) == len(batch)


def test_padding_a_group_normalised_model_would_change_texts(tmp_path: Path) -> None:
    model: Any = load_model(f"ctc:{tiny.ctc_folder(tmp_path, 'wav2vec2', 'group')}", device="cpu")
    batch = tiny.noise(*LENGTHS)
    right = texts(model, batch)
    assert model._batch_size == 1
    model._batch_size, model._masked = len(batch), True
    assert texts(model, batch) != right, "then the rule that such models go alone would be idle"


def test_only_what_is_known_to_mask_is_padded() -> None:
    from transformers import Wav2Vec2BertConfig, Wav2Vec2Config, Wav2Vec2ConformerConfig

    assert masks_padding(Wav2Vec2Config(feat_extract_norm="layer"))
    assert not masks_padding(Wav2Vec2Config(feat_extract_norm="group"))
    assert not masks_padding(Wav2Vec2Config(feat_extract_norm="layer", add_adapter=True))
    assert not masks_padding(Wav2Vec2ConformerConfig(feat_extract_norm="layer"))
    assert not masks_padding(Wav2Vec2BertConfig())


def test_ctc_is_the_argmax_of_the_model_itself(tmp_path: Path) -> None:
    import torch
    from transformers import AutoProcessor, Wav2Vec2ForCTC

    folder = tiny.ctc_folder(tmp_path)
    (audio,) = tiny.noise(12_345)
    processor, plain = AutoProcessor.from_pretrained(folder), Wav2Vec2ForCTC.from_pretrained(folder).eval()
    inputs = processor(audio.samples, sampling_rate=16_000, return_tensors="pt")
    with torch.inference_mode():
        best = plain(**inputs).logits.argmax(-1)
    expected = processor.batch_decode(best, skip_special_tokens=True)[0]
    assert texts(load_model(f"ctc:{folder}", device="cpu"), [audio]) == [expected]


def test_each_language_has_its_adapter_and_its_identity(tmp_path: Path) -> None:
    folder = tiny.mms_folder(tmp_path)
    models = {code: load_model(f"ctc:{folder}", device="cpu", language=code) for code in ("eng", "jpn")}
    batch = tiny.noise(8000, 16000)
    assert texts(models["eng"], batch) != texts(models["jpn"], batch)
    assert models["eng"].identity.digest != models["jpn"].identity.digest
    with pytest.raises(InputError, match="one adapter per language: say which"):
        load_model(f"ctc:{folder}")
    with pytest.raises(InputError, match=r"no adapter for the language 'fra'; there are eng, jpn"):
        load_model(f"ctc:{folder}", language="fra")


def test_a_language_for_a_model_without_adapters(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no adapters for languages"):
        load_model(f"ctc:{tiny.ctc_folder(tmp_path)}", language="eng")


@pytest.mark.parametrize("family", ["ctc", "seq2seq"])
def test_long_audio_is_refused_with_its_length(family: str, tmp_path: Path) -> None:
    make = tiny.ctc_folder if family == "ctc" else tiny.moonshine_folder
    model = load_model(f"{family}:{make(tmp_path)}", device="cpu", longest_s=1.0)
    short, long = tiny.noise(16_000, 16_001)
    found = model.transcribe([long, short])
    assert found[1].text
    assert found[0].text is None
    assert "audio is 1.0 s long and this model takes up to 1 s at once; nothing is cut off" in str(
        found[0].error
    )


# -- any folder -----------------------------------------------------------------------------------


def test_the_digest_follows_weights_tokenizer_and_extractor_and_nothing_else(tmp_path: Path) -> None:
    folder = tiny.ctc_folder(tmp_path / "a")
    key = load_model(f"ctc:{folder}", device="cpu").identity.key
    copied = shutil.copytree(folder, tmp_path / "elsewhere")
    (copied / "README.md").write_text("notes")
    assert load_model(f"ctc:{copied}", device="cpu").identity.key == key
    for name in ("vocab.json", "preprocessor_config.json", "config.json"):
        changed = shutil.copytree(folder, tmp_path / name)
        content = json.loads((changed / name).read_text())
        (changed / name).write_text(json.dumps(content | {"zzz": 31}))
        assert digest_of(changed) != digest_of(folder), name
    other = tiny.ctc_folder(tmp_path / "b", seed=4)
    assert load_model(f"ctc:{other}", device="cpu").identity.key != key


@pytest.mark.parametrize(
    ("spec", "options", "error", "message"),
    [
        ("whisper", {}, InputError, "whisper needs a model"),
        ("ctc", {}, InputError, "ctc needs a model"),
        ("seq2seq", {}, InputError, "seq2seq needs a model"),
        ("whisper:/no/such/folder", {}, ModelError, "there is no folder /no/such/folder"),
        ("ctc:./nowhere", {}, ModelError, "there is no folder nowhere"),
        ("whisper:x", {"window": 31}, InputError, "give 'exact', 'auto' or a number of seconds"),
        ("whisper:x", {"beam_size": 0}, InputError, "beam_size=0 is not usable"),
        ("ctc:x", {"longest_s": "nan"}, InputError, "longest_s='nan' is not usable"),
        ("whisper:x", {"windw": 10}, InputError, "did you mean 'window'"),
        ("whisper:bundled/tiny", {}, InputError, r"did you mean 'whisper-tiny\.en'"),
    ],
)
def test_bad_input(spec: str, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load_model(spec, **options)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"dtype": "int8"}, "dtype='int8' is not usable: give one of float32"),
        ({"device": "gpu"}, "give auto, cpu or cuda"),
    ],
)
def test_unusable_dtype_or_device(option: dict[str, str], message: str, tmp_path: Path) -> None:
    folder = tiny.ctc_folder(tmp_path)
    with pytest.raises(InputError, match=message):
        load_model(f"ctc:{folder}", **option)


@pytest.mark.parametrize("family", ["whisper", "ctc", "seq2seq"])
def test_a_folder_of_another_kind_says_what_it_is(family: str, tmp_path: Path) -> None:
    make = tiny.moonshine_folder if family == "ctc" else tiny.ctc_folder
    kind = "moonshine" if family == "ctc" else "wav2vec2"
    with pytest.raises(ModelError, match=f"holds a model of type '{kind}'"):
        load_model(f"{family}:{make(tmp_path)}")


def test_what_is_in_the_folder_instead(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no model\*\.safetensors or pytorch_model\*\.bin"):
        model_folder(str(tmp_path), "whisper")
    (tmp_path / "model.bin").write_bytes(b"")
    with pytest.raises(
        ModelError, match="CTranslate2 model, which whisper does not read; use faster-whisper:"
    ):
        model_folder(str(tmp_path), "whisper")
    (tmp_path / "model.bin").unlink()
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match=r"holds no config\.json"):
        model_folder(str(tmp_path), "whisper")


@pytest.mark.parametrize("whole", [False, True])
def test_a_folder_with_an_adapter_is_refused_with_or_without_weights_of_its_own(
    whole: bool, tmp_path: Path
) -> None:
    """transformers would load the base weights that the adapter names, and the digest would be of other weights."""
    if whole:
        tiny.ctc_folder(tmp_path)
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "somewhere/else"}')
    with pytest.raises(ModelError, match="holds an adapter, whose base model lies elsewhere"):
        load_model(f"ctc:{tmp_path}")


def test_damaged_weights(tmp_path: Path) -> None:
    folder = tiny.ctc_folder(tmp_path)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match="cannot be loaded as a CTC model: "):
        load_model(f"ctc:{folder}")


def test_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def unreachable(name: str, **options: Any) -> str:
        raise ConnectionError("no route")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(
        ModelError, match=r"'openai/whisper-tiny' is no folder here.*ConnectionError.*whisper:/path/to"
    ):
        load_model("whisper:openai/whisper-tiny")


@pytest.mark.parametrize("spec", ["whisper:x", "ctc:x", "seq2seq:x"])
def test_missing_package_says_what_to_install(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *a: None if name == "torch" else find(name, *a))
    with pytest.raises(MissingExtraError, match=r"needs the package 'torch'.*pip install 'speechfair\[hf\]'"):
        load_model(spec)


# -- Whisper --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny_whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.whisper_folder(tmp_path_factory.mktemp("whisper"))


def test_whisper_windows_are_real_and_leave_the_weights_as_they_were(tiny_whisper: Path) -> None:
    model: Any = load_model(f"whisper:{tiny_whisper}", device="cpu", window=10)
    positions = model._model.get_encoder().embed_positions
    batch = tiny.noise(16_000, 8_000)
    frames = model._features(batch, 10.0)
    assert tuple(frames.shape) == (2, 80, 1000)
    import torch

    with torch.inference_mode():
        assert model._encode(frames).last_hidden_state.shape[1] == 500
    assert model._model.get_encoder().embed_positions is positions
    assert model._model.config.max_source_positions == 1500


def test_whisper_batch_equals_single_and_identity_follows_the_options(tiny_whisper: Path) -> None:
    load = {"device": "cpu", "window": 10}
    model = load_model(f"whisper:{tiny_whisper}", **load)
    assert load_model(f"whisper:{tiny_whisper}", batch_size=2, **load).identity == model.identity
    keys = {
        load_model(f"whisper:{tiny_whisper}", device="cpu", **more).identity.key
        for more in ({"window": 10}, {}, {"beam_size": 2}, {"dtype": "bfloat16"})
    }
    assert len(keys) == 4


def test_another_window_is_the_same_weights_under_another_identity(tiny_whisper: Path) -> None:
    exact: Any = load_model(f"whisper:{tiny_whisper}", device="cpu", window="auto")
    assert exact.candidate_window_s == 10.0
    assert exact.identity == load_model(f"whisper:{tiny_whisper}", device="cpu").identity
    short = exact.with_window(10)
    assert short.identity == load_model(f"whisper:{tiny_whisper}", device="cpu", window=10).identity
    assert short._model is exact._model
    assert (exact._window_s, short._window_s, short.candidate_window_s) == (30.0, 10.0, None)


def test_whisper_without_generation_settings_says_what_to_copy(tiny_whisper: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_whisper, tmp_path / "copy")
    settings = json.loads((folder / "generation_config.json").read_text())
    del settings["no_timestamps_token_id"]
    (folder / "generation_config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelError, match=r"no 'no_timestamps_token_id'; copy the generation_config\.json"):
        load_model(f"whisper:{folder}", device="cpu")


def test_a_whisper_redo_is_seeded_and_leaves_the_callers_randomness_alone(tiny_whisper: Path) -> None:
    import torch

    model: Any = load_model(f"whisper:{tiny_whisper}", device="cpu")
    (audio,) = tiny.noise(16_000)
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = model._loop(audio)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert model._loop(audio) == first


def test_whisper_text_stops_at_the_end_token(tiny_whisper: Path) -> None:
    model: Any = load_model(f"whisper:{tiny_whisper}", device="cpu")
    end = model._model.generation_config.eos_token_id
    a, b = (model._tokenizer.convert_tokens_to_ids(letter) for letter in "ab")
    assert model._text([a, b, end, a], 10)[:2] == ("ab", False)
    assert model._text([a, end + 3, b], 3)[:2] == ("ab", True)
    assert model._text([end], 3)[:2] == ("", False)


def test_silence_of_every_length_is_a_row(tiny_whisper: Path) -> None:
    model = load_model(f"whisper:{tiny_whisper}", device="cpu", window=10)
    batch = [Audio(f"s{n}", np.zeros(n, np.float32), 16_000) for n in (1, 160, 16_000)]
    assert [h.utterance_id for h in model.transcribe(batch)] == ["s1", "s160", "s16000"]

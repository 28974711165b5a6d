"""From CTranslate2 to transformers: the file format, every weight in its place, and a cache that is checked."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechfair.errors import DigestMismatchError, MissingExtraError, ModelError
from speechfair.models import ct2_conversion
from speechfair.models.ct2_conversion import convert, converted_bundled, read_variables, state_dict
from speechfair.models.families import bundled
from speechfair.models.weights import digest_of

CODES = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}
WIDTH, LAYERS, VOCABULARY = 128, 2, 300


def packed(text: str) -> bytes:
    raw = text.encode() + b"\0"
    return struct.pack("<H", len(raw)) + raw


def write_ct2(
    path: Path, arrays: dict[str, np.ndarray[Any, Any]], version: int = 6, spec: str = "WhisperSpec"
) -> Path:
    """A CTranslate2 file of those arrays, written by the format's description alone."""
    out = struct.pack("<I", version) + packed(spec) + struct.pack("<II", 3, len(arrays))
    for name, array in arrays.items():
        out += packed(name) + struct.pack("<B", array.ndim)
        out += b"".join(struct.pack("<I", size) for size in array.shape)
        out += struct.pack("<BI", CODES[array.dtype.name], array.nbytes) + array.tobytes()
    path.write_bytes(
        out + struct.pack("<I", 1) + packed("decoder/projection/weight") + packed("decoder/embeddings/weight")
    )
    return path


def whisper_arrays(dtype: str = "float16") -> dict[str, np.ndarray[Any, Any]]:
    """Random variables of a tiny Whisper under CTranslate2's names."""
    rng = np.random.default_rng(0)
    d = WIDTH
    shapes: dict[str, tuple[int, ...]] = {
        "encoder/conv1/weight": (d, 80, 3),
        "encoder/conv1/bias": (d,),
        "encoder/conv2/weight": (d, d, 3),
        "encoder/conv2/bias": (d,),
        "encoder/position_encodings/encodings": (1500, d),
        "decoder/position_encodings/encodings": (448, d),
        "decoder/embeddings/weight": (VOCABULARY, d),
    }
    for side in ("encoder", "decoder"):
        shapes |= {f"{side}/layer_norm/gamma": (d,), f"{side}/layer_norm/beta": (d,)}
        for i in range(LAYERS):
            of = f"{side}/layer_{i}"
            blocks = {"self_attention/linear_0": 3 * d, "self_attention/linear_1": d}
            if side == "decoder":
                blocks |= {"attention/linear_0": d, "attention/linear_1": 2 * d, "attention/linear_2": d}
            for block, rows in blocks.items():
                shapes |= {f"{of}/{block}/weight": (rows, d), f"{of}/{block}/bias": (rows,)}
            for block in {name.split("/")[0] for name in blocks} | {"ffn"}:
                shapes |= {f"{of}/{block}/layer_norm/gamma": (d,), f"{of}/{block}/layer_norm/beta": (d,)}
            shapes |= {f"{of}/ffn/linear_0/weight": (4 * d, d), f"{of}/ffn/linear_0/bias": (4 * d,)}
            shapes |= {f"{of}/ffn/linear_1/weight": (d, 4 * d), f"{of}/ffn/linear_1/bias": (d,)}
    arrays = {name: rng.normal(0, 0.1, shape).astype(dtype) for name, shape in shapes.items()}
    for name, array in arrays.items():  # Whisper's keys have no bias
        if name.endswith("self_attention/linear_0/bias"):
            array[d : 2 * d] = 0
        if name.endswith("/attention/linear_1/bias"):
            array[:d] = 0
    return arrays


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "ct2"
    folder.mkdir()
    write_ct2(folder / "model.bin", whisper_arrays())
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|startofprev|>", "<|notimestamps|>"]
    from tests.models.tiny import byte_tokenizer

    byte_tokenizer(*special).save_pretrained(folder)
    config = {"suppress_ids": [1, 2], "suppress_ids_begin": [3], "alignment_heads": [[1, 0]], "lang_ids": [5]}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_variables_are_read_as_they_were_written(tmp_path: Path) -> None:
    arrays = whisper_arrays("float32") | {"encoder/num_heads": np.array(2, dtype=np.int16)}
    found = read_variables(write_ct2(tmp_path / "model.bin", arrays))
    assert set(found) == {*arrays, "decoder/projection/weight"}
    assert all(np.array_equal(found[name], array) for name, array in arrays.items())
    assert found["decoder/projection/weight"] is found["decoder/embeddings/weight"]


def test_every_weight_has_its_place_and_its_value(source: Path, tmp_path: Path) -> None:
    from transformers import WhisperForConditionalGeneration

    convert(source, tmp_path / "hf")
    model = WhisperForConditionalGeneration.from_pretrained(tmp_path / "hf")
    arrays = whisper_arrays()
    parts = arrays["encoder/layer_1/self_attention/linear_0/weight"].astype(np.float32)
    attention = model.model.encoder.layers[1].self_attn
    for i, name in enumerate(("q_proj", "k_proj", "v_proj")):
        weight = getattr(attention, name).weight.detach().numpy()
        assert np.array_equal(weight, parts[i * WIDTH : (i + 1) * WIDTH]), name
    keys = arrays["decoder/layer_0/attention/linear_1/weight"].astype(np.float32)[:WIDTH]
    assert np.array_equal(model.model.decoder.layers[0].encoder_attn.k_proj.weight.detach().numpy(), keys)
    assert model.proj_out.weight is model.model.decoder.embed_tokens.weight
    used = state_dict(read_variables(source / "model.bin"), source)
    n_model = sum(value.numel() for name, value in model.state_dict().items() if name != "proj_out.weight")
    n_file = sum(array.size for array in arrays.values())
    without_key_bias = (2 * LAYERS + LAYERS) * WIDTH
    assert sum(value.size for value in used.values()) == n_model == n_file - without_key_bias


def test_generation_settings_survive_saving_and_loading(source: Path, tmp_path: Path) -> None:
    from transformers import WhisperForConditionalGeneration

    convert(source, tmp_path / "hf")
    found = WhisperForConditionalGeneration.from_pretrained(tmp_path / "hf").generation_config
    assert found.suppress_tokens == [1, 2]
    assert found.begin_suppress_tokens == [3]
    assert found.alignment_heads == [[1, 0]]
    assert found.is_multilingual is False, "a vocabulary of 300 is English-only, whatever lang_ids says"
    names = json.loads((source / "tokenizer.json").read_text())["added_tokens"]
    ids = {token["content"]: token["id"] for token in names}
    assert found.no_timestamps_token_id == ids["<|notimestamps|>"]
    assert found.decoder_start_token_id == ids["<|startoftranscript|>"]


def test_converting_twice_gives_the_same_digest(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "one")
    convert(source, tmp_path / "two")
    assert digest_of(tmp_path / "one") == digest_of(tmp_path / "two")


@pytest.mark.parametrize("keep", [3, 40, 5000, -7])
def test_a_file_that_is_cut_short(keep: int, tmp_path: Path) -> None:
    path = write_ct2(tmp_path / "model.bin", whisper_arrays())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"model\.bin: ends at byte \d+, but \d+ bytes were promised"):
        read_variables(path)


def test_what_is_no_float_whisper_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    with pytest.raises(ModelError, match=r"version 2 and kind 'WhisperSpec'"):
        read_variables(write_ct2(path, {}, version=2))
    with pytest.raises(ModelError, match="kind 'TransformerSpec'"):
        read_variables(write_ct2(path, whisper_arrays(), spec="TransformerSpec"))
    arrays = whisper_arrays()
    arrays["encoder/layer_0/ffn/linear_0/weight"] = np.zeros((4 * WIDTH, WIDTH), np.int8)
    with pytest.raises(ModelError, match=r"ffn/linear_0/weight is stored as int8; quantised weights cannot"):
        state_dict(read_variables(write_ct2(path, arrays)), path)
    del arrays["encoder/layer_0/ffn/linear_0/weight"]
    with pytest.raises(ModelError, match="holds no variable 'encoder/layer_0/ffn/linear_0/weight'"):
        state_dict(read_variables(write_ct2(path, arrays)), path)


def test_a_key_bias_is_not_dropped_in_silence(tmp_path: Path) -> None:
    arrays = whisper_arrays()
    arrays["decoder/layer_1/attention/linear_1/bias"][3] = 1.0
    with pytest.raises(ModelError, match=r"decoder\.layers\.1\.encoder_attn: its keys have a bias"):
        state_dict(read_variables(write_ct2(tmp_path / "model.bin", arrays)), tmp_path)


def test_the_cache_is_made_once_and_mended_when_damaged(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def count(*arguments: Any) -> None:
        made.append(arguments[0])
        convert(*arguments)

    monkeypatch.setenv("SPEECHFAIR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(bundled, "folder_of", lambda name: source)
    monkeypatch.setattr(ct2_conversion, "convert", count)
    folder = converted_bundled("whisper-tiny.en")
    digest = digest_of(folder)
    assert converted_bundled("whisper-tiny.en") == folder
    assert len(made) == 1
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\xff")
    assert digest_of(folder) != digest
    assert digest_of(converted_bundled("whisper-tiny.en")) == digest
    assert len(made) == 2
    assert sorted(path.name for path in folder.parent.iterdir()) == [".lock", folder.name]


def test_weights_that_are_not_those_published_are_not_converted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.bin").write_bytes(b"not whisper")
    monkeypatch.setattr(bundled, "_package", lambda *names: tmp_path)
    with pytest.raises(DigestMismatchError, match="expected sha256 1a5afae0"):
        converted_bundled("whisper-tiny.en")


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    monkeypatch.setattr(util, "find_spec", lambda name, *a: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'speechfair\[hf\]'"):
        converted_bundled("whisper-tiny.en")

"""Whisper weights in CTranslate2 form, written as a transformers folder: same numbers, other names.

Fine-tuning and the `whisper` family need transformers weights; the bundled ones come for CTranslate2. The
conversion is exact (float16 and float32 only; int8 has lost what would be needed), is made once in the cache
folder, and is checked by digest each time it is used. Nothing is trained, quantised or rounded here.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import ModelError, StorageError
from speechfair.models.families import bundled
from speechfair.models.weights import quiet_transformers, require_transformers, sha256_of
from speechfair.resources import cache_folder
from speechfair.strict_json import parse_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Variables = Mapping[str, NDArray[np.generic]]

__all__ = ["convert", "converted_bundled", "read_variables", "state_dict"]

LAYOUT = 1
"""Part of the cache's name; counted up whenever the files that `convert` writes change."""
RECEIPT = "conversion.json"
MULTILINGUAL = 51_865
"""Least size of a multilingual vocabulary; CTranslate2 tells the two kinds apart by it too."""
SUPPORTED_VERSIONS = (5, 6)
TYPES = {0: "float32", 1: "int8", 2: "int16", 3: "int32", 4: "float16", 5: "bfloat16"}
WIDTHS = {"float32": 4, "int8": 1, "int16": 2, "int32": 4, "float16": 2, "bfloat16": 2}


def converted_bundled(name: str) -> Path:
    """Folder of the bundled model `name` (such as ``whisper-tiny.en``) in transformers form; made if need be.

    Raises
    ------
    MissingExtraError
        The package with the weights, or torch or transformers, is not installed.
    DigestMismatchError
        The installed weights are not those that were published.
    StorageError
        The cache folder cannot be written.
    """
    from filelock import FileLock

    require_transformers(f"converting {name}")
    source = bundled.folder_of(name)
    digest = bundled.DIGESTS[name]
    target = cache_folder("models") / f"{name}-transformers" / f"{digest[:16]}-{LAYOUT}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / ".lock"):
            if not _is_whole(target, digest):
                shutil.rmtree(target, ignore_errors=True)
                _make(source, target, digest)
    except OSError as error:
        raise StorageError(
            f"{target} cannot be written ({error.strerror or error}); make room there, or name another folder "
            "in the environment variable SPEECHFAIR_CACHE"
        ) from error
    return target


def convert(source: Path, target: Path) -> None:
    """Write the CTranslate2 Whisper folder `source` as a transformers folder `target` (float32).

    Parameters
    ----------
    source : holds ``model.bin``, ``config.json`` and ``tokenizer.json``.
    target : is created; what transformers writes there is overwritten.

    Raises
    ------
    ModelError
        `source` is damaged, not a Whisper model, or quantised.
    """
    variables = read_variables(source / "model.bin")
    tensors = state_dict(variables, source / "model.bin")
    config = parse_json((source / "config.json").read_text(encoding="utf-8"))
    special = _special_tokens(source / "tokenizer.json")
    with quiet_transformers():
        _save(_model(tensors, variables, special), config, special, source / "tokenizer.json", target)


def read_variables(path: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of a CTranslate2 ``model.bin`` by name, aliases included.

    Format (version 6; the same for 5): u32 version, string spec, u32 revision, u32 number of variables; each a string
    name, u8 rank, u32 dimensions, u8 type, u32 bytes, data; then u32 number of aliases, each two strings. A
    string is its u16 length, its bytes and a NUL that the length counts. Little-endian.

    Raises
    ------
    ModelError
        It is no such file, or it is cut short; the message names the place in bytes.
    """
    import numpy as np

    reader = _Reader(path)
    version, spec = reader.number("<I"), reader.text()
    if version not in SUPPORTED_VERSIONS or spec != "WhisperSpec":
        raise ModelError(
            f"{path}: is of format version {version} and kind {spec!r}; only WhisperSpec of versions "
            f"{' and '.join(map(str, SUPPORTED_VERSIONS))} can be converted"
        )
    reader.number("<I")
    found: dict[str, NDArray[np.generic]] = {}
    for _ in range(reader.number("<I")):
        name = reader.text()
        shape = [reader.number("<I") for _ in range(reader.number("<B"))]
        kind = TYPES.get(reader.number("<B"), "")
        data = reader.take(reader.number("<I"))
        if not kind or len(data) != WIDTHS[kind] * int(np.prod(shape)):
            raise ModelError(
                f"{path}: {name} does not have the size of its shape {shape}; the file is damaged"
            )
        found[name] = np.frombuffer(data, dtype="<u2" if kind == "bfloat16" else kind).reshape(shape)
        if kind == "bfloat16":
            found[name] = (found[name].astype("<u4") << 16).view("<f4")
    for _ in range(reader.number("<I")):
        alias, original = reader.text(), reader.text()
        found[alias] = found[original]
    return found


def state_dict(variables: Variables, where: Path) -> dict[str, NDArray[np.float32]]:
    """The variables under transformers' names for ``WhisperForConditionalGeneration``, as float32.

    CTranslate2 stacks q, k, v of self-attention and k, v of cross-attention; Whisper's k has no bias, so its
    third (or half) of the bias is zero and is left out. `where` is named in errors.
    """
    import numpy as np

    def take(name: str) -> NDArray[np.float32]:
        if name not in variables:
            raise ModelError(
                f"{where}: holds no variable {name!r}; it is not a Whisper model that is known here"
            )
        if variables[name].dtype.kind != "f":
            raise ModelError(
                f"{where}: {name} is stored as {variables[name].dtype}; quantised weights cannot be converted, "
                "take the float16 or float32 model"
            )
        return np.ascontiguousarray(variables[name], dtype=np.float32)

    found: dict[str, NDArray[np.float32]] = {}
    for side in ("encoder", "decoder"):
        found[f"model.{side}.embed_positions.weight"] = take(f"{side}/position_encodings/encodings")
        _put(found, f"model.{side}.layer_norm", f"{side}/layer_norm", take, norm=True)
        for i in range(_layers(variables, side)):
            _layer(found, f"model.{side}.layers.{i}", f"{side}/layer_{i}", take, cross=side == "decoder")
    for conv in ("conv1", "conv2"):
        _put(found, f"model.encoder.{conv}", f"encoder/{conv}", take)
    found["model.decoder.embed_tokens.weight"] = take("decoder/embeddings/weight")
    return found


def _layer(found: dict[str, Any], to: str, of: str, take: Any, cross: bool) -> None:
    _put(found, f"{to}.self_attn_layer_norm", f"{of}/self_attention/layer_norm", take, norm=True)
    weights, biases = (take(f"{of}/self_attention/linear_0/{part}") for part in ("weight", "bias"))
    _split(found, f"{to}.self_attn", "qkv", weights, biases)
    _put(found, f"{to}.self_attn.out_proj", f"{of}/self_attention/linear_1", take)
    if cross:
        _put(found, f"{to}.encoder_attn_layer_norm", f"{of}/attention/layer_norm", take, norm=True)
        _put(found, f"{to}.encoder_attn.q_proj", f"{of}/attention/linear_0", take)
        weights, biases = (take(f"{of}/attention/linear_1/{part}") for part in ("weight", "bias"))
        _split(found, f"{to}.encoder_attn", "kv", weights, biases)
        _put(found, f"{to}.encoder_attn.out_proj", f"{of}/attention/linear_2", take)
    _put(found, f"{to}.final_layer_norm", f"{of}/ffn/layer_norm", take, norm=True)
    _put(found, f"{to}.fc1", f"{of}/ffn/linear_0", take)
    _put(found, f"{to}.fc2", f"{of}/ffn/linear_1", take)


def _put(found: dict[str, Any], to: str, of: str, take: Any, norm: bool = False) -> None:
    names = ("gamma", "beta") if norm else ("weight", "bias")
    found[f"{to}.weight"], found[f"{to}.bias"] = take(f"{of}/{names[0]}"), take(f"{of}/{names[1]}")


def _split(found: dict[str, Any], to: str, parts: str, weights: Any, biases: Any) -> None:
    import numpy as np

    for part, weight, bias in zip(
        parts, np.split(weights, len(parts)), np.split(biases, len(parts)), strict=True
    ):
        found[f"{to}.{part}_proj.weight"] = weight
        if part != "k":
            found[f"{to}.{part}_proj.bias"] = bias
        elif bias.any():
            raise ModelError(f"{to}: its keys have a bias, which Whisper's have not")


def _layers(variables: Variables, side: str) -> int:
    numbers = [
        int(name.split("/")[1].removeprefix("layer_"))
        for name in variables
        if name.startswith(f"{side}/layer_") and name.split("/")[1].removeprefix("layer_").isdigit()
    ]
    return 1 + max(numbers, default=-1)


def _special_tokens(tokenizer: Path) -> dict[str, int]:
    """Token ids of Whisper's control tokens, from ``tokenizer.json``."""
    content = parse_json(tokenizer.read_text(encoding="utf-8"))
    found = {str(token["content"]): int(token["id"]) for token in content["added_tokens"]}
    for name in ("<|endoftext|>", "<|startoftranscript|>", "<|notimestamps|>", "<|startofprev|>"):
        if name not in found:
            raise ModelError(f"{tokenizer}: has no token {name}; it is not Whisper's tokenizer")
    return found


def _model(tensors: Mapping[str, Any], variables: Variables, special: Mapping[str, int]) -> Any:
    """A `WhisperForConditionalGeneration` with these weights."""
    import torch
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    vocabulary, width = tensors["model.decoder.embed_tokens.weight"].shape
    end = special["<|endoftext|>"]
    heads = int(variables["encoder/num_heads"]) if "encoder/num_heads" in variables else width // 64
    config = WhisperConfig(
        vocab_size=vocabulary,
        d_model=width,
        encoder_layers=_layers(variables, "encoder"),
        decoder_layers=_layers(variables, "decoder"),
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=tensors["model.encoder.layers.0.fc1.weight"].shape[0],
        decoder_ffn_dim=tensors["model.decoder.layers.0.fc1.weight"].shape[0],
        num_mel_bins=tensors["model.encoder.conv1.weight"].shape[1],
        max_source_positions=tensors["model.encoder.embed_positions.weight"].shape[0],
        max_target_positions=tensors["model.decoder.embed_positions.weight"].shape[0],
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=special["<|startoftranscript|>"],
    )
    model = WhisperForConditionalGeneration(config).float()
    loaded = model.load_state_dict(
        {name: torch.from_numpy(value) for name, value in tensors.items()}, strict=False
    )
    missing = set(loaded.missing_keys) - {"proj_out.weight"}
    if missing or loaded.unexpected_keys:
        raise ModelError(
            f"the weights do not fill a Whisper model: missing {sorted(missing)[:3]}, "
            f"unknown {loaded.unexpected_keys[:3]}"
        )
    model.tie_weights()
    return model


def _generation(config: Mapping[str, Any], special: Mapping[str, int], multilingual: bool) -> Any:
    """What `generate` needs to know, from CTranslate2's ``config.json`` and the tokenizer."""
    from transformers import GenerationConfig
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    end = special["<|endoftext|>"]
    # a fresh one: that of a model is rebuilt from its configuration when loaded, and loses Whisper's own fields
    generation = GenerationConfig(
        max_length=448,
        decoder_start_token_id=special["<|startoftranscript|>"],
        eos_token_id=end,
        pad_token_id=end,
        bos_token_id=end,
        suppress_tokens=config["suppress_ids"],
        begin_suppress_tokens=config["suppress_ids_begin"],
    )
    generation.alignment_heads = config["alignment_heads"]
    generation.is_multilingual = multilingual
    generation.no_timestamps_token_id = special["<|notimestamps|>"]
    generation.prev_sot_token_id = special["<|startofprev|>"]
    generation.max_initial_timestamp_index = 50
    if multilingual:
        known = set(config["lang_ids"])
        codes = {f"<|{code}|>": special.get(f"<|{code}|>") for code in LANGUAGES}
        generation.lang_to_id = {token: number for token, number in codes.items() if number in known}
        generation.task_to_id = {task: special[f"<|{task}|>"] for task in ("transcribe", "translate")}
    return generation


def _save(
    model: Any, config: Mapping[str, Any], special: Mapping[str, int], tokenizer: Path, target: Path
) -> None:
    from transformers import WhisperFeatureExtractor, WhisperProcessor, WhisperTokenizer

    target.mkdir(parents=True, exist_ok=True)
    model.generation_config = _generation(config, special, model.config.vocab_size >= MULTILINGUAL)
    model.save_pretrained(target)
    shutil.copyfile(tokenizer, target / "tokenizer.json")
    names = ("pad_token", "bos_token", "eos_token", "unk_token")
    settings = {"tokenizer_class": "WhisperTokenizer", "model_max_length": 1024}
    settings.update(dict.fromkeys(names, "<|endoftext|>"))
    (target / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    extractor = WhisperFeatureExtractor(feature_size=model.config.num_mel_bins)
    WhisperProcessor(extractor, WhisperTokenizer.from_pretrained(target)).save_pretrained(target)


def _make(source: Path, target: Path, digest: str) -> None:
    """Convert into a folder next to `target`, which then appears whole, with a receipt of what it holds."""
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        convert(source, work)
        files = {path.name: sha256_of(path) for path in sorted(work.iterdir())}
        (work / RECEIPT).write_text(json.dumps({"source_sha256": digest, "files": files}, indent=1))
        os.chmod(work, 0o755)
        os.replace(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _is_whole(target: Path, digest: str) -> bool:
    """Whether `target` holds, byte for byte, what was converted from weights of that digest."""
    try:
        receipt = parse_json((target / RECEIPT).read_text())
        return receipt["source_sha256"] == digest and all(
            sha256_of(target / name) == expected for name, expected in receipt["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


class _Reader:
    """Little-endian numbers and strings of a file, in order; what is not there raises `ModelError`."""

    def __init__(self, path: Path) -> None:
        self._path, self._data, self._at = path, memoryview(path.read_bytes()), 0

    def take(self, size: int) -> memoryview:
        piece = self._data[self._at : self._at + size]
        if len(piece) < size:
            raise ModelError(
                f"{self._path}: ends at byte {len(self._data)}, but {size} bytes were promised at byte {self._at}; "
                "the file is cut short or no CTranslate2 model"
            )
        self._at += size
        return piece

    def number(self, form: str) -> int:
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def text(self) -> str:
        raw = bytes(self.take(self.number("<H")))
        return raw[:-1].decode("utf-8", errors="replace")

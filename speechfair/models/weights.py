"""Where the weights of a transformers model lie, fetched from the hub if need be, and the digest of what is used.

No weights are read here; a folder is only found, checked for what a model needs, and hashed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata, util
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, MissingExtraError, ModelError

__all__ = [
    "digest_of",
    "model_folder",
    "quiet_transformers",
    "require_transformers",
    "sha256_of",
    "torch_device",
    "torch_dtype",
    "versions_of",
]

CONFIGURATION = (
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "config.json",
    "generation_config.json",
    "merges.txt",
    "normalizer.json",
    "preprocessor_config.json",
    "processor_config.json",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "spiece.model",
    "tekken.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
)
"""Files besides the weights that transformers reads and that can change a text."""


def require_transformers(feature: str) -> None:
    """Raise `MissingExtraError` where torch or transformers is not installed."""
    for package in ("torch", "transformers"):
        if util.find_spec(package) is None:
            raise MissingExtraError(feature, package, "hf")


def model_folder(which: str, family: str, extra_files: Sequence[str] = ()) -> Path:
    """Folder of a model in transformers form: `which` itself, or a hub name's snapshot, fetched where needed.

    Parameters
    ----------
    which : a folder, or a name on the Hugging Face hub, such as ``openai/whisper-small``.
    family : the family that asks, for messages.
    extra_files : further files to fetch from the hub, as patterns.

    Raises
    ------
    ModelError
        There is no such folder, the hub does not give it, or it holds no weights that transformers reads.
    """
    folder = Path(which).expanduser()
    if not folder.is_dir():
        if folder.is_absolute() or which.startswith((".", "~")) or which.count("/") > 1:
            raise ModelError(
                f"there is no folder {folder}; give a folder that transformers wrote, or a hub name"
            )
        folder = _fetch(which, family, extra_files)
    _check(folder, family)
    return folder


def digest_of(folder: Path, extra_files: Sequence[str] = ()) -> str:
    """The sha256 over weights, configuration, tokenizer and feature extractor of a model folder, names included."""
    files = [*_weights(folder), *(folder / name for name in CONFIGURATION)]
    files += [path for pattern in extra_files for path in sorted(folder.glob(pattern))]
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        if path.is_file():
            digest.update(f"{path.name}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def sha256_of(*paths: Path) -> str:
    """Hex digest of files' contents, one after another."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def versions_of(*packages: str) -> dict[str, str]:
    """Installed versions by package, for a `ModelIdentity`."""
    return {name: metadata.version(name) for name in packages}


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Without transformers' progress bars and advice within; its errors still show."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def torch_dtype(name: str) -> Any:
    """The torch type of that name; `InputError` for one that is not a floating-point type for inference."""
    import torch

    known = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
    if name not in known:
        raise InputError(f"dtype={name!r} is not usable: give one of {', '.join(known)}")
    return known[name]


def torch_device(name: str) -> Any:
    """The torch device of that name; ``auto`` is the first GPU where there is one, else the CPU."""
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"device={name!r} is not usable: give auto, cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f"device={name!r}: torch sees no GPU here; give device=cpu")
    return device


def _weights(folder: Path) -> list[Path]:
    """The weight files that transformers would read: safetensors where there are any."""
    return sorted(folder.glob("model*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))


def _check(folder: Path, family: str) -> None:
    if (
        folder / "adapter_config.json"
    ).is_file():  # transformers would load the base that it names, from anywhere
        raise ModelError(
            f"{folder} holds an adapter, whose base model lies elsewhere and is not in its digest; merge them first "
            "(peft: merge_and_unload, then save_pretrained), and give that folder"
        )
    if _weights(folder) and (folder / "config.json").is_file():
        return
    if (folder / "model.bin").is_file():
        raise ModelError(
            f"{folder} holds a CTranslate2 model, which {family} does not read; use faster-whisper:{folder}"
        )
    missing = "config.json" if _weights(folder) else "model*.safetensors or pytorch_model*.bin"
    raise ModelError(f"{folder} holds no {missing}: it is not a model that transformers saved")


def _fetch(which: str, family: str, extra_files: Sequence[str]) -> Path:
    from huggingface_hub import snapshot_download

    patterns = ["model*.safetensors", "model*.safetensors.index.json", "adapter_config.json", *CONFIGURATION]
    patterns += extra_files
    try:
        folder = Path(snapshot_download(which, allow_patterns=patterns))
        if not _weights(folder):
            folder = Path(snapshot_download(which, allow_patterns=[*patterns, "pytorch_model*"]))
        return folder
    except Exception as error:
        raise ModelError(
            f"the model {which!r} is no folder here, and could not be fetched from the Hugging Face hub "
            f"({type(error).__name__}); without a hub, give a folder that holds it: {family}:/path/to/folder"
        ) from error

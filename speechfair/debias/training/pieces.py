"""The model that is trained, with its tokenizer and feature extractor: found, loaded, adapted, saved.

Loading and saving only; the weights a run starts from are never written to.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from speechfair.debias.training.window import FULL_WINDOW_S
from speechfair.errors import InputError, MissingExtraError, ModelError
from speechfair.models.batching import describe
from speechfair.models.weights import CONFIGURATION, digest_of, model_folder, quiet_transformers
from speechfair.registry import did_you_mean

if TYPE_CHECKING:
    from speechfair.debias.recipe import Lora

__all__ = [
    "Pieces",
    "adapted",
    "base_folder",
    "export_ct2",
    "load_alike",
    "load_pieces",
    "load_weights",
    "merged",
    "need_training_packages",
    "save",
]


_CTC_SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Pieces:
    """A transformers model in parts, and the folder it was read from.

    Parameters
    ----------
    digest : sha256 over the folder's weights and configuration.
    """

    model: Any
    tokenizer: Any
    extractor: Any
    folder: Path
    digest: str
    kind: Literal["whisper", "ctc"] = "whisper"

    @property
    def full_window_s(self) -> float:
        """Seconds that the encoder was made for. A CTC model has no window: it gets Whisper's, which is not used."""
        return FULL_WINDOW_S if self.kind == "ctc" else float(self.extractor.chunk_length)


def need_training_packages() -> None:
    """Raise `MissingExtraError` where a package that training needs is not installed."""
    for package in ("torch", "transformers", "accelerate", "peft"):
        if util.find_spec(package) is None:
            raise MissingExtraError("debiasing", package, "hf")


def base_folder(spec: str) -> Path:
    """Folder of the weights to start from: ``bundled:NAME``, ``whisper:FOLDER`` or ``ctc:FOLDER`` (or a hub name)."""
    from speechfair.models.ct2_conversion import converted_bundled

    family, _, which = spec.partition(":")
    if family == "bundled":
        return converted_bundled(which or "whisper-tiny.en")
    if family in ("whisper", "ctc") and which:
        return model_folder(which, family)
    raise InputError(
        f"model {spec!r} cannot be trained here: give bundled:whisper-tiny.en, or whisper:FOLDER or ctc:FOLDER with a "
        f"folder that transformers saved; {did_you_mean(family, ['bundled', 'whisper', 'ctc'])}"
    )


def load_pieces(spec: str, language: str | None) -> Pieces:
    """Model, tokenizer (set to transcribe `language` without timestamps) and feature extractor of `spec`."""
    if spec.startswith("ctc:"):
        return _load_ctc(base_folder(spec))
    from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperTokenizer

    folder = base_folder(spec)
    with quiet_transformers():
        try:
            model = WhisperForConditionalGeneration.from_pretrained(folder, dtype="float32")
            tokenizer = WhisperTokenizer.from_pretrained(folder)
            extractor = WhisperFeatureExtractor.from_pretrained(folder)
        except Exception as error:
            raise ModelError(
                f"{folder} cannot be loaded as a transformers Whisper model: {describe(error)}"
            ) from error
    _set_prompt(tokenizer, model, language, spec)
    return Pieces(model, tokenizer, extractor, folder, digest_of(folder))


def _load_ctc(folder: Path) -> Pieces:
    """Model, tokenizer and feature extractor of a CTC model in a folder that transformers saved."""
    from transformers import AutoFeatureExtractor, AutoModelForCTC, AutoTokenizer

    with quiet_transformers():
        try:
            model = AutoModelForCTC.from_pretrained(folder, dtype="float32", trust_remote_code=False)
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            extractor = AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=False)
        except Exception as error:
            raise ModelError(
                f"{folder} cannot be loaded as a transformers CTC model: {describe(error)}"
            ) from error
    if model.main_input_name != "input_values" or extractor.sampling_rate != _CTC_SAMPLE_RATE:
        raise InputError(f"{folder}: only CTC models that take raw audio at 16 kHz can be trained here")
    return Pieces(model, tokenizer, extractor, folder, digest_of(folder), "ctc")


def load_weights(pieces: Pieces, folder: Path) -> dict[str, Any]:
    """The weights of another model of the same kind, by name."""
    from transformers import AutoModelForCTC, WhisperForConditionalGeneration

    kind = AutoModelForCTC if pieces.kind == "ctc" else WhisperForConditionalGeneration
    with quiet_transformers():
        weights: dict[str, Any] = kind.from_pretrained(
            folder, dtype="float32", trust_remote_code=False
        ).state_dict()
    return weights


def load_alike(pieces: Pieces, folder: Path, base: Mapping[str, Any]) -> dict[str, Any]:
    """The weights of a model that was trained from the same base.

    Raises
    ------
    ModelError
        A weight of `base` is missing, or has another shape.
    """
    found = load_weights(pieces, folder)
    if any(name not in found or value.shape != found[name].shape for name, value in base.items()):
        raise ModelError(f"{folder}: its weights do not have the names and shapes of the base model's")
    return found


def adapted(model: Any, lora: Lora, seed: int) -> Any:
    """`model` with low-rank adapters; only they are trained. Their start depends on `seed` alone."""
    import torch
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.targets),
        bias="none",
    )
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        # peft asks transformers by a name that transformers has deprecated; nothing the user can do
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        torch.manual_seed(seed)
        try:
            return get_peft_model(model, config)
        except ValueError as error:
            raise InputError(f"lora.targets {lora.targets}: {error}") from None


def merged(model: Any) -> Any:
    """The plain model, adapters merged into its weights if it has any."""
    return model.merge_and_unload() if hasattr(model, "merge_and_unload") else model


def save(pieces: Pieces, model: Any, folder: Path) -> None:
    """Write `model` next to the base's own tokenizer and extractor files; `folder` appears whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    _put_back_cache(model.config, pieces.folder)
    try:
        with quiet_transformers():
            model.save_pretrained(work)
        for name in CONFIGURATION:
            if (pieces.folder / name).is_file() and name != "config.json":
                shutil.copyfile(pieces.folder / name, work / name)
        os.chmod(work, 0o755)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _put_back_cache(config: Any, base: Path) -> None:
    """The trainer turns the decoder's cache off and leaves it so, which would slow down whoever decodes."""
    before = type(config).from_pretrained(base).to_dict()
    if "use_cache" in before:
        config.use_cache = before["use_cache"]
    elif hasattr(config, "use_cache"):
        del config.use_cache


def export_ct2(source: Path, folder: Path) -> Path:
    """A transformers Whisper folder in CTranslate2 form (float32), for fast decoding; reused where it is whole."""
    from transformers import WhisperFeatureExtractor

    if (folder / "model.bin").is_file():
        return folder
    from ctranslate2.converters import TransformersConverter

    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        with quiet_transformers():
            TransformersConverter(str(source), copy_files=["tokenizer.json"]).convert(str(work), force=True)
            WhisperFeatureExtractor.from_pretrained(source).save_pretrained(work)
        os.replace(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def _set_prompt(tokenizer: Any, model: Any, language: str | None, spec: str) -> None:
    multilingual = bool(getattr(model.generation_config, "is_multilingual", False))
    if not multilingual:
        if language not in (None, "en"):
            raise InputError(f"{spec} knows English only; language: {language} cannot be trained")
        tokenizer.set_prefix_tokens(predict_timestamps=False)
        return
    if language is None:
        raise InputError(f"{spec} is multilingual: say which language is spoken, such as language: en")
    try:
        tokenizer.set_prefix_tokens(language=language, task="transcribe", predict_timestamps=False)
        _ = tokenizer.prefix_tokens
    except ValueError:
        raise InputError(
            f"{spec} does not know the language {language!r}; give a two-letter code such as en"
        ) from None

"""CTC models of transformers: wav2vec 2.0, HuBERT, WavLM, MMS, Parakeet-CTC and their kin, decoded greedily.

Padding must not change a text. Models that honour an attention mask from the first layer on are batched with one;
for all others (group normalisation over time, convolutions that look past the end) each utterance goes alone.
There is no language model here, and audio too long to be held at once is refused, not cut.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, ModelError
from speechfair.models.arguments import positive_number, whole_number
from speechfair.models.batching import Heard, at_least, by_length, confidence_of, describe, too_long
from speechfair.models.remote_code import RemoteCode, code_files, remote_code
from speechfair.models.weights import (
    digest_of,
    model_folder,
    quiet_transformers,
    require_transformers,
    torch_device,
    torch_dtype,
    versions_of,
)
from speechfair.types import Audio, Hypothesis, ModelIdentity

__all__ = ["Ctc", "load", "masks_padding"]

MASKED_TYPES = frozenset({"hubert", "unispeech", "unispeech-sat", "wav2vec2", "wavlm"})
SHORTEST_S = 0.1
"""Shorter audio (seconds) is padded with silence to this, so that every encoder gets at least one frame."""


def load(
    which: str | None,
    *,
    language: str | None = None,
    dtype: str = "float32",
    device: str = "auto",
    batch_size: int = 8,
    longest_s: float = 120.0,
    trust_remote_code: bool = False,
    name: str | None = None,
) -> Ctc:
    """Load a CTC model in transformers form.

    Parameters
    ----------
    which : folder that transformers saved, or a hub name such as ``facebook/wav2vec2-large-960h-lv60-self``.
    language : adapter of a model with several, such as ``jpn`` for MMS; other models take none.
    dtype : ``float32``, ``float16`` or ``bfloat16``.
    device : ``cpu``, ``cuda`` or ``auto``.
    batch_size : utterances per pass, where the model can be batched. Not part of the identity.
    longest_s : longer audio (seconds) becomes a failed row; memory grows with the square of the length.
    trust_remote_code : run the Python code that the folder brings along. Part of the identity, like the code.
    name : what the model is called in results; default ``ctc:WHICH``.

    Raises
    ------
    InputError
        An option's value is not usable.
    MissingExtraError
        torch or transformers is not installed.
    ModelError
        The folder or the hub does not give a CTC model.
    """
    if not which:
        raise InputError(
            "ctc needs a model: ctc:FOLDER or a hub name, such as ctc:facebook/wav2vec2-base-960h"
        )
    batch_size = whole_number("batch_size", batch_size)
    longest_s = positive_number("longest_s", longest_s)
    require_transformers("the model family ctc")
    adapters = (f"adapter.{language}.safetensors", f"adapter.{language}.bin") if language else ()
    folder = model_folder(which, "ctc", (*adapters, *code_files(trust_remote_code)))
    code = remote_code(folder, trust_remote_code)
    return Ctc(name or f"ctc:{which}", code, language, dtype, device, batch_size, longest_s)


def masks_padding(config: Any) -> bool:
    """Whether a model with this configuration gives padded audio the text it gives it alone.

    True for the wav2vec 2.0 kind whose convolutions are normalised per frame (``feat_extract_norm="layer"``).
    With ``"group"`` the normalisation runs over time, padding included; such models are not to be padded at all.
    """
    return (
        config.model_type in MASKED_TYPES
        and getattr(config, "feat_extract_norm", None) == "layer"
        and not getattr(config, "add_adapter", False)
    )


class Ctc:
    """A `Recognizer` over one loaded CTC model. Made by `load`."""

    def __init__(
        self,
        name: str,
        code: RemoteCode,
        language: str | None,
        dtype: str,
        device: str,
        batch_size: int,
        longest_s: float,
    ) -> None:
        self._dtype, self._device = torch_dtype(dtype), torch_device(device)
        self._model, self._extractor, self._tokenizer = _open(code, language, self._dtype, self._device)
        self._masked = masks_padding(self._model.config) and not code.trusted
        self._batch_size = batch_size if self._masked else 1
        self._longest_s = longest_s
        self._sample_rate = int(self._extractor.sampling_rate)
        adapters = (f"adapter.{language}.*",) if language else ()
        self._identity = ModelIdentity(
            name=name,
            family="ctc",
            digest=digest_of(code.folder, (*adapters, *code.files)),
            options={
                "architecture": type(self._model).__name__,
                "language": language,
                "dtype": dtype,
                "device": self._device.type,
                "longest_s": longest_s,
                "decoding": "greedy",
                **code.options,
            },
            versions=versions_of("torch", "transformers"),
        )

    @property
    def identity(self) -> ModelIdentity:
        """Weights, options and library versions."""
        return self._identity

    @property
    def sample_rate(self) -> int:
        """Hz that the model's feature extractor was made for."""
        return self._sample_rate

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio, in order. Whatever goes wrong with one becomes its `error`."""
        return by_length(
            batch,
            self.sample_rate,
            self.identity.key,
            self._batch_size,
            self._recognize,
            lambda audio: too_long(audio, self._longest_s),
        )

    def _recognize(self, batch: list[Audio]) -> list[Heard]:
        import torch

        samples = [at_least(audio, SHORTEST_S) for audio in batch]
        inputs = self._extractor(
            samples,
            sampling_rate=self.sample_rate,
            padding=True,
            truncation=False,
            return_attention_mask=self._masked,
            return_tensors="pt",
        )
        given = {name: self._to_device(value) for name, value in inputs.items()}
        with torch.inference_mode(), warnings.catch_warnings():
            # WavLM's own attention hands torch masks of two types; the result is right
            warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask")
            logits = self._model(**given).logits
        if self._masked:
            lengths = self._model._get_feat_extract_output_lengths(given["attention_mask"].sum(-1)).tolist()
        else:
            lengths = [logits.shape[1]] * len(batch)
        certain, best = logits.float().log_softmax(dim=-1).max(dim=-1)
        return [
            Heard(
                str(self._tokenizer.decode(row[: int(n)].tolist(), skip_special_tokens=True)).strip(),
                self._confidence(row[: int(n)], sure[: int(n)]),
            )
            for row, sure, n in zip(best, certain, lengths, strict=True)
        ]

    def _confidence(self, tokens: Any, log_probabilities: Any) -> float | None:
        """Mean over the frames that say something; over all where none does."""
        spoken = tokens != self._model.config.pad_token_id
        counted = log_probabilities[spoken] if bool(spoken.any()) else log_probabilities
        return confidence_of(float(counted.mean())) if len(counted) else None

    def _to_device(self, value: Any) -> Any:
        return value.to(self._device, self._dtype) if value.is_floating_point() else value.to(self._device)


def _open(code: RemoteCode, language: str | None, dtype: Any, device: Any) -> tuple[Any, Any, Any]:
    """Model, feature extractor and tokenizer of a folder, with the adapter of a language where asked for."""
    from transformers import AutoConfig, AutoFeatureExtractor, AutoModelForCTC, AutoTokenizer

    folder, trust = code.folder, code.trusted
    try:
        with quiet_transformers():
            config = AutoConfig.from_pretrained(folder, trust_remote_code=trust)
            if type(config) not in AutoModelForCTC._model_mapping and not code.gives("AutoModelForCTC"):
                raise code.error(
                    f"{folder} holds a model of type {config.model_type!r}, for which transformers has no CTC head; "
                    "the families whisper and seq2seq take models that generate"
                )
            extra = _adapter(config, language, folder)
            tokenizer = AutoTokenizer.from_pretrained(folder, **extra, trust_remote_code=trust)
            if extra:
                extra["ignore_mismatched_sizes"] = True
            model = (
                AutoModelForCTC.from_pretrained(folder, dtype=dtype, **extra, trust_remote_code=trust)
                .to(device)
                .eval()
            )
            return model, AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=trust), tokenizer
    except (ModelError, InputError):
        raise
    except Exception as error:
        raise code.error(f"{folder} cannot be loaded as a CTC model: {describe(error)}") from error


def _adapter(config: Any, language: str | None, folder: Path) -> dict[str, Any]:
    """Arguments that choose a language's adapter; empty for a model that has none."""
    has_adapters = getattr(config, "adapter_attn_dim", None) is not None
    if not has_adapters:
        if language is not None:
            raise InputError(f"{folder} has no adapters for languages; leave language={language!r} out")
        return {}
    if language is None:
        raise InputError(f"{folder} has one adapter per language: say which, such as language=eng")
    if not list(folder.glob(f"adapter.{language}.*")):
        known = sorted(path.name.split(".")[1] for path in folder.glob("adapter.*.*"))
        there = f"; there are {', '.join(known[:10])}" if known else ""
        raise InputError(f"{folder} has no adapter for the language {language!r}{there}")
    return {"target_lang": language}

"""Encoder-decoder models of transformers that take audio and nothing else: Moonshine, Speech2Text and their kin.

Each utterance goes alone, so that a text cannot depend on its neighbours. Whisper has a family of its own, with
windows and redone runaways; models that want a prompt are speech-LLMs and are not taken here. There is no second
way to decode, so a runaway stays as it is and shows as such in the audit.
"""

from __future__ import annotations

from collections.abc import Sequence
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

__all__ = ["SEQ2SEQ_TYPES", "Seq2Seq", "load"]

SEQ2SEQ_TYPES = ("moonshine", "speech-encoder-decoder", "speech_to_text")
"""Values of ``model_type`` that need no prompt besides the audio."""

SHORTEST_S = 0.1
"""Shorter audio (seconds) is padded with silence to this, so that every encoder gets at least one frame."""


def load(
    which: str | None,
    *,
    dtype: str = "float32",
    device: str = "auto",
    beam_size: int = 1,
    longest_s: float = 30.0,
    trust_remote_code: bool = False,
    name: str | None = None,
) -> Seq2Seq:
    """Load an encoder-decoder model in transformers form.

    Parameters
    ----------
    which : folder that transformers saved, or a hub name such as ``UsefulSensors/moonshine-tiny``.
    dtype : ``float32``, ``float16`` or ``bfloat16``.
    device : ``cpu``, ``cuda`` or ``auto``.
    beam_size : 1 is greedy.
    longest_s : longer audio (seconds) becomes a failed row: these models were trained on short stretches.
    trust_remote_code : run the Python code that the folder brings along. Part of the identity, like the code.
    name : what the model is called in results; default ``seq2seq:WHICH``.

    Raises
    ------
    InputError
        An option's value is not usable.
    MissingExtraError
        torch or transformers is not installed.
    ModelError
        The folder or the hub does not give such a model.
    """
    if not which:
        raise InputError(
            "seq2seq needs a model: seq2seq:FOLDER or a hub name, such as UsefulSensors/moonshine-tiny"
        )
    beam_size = whole_number("beam_size", beam_size)
    longest_s = positive_number("longest_s", longest_s)
    require_transformers("the model family seq2seq")
    folder = model_folder(which, "seq2seq", code_files(trust_remote_code))
    code = remote_code(folder, trust_remote_code)
    return Seq2Seq(name or f"seq2seq:{which}", code, dtype, device, beam_size, longest_s)


class Seq2Seq:
    """A `Recognizer` over one loaded encoder-decoder model. Made by `load`."""

    def __init__(
        self, name: str, code: RemoteCode, dtype: str, device: str, beam_size: int, longest_s: float
    ) -> None:
        self._dtype, self._device = torch_dtype(dtype), torch_device(device)
        self._model, self._extractor, self._tokenizer = _open(code, self._dtype, self._device)
        self._beam_size, self._longest_s = beam_size, longest_s
        self._sample_rate = int(self._extractor.sampling_rate)
        self._identity = ModelIdentity(
            name=name,
            family="seq2seq",
            digest=digest_of(code.folder, code.files),
            options={
                "architecture": type(self._model).__name__,
                "dtype": dtype,
                "device": self._device.type,
                "beam_size": beam_size,
                "longest_s": longest_s,
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
            1,
            lambda alone: [self._recognize(alone[0])],
            lambda audio: too_long(audio, self._longest_s),
        )

    def _recognize(self, audio: Audio) -> Heard:
        import torch

        inputs = self._extractor(
            at_least(audio, SHORTEST_S), sampling_rate=self.sample_rate, truncation=False, return_tensors="pt"
        )
        given = {
            name: value.to(self._device, self._dtype) if value.is_floating_point() else value.to(self._device)
            for name, value in inputs.items()
        }
        # 16 tokens a second is twice the fastest speech
        room = 40 + int(16 * audio.duration_s)
        with torch.inference_mode(), quiet_transformers():
            found = self._model.generate(
                **given,
                do_sample=False,
                num_beams=self._beam_size,
                max_new_tokens=room,
                output_scores=True,
                return_dict_in_generate=True,
            )
            beams = getattr(found, "beam_indices", None)
            scores = self._model.compute_transition_scores(
                found.sequences, found.scores, beams, normalize_logits=True
            )[0]
        text = str(self._tokenizer.decode(found.sequences[0], skip_special_tokens=True)).strip()
        usable = scores[scores.isfinite()]
        return Heard(text, confidence_of(float(usable.mean())) if len(usable) else None)


def _open(code: RemoteCode, dtype: Any, device: Any) -> tuple[Any, Any, Any]:
    """Model, feature extractor and tokenizer of a folder."""
    from transformers import AutoConfig, AutoFeatureExtractor, AutoModelForSpeechSeq2Seq, AutoTokenizer

    folder, trust = code.folder, code.trusted
    try:
        with quiet_transformers():
            kind = AutoConfig.from_pretrained(folder, trust_remote_code=trust).model_type
            if kind not in SEQ2SEQ_TYPES and not code.gives("AutoModelForSpeechSeq2Seq"):
                raise code.error(
                    f"{folder} holds a model of type {kind!r}; seq2seq takes {', '.join(SEQ2SEQ_TYPES)}, "
                    "the family whisper takes Whisper, and ctc takes models with a CTC head"
                )
            model = (
                AutoModelForSpeechSeq2Seq.from_pretrained(folder, dtype=dtype, trust_remote_code=trust)
                .to(device)
                .eval()
            )
            extractor = AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=trust)
            return model, extractor, AutoTokenizer.from_pretrained(folder, trust_remote_code=trust)
    except ModelError:
        raise
    except Exception as error:
        raise code.error(
            f"{folder} cannot be loaded as an encoder-decoder model: {describe(error)}"
        ) from error

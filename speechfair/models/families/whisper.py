"""Whisper through transformers: the same windows and the same care for runaway decodes as the `faster-whisper` family.

Utterances up to 30 s go through one greedy (or beam) pass without timestamps; a decode that looks like a runaway
goes through transformers' own sequential loop with its temperature fallback, seeded afresh each time; longer
audio goes to that loop at once, to its end. The short window cuts the encoder's table of positions while it
encodes, which the weights themselves never notice. Nothing is trained here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, ModelError
from speechfair.models import runaway
from speechfair.models.arguments import whole_number
from speechfair.models.batching import describe
from speechfair.models.weights import (
    digest_of,
    model_folder,
    quiet_transformers,
    require_transformers,
    torch_device,
    torch_dtype,
    versions_of,
)
from speechfair.models.windows import (
    FULL_WINDOW_S,
    SAMPLE_RATE,
    SEED,
    TEMPERATURES,
    Decode,
    WindowedWhisper,
    read_window,
    spoken_language,
    token_limit,
)
from speechfair.types import Audio, ModelIdentity

__all__ = ["Whisper", "load"]

# transformers compresses token ids, not text: 1.35 there is what 2.4 is for text (its own documentation)
FALLBACK = {"compression_ratio_threshold": 1.35, "logprob_threshold": -1.0, "no_speech_threshold": 0.6}


def load(
    which: str | None,
    *,
    window: str | float = "exact",
    language: str | None = None,
    dtype: str = "float32",
    device: str = "auto",
    batch_size: int = 8,
    beam_size: int = 1,
    name: str | None = None,
) -> Whisper:
    """Load a Whisper model in transformers form.

    Parameters
    ----------
    which : folder that transformers saved; a hub name such as ``openai/whisper-small``; or ``bundled/tiny.en`` or
        ``bundled/base``, which converts the bundled weights once and needs no network.
    window : ``exact``, the 30 s the model was trained on; a shorter window in seconds; or ``auto``: 10 if an audit
        finds on a sample that no group is worse off, else exact.
    language : two-letter code such as ``ja``. English-only models need none; others do.
    dtype : ``float32``, ``float16`` or ``bfloat16``.
    device : ``cpu``, ``cuda`` or ``auto``.
    batch_size : utterances per pass. Not part of the identity.
    beam_size : 1 is greedy.
    name : what the model is called in results; default ``whisper:WHICH``.

    Raises
    ------
    InputError
        An option's value is not usable.
    MissingExtraError
        torch or transformers is not installed.
    ModelError
        The folder or the hub does not give a Whisper model.
    """
    if not which:
        raise InputError(
            "whisper needs a model: whisper:FOLDER, whisper:bundled/tiny.en or a hub name, "
            "such as whisper:openai/whisper-small"
        )
    window_s, candidate = read_window(window)
    batch_size, beam_size = whole_number("batch_size", batch_size), whole_number("beam_size", beam_size)
    require_transformers("the model family whisper")
    folder = _bundled(which) if which.startswith("bundled/") else model_folder(which, "whisper")
    return Whisper(
        name or f"whisper:{which}",
        folder,
        language,
        window_s,
        batch_size,
        beam_size,
        dtype,
        device,
        candidate,
    )


class Whisper(WindowedWhisper):
    """A `Recognizer` over one loaded transformers model. Made by `load`."""

    def __init__(
        self,
        name: str,
        folder: Path,
        language: str | None,
        window_s: float,
        batch_size: int,
        beam_size: int,
        dtype: str,
        device: str,
        candidate_window_s: float | None = None,
    ) -> None:
        self._dtype, self._device = torch_dtype(dtype), torch_device(device)
        self._model, self._extractor, self._tokenizer = _open(folder, self._dtype, self._device)
        self._model.generation_config = _own_generation_config(self._model.generation_config, folder)
        self._multilingual = bool(self._model.generation_config.is_multilingual)
        known = [token.strip("<|>") for token in getattr(self._model.generation_config, "lang_to_id", {})]
        self._language = spoken_language(
            language, self._multilingual, known if self._multilingual else ["en"], name
        )
        self._prompt = self._prompt_tokens()
        self._beam_size = beam_size
        identity = ModelIdentity(
            name=name,
            family="whisper",
            digest=digest_of(folder),
            options={
                "window_s": window_s,
                "language": self._language,
                "beam_size": beam_size,
                "dtype": dtype,
                "device": self._device.type,
                "temperatures": list(TEMPERATURES),
                "seed": SEED,
                "fallback": dict(FALLBACK),
                "runaway": dict(runaway.DEFAULT.as_options()),
            },
            versions=versions_of("torch", "transformers"),
        )
        super().__init__(identity, window_s, batch_size, candidate_window_s)

    def _prompt_tokens(self) -> list[int]:
        words = ["<|startoftranscript|>"]
        if self._multilingual:
            words += [f"<|{self._language}|>", "<|transcribe|>"]
        return [int(self._tokenizer.convert_tokens_to_ids(word)) for word in [*words, "<|notimestamps|>"]]

    def _decode(self, batch: list[Audio], window_s: float) -> list[Decode]:
        import torch
        from transformers import GenerationConfig
        from transformers.generation import GenerationMixin

        given = self._model.generation_config
        room = min(token_limit(window_s), self._model.config.max_target_positions - len(self._prompt))
        settings = GenerationConfig(
            max_new_tokens=room,
            num_beams=self._beam_size,
            do_sample=False,
            suppress_tokens=given.suppress_tokens,
            begin_suppress_tokens=given.begin_suppress_tokens,
            decoder_start_token_id=self._prompt[0],
            eos_token_id=given.eos_token_id,
            pad_token_id=given.pad_token_id,
        )
        with torch.inference_mode(), quiet_transformers():
            encoded = self._encode(self._features(batch, window_s))
            prompt = torch.tensor([self._prompt] * len(batch), device=self._device)
            # Whisper's own generate() pads to 30 s and rules its own prompt; the plain one does as it is told
            tokens = GenerationMixin.generate(
                self._model, encoder_outputs=encoded, decoder_input_ids=prompt, generation_config=settings
            )
        return [self._text(row[len(self._prompt) :], room) for row in tokens.tolist()]

    def _features(self, batch: list[Audio], window_s: float) -> Any:
        """Log-mel spectrograms, each of its audio padded with silence, shape (rows, mels, frames)."""
        found = self._extractor(
            [audio.samples for audio in batch],
            sampling_rate=SAMPLE_RATE,
            padding="max_length",
            max_length=round(window_s * SAMPLE_RATE),
            return_tensors="pt",
        )
        return found.input_features.to(self._device, self._dtype)

    def _encode(self, features: Any) -> Any:
        encoder = self._model.get_encoder()
        with _positions(encoder, features.shape[-1]):
            return encoder(features)

    def _text(self, tokens: list[int], room: int) -> Decode:
        """The text before the end token, and whether there was none."""
        end = self._model.generation_config.eos_token_id
        spoken = tokens[: tokens.index(end)] if end in tokens else tokens
        # control tokens and timestamps all lie above the end token
        return Decode(self._words([token for token in spoken if token < end]), len(spoken) >= room)

    def _words(self, tokens: list[int]) -> str:
        text = self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text).lstrip()

    def _loop(self, audio: Audio) -> Decode:
        """transformers' sequential way through audio of any length, with its temperature fallback."""
        import torch

        short = audio.duration_s <= FULL_WINDOW_S
        inputs = self._extractor(
            audio.samples,
            sampling_rate=SAMPLE_RATE,
            padding="max_length" if short else "longest",
            truncation=False,
            return_attention_mask=True,
            return_tensors="pt",
        )
        spoken = {"language": self._language, "task": "transcribe"} if self._multilingual else {}
        forked = [self._device] if self._device.type == "cuda" else []
        with torch.inference_mode(), quiet_transformers(), torch.random.fork_rng(devices=forked):
            torch.manual_seed(SEED)
            found = self._model.generate(
                inputs.input_features.to(self._device, self._dtype),
                attention_mask=inputs.attention_mask.to(self._device),
                return_timestamps=True,
                return_segments=True,
                temperature=TEMPERATURES,
                num_beams=self._beam_size,
                condition_on_prev_tokens=False,
                **FALLBACK,
                **spoken,
            )
        end = self._model.generation_config.eos_token_id
        tokens = [int(token) for part in found["segments"][0] for token in part["tokens"]]
        return Decode(self._words([token for token in tokens if token < end]))


@contextmanager
def _positions(encoder: Any, frames: int) -> Iterator[None]:
    """Let `encoder` take `frames` mel frames instead of the number it was built for."""
    from torch import nn

    full, size = encoder.embed_positions, encoder.config.max_source_positions
    positions = frames // (encoder.conv1.stride[0] * encoder.conv2.stride[0])
    if positions == size:
        yield
        return
    encoder.embed_positions = nn.Embedding.from_pretrained(full.weight[:positions], freeze=True)
    encoder.config.max_source_positions = positions
    try:
        yield
    finally:
        encoder.embed_positions, encoder.config.max_source_positions = full, size


def _open(folder: Path, dtype: Any, device: Any) -> tuple[Any, Any, Any]:
    """Model, feature extractor and tokenizer of a folder."""
    from transformers import (
        AutoConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizer,
    )

    try:
        with quiet_transformers():
            kind = AutoConfig.from_pretrained(folder, trust_remote_code=False).model_type
            if kind != "whisper":
                raise ModelError(
                    f"{folder} holds a model of type {kind!r}, not Whisper; the families ctc and seq2seq take others"
                )
            model = WhisperForConditionalGeneration.from_pretrained(folder, dtype=dtype).to(device).eval()
            extractor = WhisperFeatureExtractor.from_pretrained(folder)
            return model, extractor, WhisperTokenizer.from_pretrained(folder)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{folder} cannot be loaded as a Whisper model: {describe(error)}") from error


def _own_generation_config(given: Any, folder: Path) -> Any:
    """`given`, checked for what Whisper's decoding needs; fine-tuned folders sometimes lost it."""
    for field in ("no_timestamps_token_id", "is_multilingual"):
        if getattr(given, field, None) is None:
            raise ModelError(
                f"{folder}: its generation_config.json has no {field!r}; copy the generation_config.json of the "
                "Whisper model it was made from into the folder"
            )
    if isinstance(given.eos_token_id, list):
        given.eos_token_id = given.eos_token_id[0]
    return given


def _bundled(which: str) -> Path:
    from speechfair.models.ct2_conversion import converted_bundled

    name = which.removeprefix("bundled/")
    return converted_bundled(name if name.startswith("whisper-") else f"whisper-{name}")

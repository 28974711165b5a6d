"""Whisper weights in CTranslate2 form, through faster-whisper: in batches, with care where a decode runs away.

Utterances up to 30 s go through one greedy (or beam) pass, each padded to a window of its own, so that a
result does not depend on the rest of the batch. A decode that looks like a runaway is done again by faster-whisper's
own loop with its temperature fallback, seeded afresh each time; longer audio goes to that loop at once. No
voice activity detection, no text of one utterance as context for another.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, MissingExtraError, ModelError
from speechfair.models import runaway
from speechfair.models.arguments import whole_number
from speechfair.models.batching import confidence_of, describe
from speechfair.models.processors import processors
from speechfair.models.weights import digest_of, sha256_of
from speechfair.models.whisper_search import DETECT, Search, read_search
from speechfair.models.windows import (
    SAMPLE_RATE,
    SEED,
    TEMPERATURES,
    Decode,
    WindowedWhisper,
    read_window,
    spoken_language,
    token_limit,
)
from speechfair.registry import did_you_mean
from speechfair.types import Audio, ModelIdentity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FasterWhisper", "load"]

ENCODED_AT_ONCE = 4
MOST_PASSES_AT_ONCE = 4
SMALL_BYTES = 600_000_000
"""Weights below this (float16: up to Whisper small) leave room for larger passes."""


def load(
    which: str | None,
    *,
    window: str | float = "exact",
    language: str | None = None,
    compute_type: str = "float32",
    device: str = "auto",
    threads: int = 0,
    batch_size: int | None = None,
    beam_size: int = 1,
    patience: float = 1.0,
    length_penalty: float = 1.0,
    compression_ratio_threshold: float = 2.4,
    log_prob_threshold: float = -1.0,
    name: str | None = None,
) -> FasterWhisper:
    """Load a Whisper model in CTranslate2 form.

    Parameters
    ----------
    which : folder with ``model.bin``, ``config.json`` and ``tokenizer.json``, or a name that faster-whisper
        fetches from the Hugging Face hub, such as ``small.en`` or ``large-v3``.
    window : ``exact``, the 30 s the model was trained on; a shorter window in seconds (about 10 is some three to
        four times as fast; under 8 small models run away often); or ``auto``: 10 if an audit finds on a sample
        that no group is worse off, else exact.
    language : two-letter code such as ``ja``, or ``detect``, which lets the model find it for each utterance.
        English-only models need none; others do.
    compute_type : CTranslate2 arithmetic, such as ``float32`` or ``int8``.
    device : ``cpu``, ``cuda`` or ``auto``.
    threads : CPU threads; 0 takes every processor. Up to four passes run at once and share them: the same texts
        for less processor time. Not part of the identity.
    batch_size : utterances per pass; None is 16 for small models on a CPU and 8 for others, whose passes take much
        memory. Not part of the identity.
    beam_size, patience, length_penalty, compression_ratio_threshold, log_prob_threshold : see
        `speechfair.models.whisper_search.Search`.
    name : what the model is called in results; default ``faster-whisper:WHICH``.

    Raises
    ------
    InputError
        An option's value is not usable.
    ModelError
        The folder or the hub does not give a model.
    MissingExtraError
        faster-whisper is not installed.
    """
    if util.find_spec("faster_whisper") is None:
        raise MissingExtraError("the model family faster-whisper", "faster-whisper", "whisper")
    if not which:
        raise InputError(
            "faster-whisper needs a model: faster-whisper:FOLDER or a name, such as faster-whisper:small.en"
        )
    window_s, candidate = read_window(window)
    search = read_search(beam_size, patience, length_penalty, compression_ratio_threshold, log_prob_threshold)
    if batch_size is not None:
        batch_size = whole_number("batch_size", batch_size)
    threads = whole_number("threads", threads, least=0) or processors()
    folder = _folder(which)
    on_gpu = _on_gpu(device)
    workers = 1 if on_gpu else min(MOST_PASSES_AT_ONCE, threads)
    if batch_size is None:
        small = not on_gpu and (folder / "model.bin").stat().st_size < SMALL_BYTES
        batch_size = 16 if small else 8

    def build(workers: int = 1) -> Any:
        return _open(folder, device, compute_type, threads_of_each, workers)

    threads_of_each = threads // workers
    return FasterWhisper(
        build,
        name or f"faster-whisper:{which}",
        folder,
        language,
        window_s,
        batch_size,
        search,
        candidate,
        workers,
    )


class FasterWhisper(WindowedWhisper):
    """A `Recognizer` over one loaded model. Made by `load`."""

    def __init__(
        self,
        build: Callable[..., Any],
        name: str,
        folder: Path,
        language: str | None,
        window_s: float,
        batch_size: int,
        search: Search,
        candidate_window_s: float | None = None,
        workers: int = 1,
    ) -> None:
        from faster_whisper.tokenizer import Tokenizer

        self._model = build(workers)
        _seed_fallback(self._model, build)
        multilingual = bool(self._model.model.is_multilingual)
        known = list(self._model.supported_languages)
        detected = multilingual and language == DETECT
        # None to faster-whisper is what it detects
        self._language = None if detected else spoken_language(language, multilingual, known, name)
        self._tokens = Tokenizer(
            self._model.hf_tokenizer, multilingual, task="transcribe", language=self._language or "en"
        )
        self._prompt = [*self._tokens.sot_sequence, self._tokens.no_timestamps]
        self._search = search
        identity = ModelIdentity(
            name=name,
            family="faster-whisper",
            digest=sha256_of(folder / "model.bin"),
            options={
                "window_s": window_s,
                "files": digest_of(folder, ("vocabulary.*",)),
                "language": self._language or DETECT,
                **search.as_options(),
                "compute_type": str(self._model.model.compute_type),
                "device": str(self._model.model.device),
                "temperatures": list(TEMPERATURES),
                "seed": SEED,
                "runaway": dict(runaway.DEFAULT.as_options()),
            },
            versions={name: metadata.version(name) for name in ("ctranslate2", "faster-whisper")},
        )
        super().__init__(identity, window_s, batch_size, candidate_window_s, workers)

    def _decode(self, batch: list[Audio], window_s: float) -> list[Decode]:
        """What one pass gives."""
        encoded = self._encode([self._features(audio.samples, window_s) for audio in batch])
        limit = token_limit(window_s)
        # CTranslate2 gives half of max_length to new tokens
        found = self._model.model.generate(
            encoded,
            self._prompts(encoded, len(batch)),
            beam_size=self._search.beam_size,
            patience=self._search.patience,
            length_penalty=self._search.length_penalty,
            max_length=2 * limit,
            return_scores=True,
        )
        decodes = []
        for result in found:
            tokens = result.sequences_ids[0]
            mean = self._search.mean_log_probability(result.scores[0], len(tokens))
            text = self._tokens.decode(tokens).lstrip()
            decodes.append(Decode(text, len(tokens) >= limit, confidence_of(mean)))
        return decodes

    def _prompts(self, encoded: Any, count: int) -> list[list[int]]:
        """The prompt of every utterance, with the language that is spoken in it."""
        if self._language is not None:
            return [self._prompt] * count
        start, _, *rest = self._prompt
        best = [ranked[0][0] for ranked in self._model.model.detect_language(encoded)]
        return [[start, self._tokens.tokenizer.token_to_id(token), *rest] for token in best]

    def _encode(self, features: list[NDArray[np.float32]]) -> Any:
        """Encoder states of a pass. A CPU's caches hold few utterances, so there a pass is encoded in slices."""
        import ctranslate2
        import numpy as np

        def encode(part: list[NDArray[np.float32]]) -> Any:
            return self._model.model.encode(ctranslate2.StorageView.from_array(np.stack(part)))

        if self._model.model.device != "cpu" or len(features) <= ENCODED_AT_ONCE:
            return encode(features)
        parts = [
            np.asarray(encode(features[start : start + ENCODED_AT_ONCE]))
            for start in range(0, len(features), ENCODED_AT_ONCE)
        ]
        return ctranslate2.StorageView.from_array(np.concatenate(parts))

    def _features(self, samples: NDArray[np.float32], window_s: float) -> NDArray[np.float32]:
        """Log-mel spectrogram of the audio padded with silence, shape (mels, frames)."""
        import numpy as np

        extractor = self._model.feature_extractor
        frames = math.ceil(window_s * SAMPLE_RATE / extractor.hop_length)
        padded = np.pad(samples, (0, max(0, frames * extractor.hop_length - len(samples))))
        return np.ascontiguousarray(extractor(padded)[:, :frames], dtype=np.float32)

    def _loop(self, audio: Audio) -> Decode:
        """faster-whisper's own way through audio of any length, with its temperature fallback."""
        found, _ = self._model.transcribe(
            audio.samples,
            language=self._language,
            task="transcribe",
            beam_size=self._search.beam_size,
            patience=self._search.patience,
            length_penalty=self._search.length_penalty,
            compression_ratio_threshold=self._search.compression_ratio_threshold,
            log_prob_threshold=self._search.log_prob_threshold,
            temperature=TEMPERATURES,
            condition_on_previous_text=False,
            vad_filter=False,
        )
        segments = list(found)
        weights = [len(segment.tokens) + 1 for segment in segments]
        total = sum(n * segment.avg_logprob for n, segment in zip(weights, segments, strict=True))
        confidence = confidence_of(total / sum(weights)) if segments else None
        return Decode("".join(segment.text for segment in segments).lstrip(), confidence=confidence)


def _seed_fallback(model: Any, build: Callable[[], Any]) -> None:
    """Make the temperature fallback of `model` reproducible, and independent of what was decoded before.

    CTranslate2 seeds its generator once per worker thread, at first use: calling `set_random_seed` later has
    no effect on it. A model built anew has a new thread; so a chunk that needs sampling gets one of its own.
    """
    import ctranslate2

    plain = model.generate_with_fallback

    def seeded(encoder_output: Any, prompt: list[int], tokenizer: Any, options: Any) -> Any:
        from dataclasses import replace

        warm = [temperature for temperature in options.temperatures if temperature > 0]
        greedy = None
        if len(warm) < len(options.temperatures):
            greedy = plain(encoder_output, prompt, tokenizer, replace(options, temperatures=[0.0]))
            if not (warm and _needs_fallback(greedy, options)):
                return greedy
        ctranslate2.set_random_seed(SEED)
        fresh = build()
        try:
            sampled = fresh.generate_with_fallback(
                encoder_output, prompt, tokenizer, replace(options, temperatures=warm)
            )
        finally:
            fresh.model.unload_model()  # not when the garbage is collected: weights are large
        return _better(greedy, sampled, options) if greedy and _needs_fallback(sampled, options) else sampled

    model.generate_with_fallback = seeded


def _better(greedy: Any, sampled: Any, options: Any) -> Any:
    """Which of two decodes that both failed faster-whisper would keep: a likely one that does not repeat itself."""
    most = options.compression_ratio_threshold
    fitting = [one for one in (greedy, sampled) if most is not None and one[3] <= most]
    kept = max(fitting or (greedy, sampled), key=lambda one: one[1])
    return (kept[0], kept[1], options.temperatures[-1], kept[3])


def _needs_fallback(decoded: Any, options: Any) -> bool:
    """Whether faster-whisper would go on to a higher temperature after this decode (its own rules)."""
    result, log_probability, _, ratio = decoded
    least, silence, most = (
        options.log_prob_threshold,
        options.no_speech_threshold,
        options.compression_ratio_threshold,
    )
    if least is not None and log_probability < least:
        return silence is None or not result.no_speech_prob > silence
    return most is not None and bool(ratio > most)


def _on_gpu(device: str) -> bool:
    import ctranslate2

    return device == "cuda" or (device == "auto" and ctranslate2.get_cuda_device_count() > 0)


def _open(folder: Path, device: str, compute_type: str, threads: int, workers: int) -> Any:
    import ctranslate2
    from faster_whisper import WhisperModel

    ctranslate2.set_log_level(logging.ERROR)
    try:
        return WhisperModel(
            str(folder), device=device, compute_type=compute_type, cpu_threads=threads, num_workers=workers
        )
    except ValueError as error:
        raise InputError(
            f"cannot load {folder} with device={device!r}, compute_type={compute_type!r}: {error}"
        ) from None
    except Exception as error:
        raise ModelError(
            f"{folder} cannot be loaded as a CTranslate2 Whisper model: {describe(error)}"
        ) from error


def _folder(which: str) -> Path:
    """Local folder of the model, fetched from the hub where `which` is a name."""
    folder = Path(which).expanduser()
    if folder.is_dir():
        for part in ("model.bin", "config.json", "tokenizer.json"):
            if not (folder / part).is_file():
                raise ModelError(
                    f"{folder} holds no {part}: it is not a CTranslate2 Whisper model; "
                    "make one with ct2-transformers-converter --copy_files tokenizer.json preprocessor_config.json"
                )
        return folder
    if folder.is_absolute() or which.startswith((".", "~")) or which.count("/") > 1:
        raise ModelError(f"there is no folder {folder}; give a folder with model.bin, or a model's name")
    return _fetch(which)


def _fetch(which: str) -> Path:
    from faster_whisper.utils import available_models, download_model

    if "/" not in which and which not in available_models():
        raise InputError(
            f"unknown faster-whisper model {which!r}, and no folder of that name; "
            f"{did_you_mean(which, available_models())}"
        )
    try:
        return Path(download_model(which))
    except Exception as error:
        raise ModelError(
            f"the model {which!r} could not be fetched from the Hugging Face hub ({type(error).__name__}); "
            "without a hub, give a folder that holds it in CTranslate2 form: faster-whisper:/path/to/folder"
        ) from error

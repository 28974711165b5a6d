"""Whisper weights in CTranslate2 form, through faster-whisper: in batches, with care where a decode runs away.

Utterances up to 30 s go through one greedy (or beam) pass, each padded to a window of its own, so that a
result does not depend on the rest of the batch. A decode that looks like a runaway is done again by faster-whisper's
own loop with its temperature fallback, seeded afresh each time; longer audio goes to that loop at once. No
voice activity detection, no text of one utterance as context for another.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, ModelError
from speechfair.models import runaway
from speechfair.models.batching import describe, failed, refusal, share_seconds
from speechfair.registry import did_you_mean
from speechfair.types import Audio, Hypothesis, ModelIdentity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FasterWhisper", "load", "sha256_of", "window_for"]

SAMPLE_RATE = 16_000
FULL_WINDOW_S = 30.0
SEED = 20_231_107
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def load(
    which: str | None,
    *,
    window: str | float = "exact",
    language: str | None = None,
    compute_type: str = "float32",
    device: str = "auto",
    threads: int = 0,
    batch_size: int = 8,
    beam_size: int = 1,
    name: str | None = None,
) -> FasterWhisper:
    """Load a Whisper model in CTranslate2 form.

    Parameters
    ----------
    which : folder with ``model.bin``, ``config.json`` and ``tokenizer.json``, or a name that faster-whisper
        fetches from the Hugging Face hub, such as ``small.en`` or ``large-v3``.
    window : ``exact``, the 30 s the model was trained on, or a shorter window in seconds. About 10 is some
        three to four times as fast; under 8 small models run away often.
    language : two-letter code such as ``ja``. English-only models need none; others do.
    compute_type : CTranslate2 arithmetic, such as ``float32`` or ``int8``.
    device : ``cpu``, ``cuda`` or ``auto``.
    threads : CPU threads; 0 takes every processor. Not part of the identity.
    batch_size : utterances per pass. Not part of the identity.
    beam_size : 1 is greedy.
    name : what the model is called in results; default ``faster-whisper:WHICH``.

    Raises
    ------
    InputError
        An option's value is not usable.
    ModelError
        The folder or the hub does not give a model.
    """
    if not which:
        raise InputError(
            "faster-whisper needs a model: faster-whisper:FOLDER or a name, such as faster-whisper:small.en"
        )
    window_s = _window_seconds(window)
    batch_size, beam_size = _count("batch_size", batch_size), _count("beam_size", beam_size)
    threads = _count("threads", threads, least=0) or _processors()
    folder = _folder(which)

    def build() -> Any:
        return _open(folder, device, compute_type, threads)

    return FasterWhisper(
        build, name or f"faster-whisper:{which}", folder, language, window_s, batch_size, beam_size
    )


def window_for(duration_s: float, window_s: float) -> float | None:
    """The window (seconds) that an utterance is padded to; None where it is too long for one.

    The smallest of `window_s`, 20 and 30 that holds the utterance and a second of silence, so that the choice
    depends on the utterance alone. 30 s is the most that Whisper sees at once.

    >>> [window_for(s, 10.0) for s in (4.0, 9.5, 25.0, 30.0, 30.5)]
    [10.0, 20.0, 30.0, 30.0, None]
    """
    for size in sorted({window_s, 20.0, FULL_WINDOW_S}):
        if size >= window_s and duration_s + 1.0 <= size:
            return size
    return FULL_WINDOW_S if duration_s <= FULL_WINDOW_S else None


def sha256_of(*paths: Path) -> str:
    """Hex digest of files' contents, one after another."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


class FasterWhisper:
    """A `Recognizer` over one loaded model. Made by `load`."""

    sample_rate = SAMPLE_RATE

    def __init__(
        self,
        build: Callable[[], Any],
        name: str,
        folder: Path,
        language: str | None,
        window_s: float,
        batch_size: int,
        beam_size: int,
    ) -> None:
        from faster_whisper.tokenizer import Tokenizer

        self._model = build()
        _seed_fallback(self._model, build)
        multilingual = bool(self._model.model.is_multilingual)
        self._language = _language(language, multilingual, list(self._model.supported_languages), name)
        self._tokens = Tokenizer(
            self._model.hf_tokenizer, multilingual, task="transcribe", language=self._language
        )
        self._prompt = [*self._tokens.sot_sequence, self._tokens.no_timestamps]
        self._window_s, self._batch_size, self._beam_size = window_s, batch_size, beam_size
        self._identity = ModelIdentity(
            name=name,
            family="faster-whisper",
            digest=sha256_of(folder / "model.bin"),
            options={
                "window_s": window_s,
                "language": self._language,
                "beam_size": beam_size,
                "compute_type": str(self._model.model.compute_type),
                "device": str(self._model.model.device),
                "temperatures": list(TEMPERATURES),
                "seed": SEED,
                "runaway": dict(runaway.DEFAULT.as_options()),
            },
            versions={name: metadata.version(name) for name in ("ctranslate2", "faster-whisper")},
        )

    @property
    def identity(self) -> ModelIdentity:
        """Weights, decoding options and library versions."""
        return self._identity

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio (16 kHz), in order. Whatever goes wrong with one becomes its `error`."""
        results: dict[int, Hypothesis] = {}
        groups: dict[float | None, list[int]] = {}
        for row, audio in enumerate(batch):
            reason = refusal(audio, SAMPLE_RATE)
            if reason is not None:
                results[row] = failed(audio, reason, self.identity.key)
            else:
                groups.setdefault(window_for(audio.duration_s, self._window_s), []).append(row)
        for window_s, rows in groups.items():
            # rows of like length finish decoding together, so none waits for a long neighbour
            rows.sort(key=lambda row: len(batch[row].samples))
            size = self._batch_size if window_s else 1
            for start in range(0, len(rows), size):
                part = rows[start : start + size]
                done = self._attempt([batch[row] for row in part], window_s)
                results.update(zip(part, done, strict=True))
        return [results[row] for row in range(len(batch))]

    def _attempt(self, batch: list[Audio], window_s: float | None) -> list[Hypothesis]:
        """Decode rows of one window together; if that raises, each alone, so that only the culprit fails."""
        started = time.perf_counter()
        try:
            if window_s is None:
                texts = [(self._loop(audio), False) for audio in batch]
            else:
                texts = self._decode(batch, window_s)
        except Exception as error:
            if len(batch) == 1:
                return [failed(batch[0], describe(error), self.identity.key, time.perf_counter() - started)]
            return [result for audio in batch for result in self._attempt([audio], window_s)]
        seconds = share_seconds(time.perf_counter() - started, batch)
        return [
            self._settle(audio, text, hit_limit, spent, window_s is None)
            for audio, (text, hit_limit), spent in zip(batch, texts, seconds, strict=True)
        ]

    def _settle(self, audio: Audio, text: str, hit_limit: bool, spent: float, final: bool) -> Hypothesis:
        """Accept a text, or have it redone where it looks like a runaway."""
        key = self.identity.key
        if final or runaway.suspicion(text, audio.duration_s, hit_limit=hit_limit) is None:
            return Hypothesis(audio.utterance_id, text, None, spent, key)
        started = time.perf_counter()
        redone, error = None, None
        try:
            redone = self._loop(audio)
        except Exception as problem:
            error = f"redoing a runaway decode failed: {describe(problem)}"
        spent += time.perf_counter() - started
        return Hypothesis(audio.utterance_id, redone, error, spent, key, rejected=text)

    def _decode(self, batch: list[Audio], window_s: float) -> list[tuple[str, bool]]:
        """Texts of one pass, and whether each stopped only at the greatest length."""
        import ctranslate2
        import numpy as np

        features = np.stack([self._features(audio.samples, window_s) for audio in batch])
        encoded = self._model.model.encode(ctranslate2.StorageView.from_array(features))
        # 16 tokens a second is twice the fastest speech; the model's own limit is 448 with the prompt
        limit = min(self._model.max_length, len(self._prompt) + 40 + int(16 * window_s))
        found = self._model.model.generate(
            encoded, [self._prompt] * len(batch), beam_size=self._beam_size, max_length=limit
        )
        sequences = [result.sequences_ids[0] for result in found]
        room = limit - len(self._prompt)
        return [(self._tokens.decode(tokens).lstrip(), len(tokens) >= room) for tokens in sequences]

    def _features(self, samples: NDArray[np.float32], window_s: float) -> NDArray[np.float32]:
        """Log-mel spectrogram of the audio padded with silence, shape (mels, frames)."""
        import numpy as np

        extractor = self._model.feature_extractor
        frames = math.ceil(window_s * SAMPLE_RATE / extractor.hop_length)
        padded = np.pad(samples, (0, max(0, frames * extractor.hop_length - len(samples))))
        return np.ascontiguousarray(extractor(padded)[:, :frames], dtype=np.float32)

    def _loop(self, audio: Audio) -> str:
        """faster-whisper's own way through audio of any length, with its temperature fallback."""
        segments, _ = self._model.transcribe(
            audio.samples,
            language=self._language,
            task="transcribe",
            beam_size=self._beam_size,
            temperature=TEMPERATURES,
            condition_on_previous_text=False,
            vad_filter=False,
        )
        return "".join(segment.text for segment in segments).lstrip()


def _seed_fallback(model: Any, build: Callable[[], Any]) -> None:
    """Make the temperature fallback of `model` reproducible, and independent of what was decoded before.

    CTranslate2 seeds its generator once per worker thread, at first use: calling `set_random_seed` later has
    no effect on it. A model built anew has a new thread; so a chunk that needs sampling gets one of its own.
    """
    import ctranslate2

    plain = model.generate_with_fallback

    def seeded(encoder_output: Any, prompt: list[int], tokenizer: Any, options: Any) -> Any:
        from dataclasses import replace

        if options.temperatures[0] == 0:
            decoded = plain(encoder_output, prompt, tokenizer, replace(options, temperatures=[0.0]))
            if not _needs_fallback(decoded, options):
                return decoded
        ctranslate2.set_random_seed(SEED)
        return build().generate_with_fallback(encoder_output, prompt, tokenizer, options)

    model.generate_with_fallback = seeded


def _needs_fallback(decoded: Any, options: Any) -> bool:
    """Whether faster-whisper would go on to a higher temperature after this decode (its own rules)."""
    result, log_probability, _, ratio = decoded
    if log_probability < options.log_prob_threshold:
        return not result.no_speech_prob > options.no_speech_threshold
    return bool(ratio > options.compression_ratio_threshold)


def _open(folder: Path, device: str, compute_type: str, threads: int) -> Any:
    import ctranslate2
    from faster_whisper import WhisperModel

    ctranslate2.set_log_level(logging.ERROR)
    try:
        return WhisperModel(str(folder), device=device, compute_type=compute_type, cpu_threads=threads)
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


def _language(asked: str | None, multilingual: bool, known: list[str], name: str) -> str:
    if asked is None:
        if multilingual:
            raise InputError(
                f"{name} is multilingual: say which language is spoken, such as language=en or language=ja"
            )
        return "en"
    if asked not in known:
        raise InputError(f"{name} does not know the language {asked!r}; {did_you_mean(asked, known)}")
    return asked


def _window_seconds(window: str | float) -> float:
    if window == "exact":
        return FULL_WINDOW_S
    try:
        seconds = float(window)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 2.0 <= seconds <= FULL_WINDOW_S:
        raise InputError(f"window={window!r} is not usable: give 'exact' or a number of seconds from 2 to 30")
    return seconds


def _count(option: str, value: int, least: int = 1) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = least - 1
    if number < least or number != float(value):
        raise InputError(f"{option}={value!r} is not usable: give a whole number from {least}")
    return number


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""Text to phonemes and phonemes to sound with espeak-ng, the same bytes every time.

Each call is one fresh process (see `speechfair.synthesis.espeak_worker`), because the library carries state over from
one utterance to the next. It does not choose what is said or change a phoneme; `speechfair.synthesis.synthetic` does.
espeak-ng itself (GPL-3) comes with the package ``espeakng-loader`` and is run as a separate program.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import wave
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from speechfair.errors import MissingExtraError, StorageError
from speechfair.strict_json import parse_json

__all__ = ["Engine", "Voice", "at_tempo", "engine", "has_voice", "phonemize", "pronounce", "render", "wav"]

Phonemes = tuple[tuple[str, ...], ...]
"""Words of one sentence, each a tuple of espeak-ng mnemonics; a stress mark leads its vowel (``'i:``)."""

PAUSE = "_:"
"""Mnemonic of the pause between clauses."""

TIMEOUT_S = 60.0

USUAL_RANGE = 50
SLOWEST, FASTEST = 80, 450
"""Words per minute that espeak-ng can do; it takes the nearest in silence."""

_IPA_MARKS = re.compile(r"[\sˈˌ_]+")
_BOUNDARY = re.compile(r"\||(?<=[^|',%=])(?=[',%=])")


@dataclass(frozen=True, slots=True)
class Voice:
    """How it is said: an espeak-ng voice with its variant, the pitch (0–99) and the words per minute.

    Parameters
    ----------
    id : what this combination is called; it stands for a speaker.
    name : espeak-ng's name, such as ``en-us+f3``.
    gender : ``female`` or ``male``, as espeak-ng declares the variant.
    """

    id: str
    name: str
    gender: str
    pitch: int = 50
    words_per_minute: int = 150


@dataclass(frozen=True, slots=True)
class Engine:
    """The espeak-ng library that is installed.

    Parameters
    ----------
    version : of espeak-ng, such as ``1.52.0``.
    sample_rate : Hz of what `render` returns.
    """

    library: str
    data: str
    version: str
    sample_rate: int


@cache
def engine() -> Engine:
    """Find espeak-ng.

    Raises
    ------
    MissingExtraError
        The package ``espeakng-loader`` is not installed.
    StorageError
        It is installed and does not run.
    """
    try:
        import espeakng_loader
    except ImportError:
        raise MissingExtraError("the synthetic corpus", "espeakng-loader", "synth") from None
    paths = {"library": str(espeakng_loader.get_library_path()), "data": str(espeakng_loader.get_data_path())}
    answer = parse_json(_run(paths))
    return Engine(**paths, version=str(answer["version"]).split()[0], sample_rate=int(answer["sample_rate"]))


def has_voice(name: str) -> bool:
    """Whether espeak-ng brings the voice of a language, such as ``en-us``."""
    return any(path.name.lower() == name for path in Path(engine().data, "lang").rglob("*") if path.is_file())


def phonemize(text: str, voice: str) -> Phonemes:
    """The phonemes of `text` as the espeak-ng `voice` (such as ``en-us``) reads it, word by word.

    Clauses are divided by a word of its own, ``("_:",)``, a pause.
    """
    found = engine()
    clauses = parse_json(_run({"library": found.library, "data": found.data, "voice": voice, "text": text}))
    words: list[tuple[str, ...]] = []
    for clause in clauses:
        for word in [PAUSE, *clause.replace(PAUSE, f" {PAUSE} ").split()]:
            tokens = tuple(token for token in _BOUNDARY.split(word) if token)
            # espeak-ng writes pauses at the end of a word, several in a row: they become one, a word of its own.
            if tokens and (tokens != (PAUSE,) or (words and words[-1] != (PAUSE,))):
                words.append(tokens)
    if words and words[-1] == (PAUSE,):
        words.pop()
    return tuple(words)


def pronounce(words: Sequence[str], voice: str) -> list[tuple[str, ...]]:
    """The IPA phonemes of each word, read on its own by the espeak-ng `voice` (such as ``en-us``), without stress.

    Raises
    ------
    MissingExtraError
        espeak-ng is not installed.
    StorageError
        It has no such voice, or does not take every word for one clause.
    """
    if not words:
        return []
    found = engine()
    task = {
        "library": found.library,
        "data": found.data,
        "voice": voice,
        "ipa": True,
        "text": ".\n".join(words),
    }
    clauses = parse_json(_run(task))
    if len(clauses) != len(words):
        raise StorageError(f"espeak-ng read {len(clauses)} clauses where {len(words)} words were given")
    return [tuple(filter(None, _IPA_MARKS.sub("|", clause).split("|"))) for clause in clauses]


def render(
    phonemes: Phonemes,
    voice: Voice,
    *,
    seed: int,
    final: str = ".",
    pitch_range: int = USUAL_RANGE,
    word_gap: int = 0,
) -> bytes:
    """Say `phonemes` and return a WAV file: 16-bit mono at `Engine.sample_rate` Hz.

    Parameters
    ----------
    seed : of espeak-ng's noise (breath, fricatives), 0 to 2**31 - 1.
    final : the punctuation that decides the closing intonation: ``.``, ``?`` or ``!``.
    pitch_range : 0 (monotone) to 99.
    word_gap : pause between words in units of 10 ms at the usual rate.
    """
    found = engine()
    spoken = " ".join("|".join(word) for word in phonemes)
    sound = _run(
        {
            "library": found.library,
            "data": found.data,
            "voice": voice.name,
            "rate": voice.words_per_minute,
            "pitch": voice.pitch,
            "seed": seed,
            "pitch_range": pitch_range,
            "word_gap": word_gap,
            "phonemes": f"[[{spoken}]]{final}",
        }
    )
    return wav(sound, found.sample_rate)


def at_tempo(voice: Voice, factor: float) -> Voice:
    """`voice` with its speech rate multiplied by `factor`."""
    return replace(voice, words_per_minute=round(voice.words_per_minute * factor))


def wav(frames: bytes, rate: int) -> bytes:
    """A WAV file of 16-bit little-endian mono `frames` at `rate` Hz."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(frames)
    return file.getvalue()


def _run(task: dict[str, Any]) -> bytes:
    # -I and -S: no site-packages and no environment, for the start-up time and so that nothing else is loaded.
    worker = Path(__file__).with_name("espeak_worker.py")
    command = [sys.executable, "-I", "-S", str(worker)]
    try:
        done = subprocess.run(
            command, input=json.dumps(task).encode(), capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StorageError(f"espeak-ng could not be run ({error}); try again, or free memory") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()[-500:] or f"exit status {done.returncode}"
        raise StorageError(
            f"espeak-ng failed ({said}); reinstall it with: pip install --force-reinstall espeakng-loader"
        )
    return done.stdout

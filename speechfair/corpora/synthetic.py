"""English with rule-made accents of chosen strength, spoken by espeak-ng: an instrument with a planted truth.

Texts are turned into phonemes, some of which are replaced as speakers of a first language are said to replace them
(``corpora/synthetic/rules.yaml``), and rendered. The design is parallel: the same voices say the same texts in every
accent and strength. It makes no statement about real speakers, and a difference measured on it says only that the
recogniser reacts to these replacements.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechfair.corpora import espeak
from speechfair.corpora.accent_rules import RuleBook, load_rules
from speechfair.corpora.card import Card, load_card
from speechfair.errors import InputError, StorageError
from speechfair.registry import did_you_mean
from speechfair.resources import cache_folder, data_folder
from speechfair.strict_yaml import read_text
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["VOICES", "SyntheticAccents"]

VOICES = (
    espeak.Voice("m6", "en-us+m6", "male", 50, 120),
    espeak.Voice("f2", "en-us+f2", "female", 50, 120),
    espeak.Voice("m2", "en-us+m2", "male", 50, 120),
    espeak.Voice("f5", "en-us+f5", "female", 50, 120),
    espeak.Voice("m4", "en-us+m4", "male", 50, 120),
    espeak.Voice("steph", "en-us+steph", "female", 35, 115),
    espeak.Voice("m5", "en-us+m5", "male", 50, 120),
    espeak.Voice("f4", "en-us+f4", "female", 40, 115),
    espeak.Voice("m7", "en-us+m7", "male", 50, 120),
    espeak.Voice("annie", "en-us+Annie", "female", 50, 140),
    espeak.Voice("m1", "en-us+m1", "male", 50, 120),
    espeak.Voice("f3", "en-us+f3", "female", 50, 120),
)
"""What stands for speakers, in the order in which ``voices=n`` takes them; the genders take turns."""

MAX_LINE = 300
"""Characters of one text; longer ones would outlast the window of most recognisers."""

_RENDER_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Cell:
    """One accent at one strength; ``eng`` at strength 0 is the reference."""

    code: str
    accent: str
    strength: float


class SyntheticAccents:
    """Rule-made accents of English, rendered when they are iterated over and kept for the next time.

    The speaker of an utterance is its voice, **the same in every accent**: groups are paired by speaker, and
    statistics must treat them so. Labels (source ``corpus``): ``first_language`` (ISO 639-3), ``accent``,
    ``strength`` (``0`` is the reference) and ``gender`` (of the voice).

    Parameters
    ----------
    root : folder for the WAV files; None is a folder of its own in `speechfair.resources.cache_folder`. File names
        hold a digest of all that decides their bytes, so a folder may be shared and no stale file is read.
    first_languages : ISO 639-3 codes out of ``rules.yaml``, or one string with commas; None is all of them.
    strengths : the share of sites, 0 to 1, that is replaced. Sites replaced at one strength are replaced at each
        higher one.
    voices : how many of `VOICES`, from the first.
    texts : how many of the shipped sentences, from the first; or a UTF-8 file with one sentence a line.
    seed : of the choice of sites and of espeak-ng's noise.
    include_reference : whether the unmodified reference comes too, before the accents.

    Raises
    ------
    InputError
        An argument is not usable as given, or a line of the file of texts cannot be used.
    MissingExtraError
        On construction: ``espeakng-loader`` is not installed.
    StorageError
        On iteration: a file could not be written.
    """

    name = "synthetic"
    makes_root = True

    def __init__(
        self,
        root: Path | str | None = None,
        *,
        first_languages: Sequence[str] | str | None = None,
        strengths: Sequence[float] = (0.5, 1.0),
        voices: int = 8,
        texts: int | str | Path = 12,
        seed: int = 0,
        include_reference: bool = True,
    ) -> None:
        self._rules = load_rules(data_folder("corpora") / "synthetic" / "rules.yaml")
        codes = _first_languages(first_languages, self._rules)
        degrees = _strengths(strengths)
        self._voices = VOICES[: _count("voices", voices, len(VOICES))]
        self._texts = _texts(texts)
        self._seed = _count("seed", seed, 2**31 - 1, least=0)
        self._engine = espeak.engine()
        self._cells = [_Cell(code, self._rules.accent(code), degree) for code in codes for degree in degrees]
        if include_reference:
            self._cells.insert(0, _Cell(self._rules.reference_code, self._rules.reference_accent, 0.0))
        self._options: dict[str, Any] = {
            "first_languages": list(codes),
            "strengths": list(degrees),
            "voices": voices,
            "texts": texts if isinstance(texts, int) else str(texts),
            "seed": seed,
            "include_reference": bool(include_reference),
        }
        self._phonemes: dict[str, espeak.Phonemes] = {}
        self._root = Path(root) if root is not None else cache_folder("synthetic") / self._digest()

    @property
    def card(self) -> Card:
        """The corpus's card."""
        return load_card(self.name)

    @property
    def options(self) -> Mapping[str, Any]:
        """JSON-serialisable arguments apart from `root`, the defaults spelt out."""
        return dict(self._options)

    @property
    def root(self) -> Path:
        """Folder that the audio lies under."""
        return self._root

    def __len__(self) -> int:
        return len(self._cells) * len(self._voices) * len(self._texts)

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        """The reference, then accent by accent, strength by strength, voice by voice; renders what is missing."""
        for cell in self._cells:
            for voice in self._voices:
                for number, text in enumerate(self._texts, start=1):
                    yield self._utterance(cell, voice, number, text)

    def _utterance(self, cell: _Cell, voice: espeak.Voice, number: int, text: str) -> Utterance:
        degree = f"{cell.strength:g}"
        facts = {
            "first_language": cell.code,
            "accent": cell.accent,
            "strength": degree,
            "gender": voice.gender,
        }
        return Utterance(
            id=f"{cell.code}-{degree}-{voice.id}-{number:03d}",
            audio=self._audio(cell, voice, text),
            text=text,
            language="eng",
            speaker=voice.id,
            labels=tuple(Label(axis, value, "corpus") for axis, value in facts.items()),
        )

    def _audio(self, cell: _Cell, voice: espeak.Voice, text: str) -> Path:
        """Path of the rendering, made now if it is not there."""
        made_of = [
            *self._recipe(cell.code),
            cell.strength,
            voice.name,
            voice.pitch,
            voice.words_per_minute,
            text,
        ]
        file = f"{voice.id}-{_sha256(made_of)[:20]}.wav"
        path = self._root / cell.code / f"{cell.strength:g}" / file
        with _RENDER_LOCK:
            if not path.is_file():
                _write(path, self._render(cell, voice, text))
        return path

    def _render(self, cell: _Cell, voice: espeak.Voice, text: str) -> bytes:
        if text not in self._phonemes:
            self._phonemes[text] = espeak.phonemize(text, self._rules.base_voice)
        phonemes = self._phonemes[text]
        if not any(token != espeak.PAUSE for word in phonemes for token in word):
            raise InputError(f"espeak-ng finds nothing to say in the text {text!r}; change or remove it")
        if cell.code != self._rules.reference_code:
            draws = _generator(self._seed, text, cell.code).random(sum(map(len, phonemes)))
            phonemes = self._rules.apply(phonemes, cell.code, cell.strength, draws)
        # The noise is the same in every accent and strength, so that these alone make the difference.
        noise = int(_sha256([self._seed, voice.id, text])[:8], 16) >> 1
        final = text[-1] if text[-1] in ".?!" else "."
        return espeak.render(phonemes, voice, seed=noise, final=final)

    def _recipe(self, code: str) -> list[Any]:
        return [self._engine.version, self._rules.digest(code), self._seed]

    def _digest(self) -> str:
        codes = sorted({cell.code for cell in self._cells})
        voices = [[voice.id, voice.name, voice.pitch, voice.words_per_minute] for voice in self._voices]
        return _sha256([self._options, list(self._texts), voices, *map(self._recipe, codes)])[:16]


def _generator(seed: int, text: str, code: str) -> Any:
    import numpy as np

    return np.random.default_rng(int(_sha256([seed, text, code]), 16))


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Write so that `path` is there whole or not at all."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise StorageError(
            f"the rendering {path} could not be written ({error.strerror or error}); free space or choose another "
            "root. What was rendered before is intact"
        ) from error


def _first_languages(asked: Sequence[str] | str | None, rules: RuleBook) -> tuple[str, ...]:
    known = rules.codes
    if asked is None:
        return known
    codes = tuple(part.strip() for part in asked.split(",")) if isinstance(asked, str) else tuple(asked)
    for code in codes:
        if code == rules.reference_code:
            raise InputError(f"{code!r} is the reference, not an accent; ask for it with include_reference")
        if code not in known:
            raise InputError(f"no accent rules for first language {code!r}; {did_you_mean(str(code), known)}")
    _need_distinct("first_languages", codes)
    return codes


def _strengths(asked: Sequence[float]) -> tuple[float, ...]:
    values = list(asked) if isinstance(asked, Sequence) else [asked]
    for value in values:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not 0 <= value <= 1:
            raise InputError(f"strength {value!r} is not a number from 0 to 1")
    strengths = tuple(float(value) + 0.0 for value in values)  # + 0.0 makes of -0.0 a 0.0
    _need_distinct("strengths", tuple(f"{value:g}" for value in strengths))
    return strengths


def _need_distinct(what: str, values: tuple[str, ...]) -> None:
    if not values:
        raise InputError(f"{what} is empty; name at least one, or leave it out for the default")
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise InputError(f"{what} names {', '.join(twice)} more than once; name each once")


def _count(what: str, value: Any, most: int, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(f"{what}={value!r} is not a whole number from {least} to {most}")
    return value


def _texts(asked: int | str | Path) -> tuple[str, ...]:
    if not isinstance(asked, (str, Path)):
        shipped = _read_texts(data_folder("corpora") / "synthetic" / "texts.txt")
        return shipped[: _count("texts", asked, len(shipped))]
    return _read_texts(Path(asked))


def _read_texts(path: Path) -> tuple[str, ...]:
    """The sentences of a file, one a line, less blank lines and those that begin with ``#``."""
    found: dict[str, int] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        problem = _problem(text)
        if text in found:
            problem = f"repeats line {found[text]}"
        if problem:
            raise InputError(f"{path}, line {number}: {problem}; change or remove the line")
        found[text] = number
    if not found:
        raise InputError(f"{path} holds no text; write one sentence a line")
    return tuple(found)


def _problem(text: str) -> str | None:
    if not any(character.isalpha() for character in text):
        return "has no letter"
    if len(text) > MAX_LINE:
        return f"has {len(text)} characters, more than {MAX_LINE}"
    if "[[" in text or any(ord(character) < 32 or ord(character) == 127 for character in text):
        return "holds '[[' or a control character, which espeak-ng does not read as text"
    return None

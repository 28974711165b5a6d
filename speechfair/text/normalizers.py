"""The normalisers by name, all pure; each is made when it is first asked for.

``english`` and ``basic`` are the defaults, with variants of ``basic`` for single languages
(`speechfair.text.single_languages`) and ``japanese`` (`speechfair.text.japanese`). ``whisper-english-strict`` is
OpenAI's English normaliser (Radford et al. 2022, appendix C) to the bit, from the package whisper-normalizer;
speechfair only collapses the blanks that it leaves for some symbols. ``whisper-english`` is its former name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Literal

from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.text import english as _english
from speechfair.text import japanese as _japanese
from speechfair.text.basic import RULES_VERSION as _BASIC_VERSION
from speechfair.text.basic import basic
from speechfair.text.language_tags import WITHOUT_SPACES as _LANGUAGES_WITHOUT_SPACES
from speechfair.text.language_tags import language_code
from speechfair.text.single_languages import LANGUAGES, make_single, single_version
from speechfair.types import Normalizer

__all__ = [
    "COUNTED_ELSEWHERE",
    "FORMER_NAMES",
    "NORMALIZERS",
    "STRICT",
    "WITHOUT_SPACES",
    "basic",
    "current_name",
    "default_normalizer",
    "default_tokens",
    "load_normalizer",
    "recorded_normalizer",
    "verbatim",
]

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\uff07": "'"})


def verbatim(text: str) -> str:
    """The text with white space collapsed and nothing else done.

    >>> verbatim("  It's   10 o'clock. ")
    "It's 10 o'clock."
    """
    return " ".join(text.split())


def _basic_of_version_1(text: str) -> str:
    """What ``basic`` was until version 2, for run folders scored with it."""
    folded = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    kept = "".join(char if char == "'" or unicodedata.category(char)[0] in "LMN" else " " for char in folded)
    return " ".join(re.sub(r"(?<!\w)'+|'+(?!\w)", " ", kept).split())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    version: str
    function: Callable[[str], str]

    def __call__(self, text: str) -> str:
        return self.function(text)


def _refuse(text: str) -> str:
    raise InputError(
        f"{COUNTED_ELSEWHERE!r} stands for counts that were made elsewhere, and normalises no text; name another "
        f"normaliser: {', '.join(NORMALIZERS)}"
    )


def _make_verbatim() -> Normalizer:
    return _Named("verbatim", "1", verbatim)


def _make_basic() -> Normalizer:
    return _Named("basic", f"{_BASIC_VERSION}+unicode-{unicodedata.unidata_version}", basic)


def _make_english() -> Normalizer:
    return _Named("english", _english.version(), _english.make_english())


def _make_whisper(name: str) -> Normalizer:
    from whisper_normalizer.english import EnglishTextNormalizer

    english = EnglishTextNormalizer()
    return _Named(name, metadata.version("whisper-normalizer"), lambda text: verbatim(english(text)))


def _make_japanese() -> Normalizer:
    read = _japanese.make_reader()
    return _Named("japanese", _japanese.version(), lambda text: _japanese.japanese(text, read))


def _maker_of_single(name: str) -> Callable[[], Normalizer]:
    return lambda: _Named(name, single_version(name), make_single(name))


NORMALIZERS: dict[str, Callable[[], Normalizer]] = {
    "verbatim": _make_verbatim,
    "basic": _make_basic,
    "english": _make_english,
    "whisper-english-strict": lambda: _make_whisper("whisper-english-strict"),
    "whisper-english": lambda: _make_whisper("whisper-english"),
    "japanese": _make_japanese,
    **{name: _maker_of_single(name) for name in LANGUAGES.values()},
}
"""Makers by name."""

COUNTED_ELSEWHERE = "counted-elsewhere"
"""Stands for the unknown normaliser of counts that were made elsewhere; it refuses every text."""

FORMER_NAMES = {"whisper-english": "whisper-english-strict"}
"""Names that older recipes and criteria hold, and the names of the same normalisers today."""

WITHOUT_SPACES = frozenset({"japanese"})
"""Normalisers whose results hold no spaces: errors are counted in characters unless words are asked for."""

STRICT = frozenset({"verbatim", "whisper-english", "whisper-english-strict"})
"""Normalisers that get the text as it stands: no rule for brackets is applied before them."""


@cache
def load_normalizer(name: str) -> Normalizer:
    """The normaliser of that name.

    Raises
    ------
    InputError
        The name is unknown; the message names the nearest.
    MissingExtraError
        ``japanese`` without the extra ``ja``.

    >>> load_normalizer("basic")("Hello, World")
    'hello world'
    """
    if name == COUNTED_ELSEWHERE:
        return _Named(COUNTED_ELSEWHERE, "unknown", _refuse)
    if name not in NORMALIZERS:
        raise InputError(f"unknown normalizer {name!r}; {did_you_mean(name, list(NORMALIZERS))}")
    return NORMALIZERS[name]()


@cache
def recorded_normalizer(name: str) -> Normalizer:
    """The normaliser that a run folder means which records no versions: ``basic`` and ``japanese`` of version 1."""
    if name == "basic":
        return _Named("basic", f"1+unicode-{unicodedata.unidata_version}", _basic_of_version_1)
    if name == "japanese":
        read = _japanese.make_reader()
        version = _japanese.version("1")
        return _Named("japanese", version, lambda text: _japanese.japanese(text, read, _nfkc))
    return load_normalizer(name)


def current_name(name: str) -> str:
    """Today's name of a normaliser.

    >>> current_name("whisper-english"), current_name("basic")
    ('whisper-english-strict', 'basic')
    """
    return FORMER_NAMES.get(name, name)


def default_normalizer(language: str) -> str:
    """The normaliser that an audit uses for a language unless asked for another, by any tag or name of it.

    >>> [default_normalizer(tag) for tag in ("eng", "en-GB", "ja", "deu", "swe", "und")]
    ['english', 'english', 'japanese', 'german', 'basic', 'basic']
    """
    code = _code(language)
    if code == "eng":
        return "english"
    return "japanese" if code == "jpn" else LANGUAGES.get(code, "basic")


def default_tokens(language: str) -> Literal["words", "characters"]:
    """What errors are counted in: ``characters`` for languages written without spaces, else ``words``.

    >>> [default_tokens(tag) for tag in ("zh", "tha", "th-TH", "Japanese", "kor", "en", "und")]
    ['characters', 'characters', 'characters', 'characters', 'words', 'words', 'words']
    """
    return "characters" if _code(language) in _LANGUAGES_WITHOUT_SPACES else "words"


def _code(language: str) -> str:
    try:
        return language_code(language)
    except LookupError:
        return "und"

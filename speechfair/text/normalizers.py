"""The normalisers ``verbatim``, ``basic`` and ``whisper-english``, all pure and cheap to make.

``whisper-english`` is OpenAI's English normaliser (Radford et al. 2022, appendix C), taken from the package
whisper-normalizer; speechfair only collapses the blanks that it leaves for some symbols.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.types import Normalizer

__all__ = ["NORMALIZERS", "basic", "default_normalizer", "load_normalizer", "verbatim"]

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\uff07": "'"})


def verbatim(text: str) -> str:
    """The text with white space collapsed and nothing else done.

    >>> verbatim("  It's   10 o'clock. ")
    "It's 10 o'clock."
    """
    return " ".join(text.split())


def basic(text: str) -> str:
    """NFKC, lower case, apostrophes unified and kept within words, other punctuation and symbols to spaces.

    Letters keep their accents, and digits stay digits; suitable for any language written with spaces.

    >>> basic("It\u2019s TEN o'clock \u2013 'almost'!")
    "it's ten o'clock almost"
    """
    folded = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    kept = "".join(char if char == "'" or unicodedata.category(char)[0] in "LMN" else " " for char in folded)
    return " ".join(re.sub(r"(?<!\w)'+|'+(?!\w)", " ", kept).split())


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    version: str
    function: Callable[[str], str]

    def __call__(self, text: str) -> str:
        return self.function(text)


def _make_verbatim() -> Normalizer:
    return _Named("verbatim", "1", verbatim)


def _make_basic() -> Normalizer:
    return _Named("basic", f"1+unicode-{unicodedata.unidata_version}", basic)


def _make_whisper_english() -> Normalizer:
    from whisper_normalizer.english import EnglishTextNormalizer

    version = metadata.version("whisper-normalizer")
    english = EnglishTextNormalizer()
    return _Named("whisper-english", version, lambda text: verbatim(english(text)))


NORMALIZERS: dict[str, Callable[[], Normalizer]] = {
    "verbatim": _make_verbatim,
    "basic": _make_basic,
    "whisper-english": _make_whisper_english,
}
"""Makers by name."""


@cache
def load_normalizer(name: str) -> Normalizer:
    """The normaliser of that name; an unknown one raises `InputError` with the nearest.

    >>> load_normalizer("basic")("Hello, World")
    'hello world'
    """
    if name not in NORMALIZERS:
        raise InputError(f"unknown normalizer {name!r}; {did_you_mean(name, list(NORMALIZERS))}")
    return NORMALIZERS[name]()


def default_normalizer(language: str) -> str:
    """The normaliser that an audit uses unless told otherwise: ``whisper-english`` for ``eng``, else ``basic``.

    >>> default_normalizer("eng"), default_normalizer("jpn")
    ('whisper-english', 'basic')
    """
    return "whisper-english" if language in ("eng", "en") else "basic"

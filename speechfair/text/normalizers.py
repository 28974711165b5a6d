"""The normalisers ``verbatim``, ``basic``, ``whisper-english`` and ``japanese``, all pure; made when first asked for.

``whisper-english`` is OpenAI's English normaliser (Radford et al. 2022, appendix C), taken from the package
whisper-normalizer; speechfair only collapses the blanks that it leaves for some symbols. ``japanese`` is explained in
`speechfair.text.japanese`.
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
from speechfair.text import japanese as _japanese
from speechfair.types import Normalizer

__all__ = ["NORMALIZERS", "WITHOUT_SPACES", "basic", "default_normalizer", "load_normalizer", "verbatim"]

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


def _make_japanese() -> Normalizer:
    read = _japanese.make_reader()
    return _Named("japanese", _japanese.version(), lambda text: _japanese.japanese(text, read))


NORMALIZERS: dict[str, Callable[[], Normalizer]] = {
    "verbatim": _make_verbatim,
    "basic": _make_basic,
    "whisper-english": _make_whisper_english,
    "japanese": _make_japanese,
}
"""Makers by name."""

WITHOUT_SPACES = frozenset({"japanese"})
"""Normalisers whose results hold no spaces: errors are counted in characters unless words are asked for."""


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
    if name not in NORMALIZERS:
        raise InputError(f"unknown normalizer {name!r}; {did_you_mean(name, list(NORMALIZERS))}")
    return NORMALIZERS[name]()


def default_normalizer(language: str) -> str:
    """The normaliser that an audit uses unless told otherwise, by ISO 639 code of the language.

    >>> default_normalizer("eng"), default_normalizer("jpn"), default_normalizer("deu")
    ('whisper-english', 'japanese', 'basic')
    """
    if language in ("eng", "en"):
        return "whisper-english"
    return "japanese" if language in ("jpn", "ja") else "basic"

"""A normaliser for any language: one form of each code point, lower case, no punctuation, numerals as single digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from speechfair.text.unicode_folding import fold, lower

__all__ = ["RULES_VERSION", "basic", "letters_only"]

RULES_VERSION = "2"

_GROUPED = re.compile(r"(?<![\d.,'])\d{1,3}(?:([.,'])\d{3})(?:\1\d{3})*(?![\d])")
_EDGE = re.compile(r"(?<!\w)'+|'+(?!\w)|'{2,}")
_NUMERAL = re.compile(r"(?<!\w)\d{2,}(?!\w)")  # "mp3" and "b12" stay words
_SIMPLE = re.compile(r"[a-z' ]*")


def basic(text: str) -> str:
    """Code points folded, lower case, apostrophes kept within words, other punctuation and symbols to spaces.

    Letters keep their accents. Numerals become their digits, one token each, so that one wrong digit is one error and
    "555 1234" is "5551234"; numbers written as words stay words.

    >>> basic("It\u2019s TEN o'clock \u2013 'almost' 1,050!")
    "it's ten o'clock almost 1 0 5 0"
    """
    return letters_only(fold(text), lower)


def letters_only(folded: str, lower_case: Callable[[str], str]) -> str:
    """The second half of `basic`, for text that is folded, with a language's own rule for case."""
    text = lower_case(folded)
    if not _SIMPLE.fullmatch(text):
        text = _GROUPED.sub(lambda number: re.sub(r"\D", "", number[0]), text)
        text = "".join(
            char if char == "'" or unicodedata.category(char)[0] in "LMN" else " " for char in text
        )
        text = _NUMERAL.sub(lambda number: " ".join(number[0]), text)
    return " ".join(_EDGE.sub(" ", text).split())

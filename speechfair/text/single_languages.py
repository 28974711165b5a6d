"""`basic` with what single languages need besides: case, marks, spelling variants, numbers.

Numbers are read by num2words, turned around: what it says for 0 to 2,099 (and, in German, for the years) becomes
digits, the longest run of words first and with or without blanks. So "yirmi üç", "yirmiüç" and "23" are the same.
Which language has which rules is in ``docs/explanation/normalisers.md``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from importlib import metadata

from speechfair.text.basic import letters_only
from speechfair.text.unicode_folding import fold, lower

__all__ = ["LANGUAGES", "make_single", "single_version"]

LANGUAGES = {
    "ara": "arabic",
    "arb": "arabic",
    "arz": "arabic",
    "deu": "german",
    "hin": "hindi",
    "kor": "korean",
    "tur": "turkish",
    "vie": "vietnamese",
}
"""Normaliser by ISO 639-3 code."""

RULES_VERSION = "1"
_LARGEST = 2099
_SHORTEST = {"korean": 2}  # 일, 이, 사 and others are particles and nouns as well

_TASHKEEL = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0640]")
_ARABIC_LETTERS = str.maketrans("أإآٱىکی", "اااايكي")  # forms of alef; alef maqsura and Persian code points
_TURKISH_CASE = str.maketrans({"I": "ı", "İ": "i"})
_NUKTA_FREE = str.maketrans({"\u093c": None, "\u0901": "\u0902"})  # chandrabindu as anusvara
_VIETNAMESE_TONES = "\u0300\u0301\u0303\u0309\u0323"
_OLD_PLACE = re.compile(f"(o)([{_VIETNAMESE_TONES}])([ae])|(u)([{_VIETNAMESE_TONES}])(y)")


def _german(text: str) -> str:
    return letters_only(re.sub(r"(?<=\d),(?=\d{1,2}(?!\d))", " komma ", fold(text)), lower).replace("ß", "ss")


def _turkish(text: str) -> str:
    return letters_only(fold(text), lambda folded: lower(folded.translate(_TURKISH_CASE)))


def _arabic(text: str) -> str:
    return letters_only(_TASHKEEL.sub("", fold(text)).translate(_ARABIC_LETTERS), lower)


def _hindi(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", fold(text)).translate(_NUKTA_FREE)
    return letters_only(unicodedata.normalize("NFC", decomposed), lower)


def _korean(text: str) -> str:
    return letters_only(fold(text), lower)


def _vietnamese(text: str) -> str:
    """One place for the tone of a final oa, oe, uy: hòa and hoà are the same word."""

    def moved(match: re.Match[str]) -> str:
        first, tone, second = [part for part in match.groups() if part is not None]
        return first + second + tone

    words = unicodedata.normalize("NFD", lower(fold(text)))
    return letters_only(unicodedata.normalize("NFC", _OLD_PLACE.sub(moved, words)), lower)


_RULES: Mapping[str, tuple[Callable[[str], str], str | None]] = {
    "arabic": (_arabic, "ar"),
    "german": (_german, "de"),
    "hindi": (_hindi, None),
    "korean": (_korean, "ko"),
    "turkish": (_turkish, "tr"),
    "vietnamese": (_vietnamese, "vi"),
}


def single_version(name: str) -> str:
    """Of the rules, of num2words where it reads the numbers, of the Unicode tables."""
    library = f"num2words-{metadata.version('num2words')}+" if _RULES[name][1] else ""
    return f"{RULES_VERSION}+{library}unicode-{unicodedata.unidata_version}"


def make_single(name: str) -> Callable[[str], str]:
    """The normaliser of one language as a function.

    >>> make_single("german")("Dreiundzwanzig Straßen"), make_single("german")("23 Strassen")
    ('2 3 strassen', '2 3 strassen')
    """
    rules, code = _RULES[name]
    if code is None:
        return rules

    def normalise(text: str) -> str:
        return _with_digits(rules(text).split(), _numbers(name))

    return normalise


@cache
def _numbers(name: str) -> tuple[Mapping[str, str], frozenset[str]]:
    """Digits by the words that num2words says for them, without blanks, and what such words may begin with."""
    from num2words import num2words

    rules, code = _RULES[name]
    found: dict[str, str] = {}

    def add(spoken: str, digits: str) -> None:
        words = "".join(rules(spoken).split())
        if len(words) >= _SHORTEST.get(name, 1):
            found.setdefault(words, digits)

    for number in range(_LARGEST + 1):
        spoken = num2words(number, lang=code)
        add(spoken, str(number))
        if name == "german" and spoken.startswith(("einhundert", "eintausend")):
            add(spoken[3:], str(number))
        if name == "german" and 1100 <= number < 2000:
            add(num2words(number, lang=code, to="year"), str(number))
        if name == "vietnamese":
            add(spoken.replace("lẻ", "linh"), str(number))
            add(spoken.replace("nghìn", "ngàn"), str(number))
    return found, frozenset(words[:size] for words in found for size in range(1, len(words) + 1))


def _with_digits(words: list[str], numbers: tuple[Mapping[str, str], frozenset[str]]) -> str:
    table, beginnings = numbers
    out: list[str] = []
    at = 0
    while at < len(words):
        run, digits, after = "", "", at
        for place in range(at, len(words)):
            run += words[place]
            if run not in beginnings:
                break
            if run in table:
                digits, after = table[run], place + 1
        out += list(digits) or [words[at]]
        at = after if digits else at + 1
    return " ".join(out)

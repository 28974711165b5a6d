"""One code point for what people write with many: apostrophes, dashes, digits, compatibility forms, invisible marks.

`fold` is the first step of every normaliser except the strict ones and ``verbatim``. It never changes which words are
there. Letter case, punctuation and numbers are the normalisers' affair.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["APOSTROPHES", "fold", "is_ignorable", "lower", "plain_name"]

APOSTROPHES = (
    "\u0060\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u0374\u055a\u05f3\u07f4\u07f5\u1fbd\u1fbf\u1fef"
    "\u1ffd\u1ffe\u2018\u2019\u201b\u2032\u2035\ua78b\ua78c\uff07\uff40"
)
"""Code points that keyboards, word processors and phones put where an apostrophe (U+0027) is meant."""

_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
_SELECTORS = [range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)]
_SYMBOL_LETTERS = "\u00a9\u00ae\u2117\u2120\u2122"  # NFKC would glue "TM" to the word before
_CLOSING = {
    "'": "'",
    '"': '"',
    "\u201c": "\u201d",
    "\u201e": "\u201c",
    "\u00ab": "\u00bb",
    "\u300c": "\u300d",
}
_MINUS = "\u02d7\u2043\u2212\u2796\u2e3a\u2e3b"


class _Replacements(dict[int, str | None]):
    """For `str.translate`; each code point is looked up in the Unicode tables once, when it first comes."""

    def __missing__(self, code: int) -> str | None:
        self[code] = found = _replacement(chr(code))
        return found


def _replacement(char: str) -> str | None:
    if char in APOSTROPHES:
        return "'"
    if is_ignorable(char):
        return None
    kind = unicodedata.category(char)
    spacing_accent = unicodedata.decomposition(char).startswith("<compat> 0020 ")
    if char in _SYMBOL_LETTERS or spacing_accent or (kind == "Cc" and char.isspace()):
        return " "
    if kind == "Cc":
        return None
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind == "Pd" or char in _MINUS:
        return "-"
    if unicodedata.decomposition(char).startswith("<fraction>"):
        return f" {unicodedata.normalize('NFKC', char).replace(chr(0x2044), '/')} "
    return char


def is_ignorable(char: str) -> bool:
    """Whether `char` is a format character (joiner, soft hyphen, byte order mark …), variation selector or filler."""
    return (
        unicodedata.category(char) == "Cf"
        or char in _FILLERS
        or any(ord(char) in part for part in _SELECTORS)
    )


_REPLACEMENTS = _Replacements()
_PLAIN = re.compile(r"[ -_a-~]*")  # ASCII without the grave accent and controls


def fold(text: str) -> str:
    """`text` with one code point for each thing.

    - apostrophes to ``'``, dashes and minus signs to ``-``, decimal digits of any script to ASCII digits;
    - format characters, variation selectors and fillers go. ZWJ and ZWNJ carry meaning in Persian and in Indic
      scripts, but writers and recognisers leave them out as often as not, so they go on both sides;
    - vulgar fractions to ``1/2`` with blanks around them; trademark signs to blanks;
    - the rest is NFKC: full width, ligatures and presentation forms, and one composition for accents.

    Source: Unicode Standard Annex 15 (NFKC) and 44 (general categories).

    >>> fold("It\u2019s co\u00adop\u200berative \u2013 \ufb01ne \uff21 cafe\u0301")
    "It's cooperative - fine A café"
    """
    if _PLAIN.fullmatch(text):
        return text
    # twice, since NFKC makes apostrophes and minus signs of its own from a few compatibility characters
    return unicodedata.normalize("NFKC", text.translate(_REPLACEMENTS)).translate(_REPLACEMENTS)


def lower(text: str) -> str:
    """Lower case in one form: composed again, with one sigma.

    >>> lower("ΣΟΦΟΣ"), lower("İ") == "i\u0307"
    ('σοφοσ', True)
    """
    return unicodedata.normalize("NFKC", text.lower()).replace("\u03c2", "\u03c3")


def plain_name(name: str) -> str:
    """A name or label as it is compared: `fold`, without case, quotes around it, outer blanks and repeated blanks.

    >>> plain_name(" Jane\u00a0\u200b  DOE"), plain_name("1 11") == plain_name("11 1")
    ('jane doe', False)
    >>> plain_name("\u201cJane Doe\u201d") == plain_name("'Jane Doe'") == "jane doe"
    True
    """
    text = " ".join(fold(name).split())
    while len(text) > 2 and _CLOSING.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    return text.casefold()

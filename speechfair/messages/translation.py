"""From an English sentence of the program to the reader's language, by one catalogue.

A sentence is looked up by its English text. That also holds for sentences that are recorded in a result, such as the
reason of a missing interval: their keys are patterns. What stands in the place of ``{name}`` is carried over,
``{name:number}`` is a number, ``{name:figures}`` a number with its interval, ``{name:item}`` a text without a semicolon
before a space, and ``{name:said}`` a sentence or word of the program, which is translated too. Sentences that are
joined by semicolons are looked up one by one. What the catalogue does not know stays as it is; `Translator.knows` says
so, and pages mark it as English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from speechfair.strict_json import parse_json
from speechfair.strict_yaml import parse_yaml
from speechfair.text.language_tags import language_name
from speechfair.types import UNKNOWN
from speechfair.wording import printable

__all__ = ["ENGLISH", "LANGUAGES", "Language", "Translated", "Translator", "viewer_messages"]

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")

_DATA = Path(__file__).resolve().parent / "data"
_PLACE = re.compile(r"\{(\w+)(?::(said|number|figures|item))?\}")
_FORMS = {"number": r"[-+]?[0-9][0-9.,]*(?: ?%)?", "figures": r"[-+−–0-9.,\[\]×% ]+", "item": "(?:(?!; ).)+?"}
_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})*")
_AXES_OF_WORDS = ("gender", "sex", "age_band")
"""Axes whose usual groups are words that the catalogue has."""
_DEEPEST = 6
_MOST_TRIES = 200
"""Regular expressions tried for one sentence and its parts; those of the program take a few."""
_LONGEST_LIST = 24
"""Sentences that are joined by semicolons; each has tries of its own."""
_LONGEST = 2_000
"""Characters of a sentence; a longer text is no sentence of the program, and patterns would search it for long."""


class Translated(str):
    """A text that is in the reader's language already: a page does not look it up again."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Translator:
    """Says things in one language.

    >>> Translator("ja")("fewer than 5 speakers (3): no interval")
    '話者が 5 人未満(3 人)のため区間なし'
    >>> Translator("ja").group("first_language", "jpn"), Translator("ja").axis("first_language")
    ('日本語', '第一言語')
    """

    language: Language = "en"

    def __call__(self, english: str, **values: object) -> str:
        """A sentence, with `values` in the place of its ``{names}``; the English one where there is no other."""
        found = english if self.language == "en" else _translated(english)
        text = english if found is None else found
        return text.format(**values) if values else text

    def said(self, english: str, **values: object) -> Translated:
        """A sentence as `__call__` gives it, marked as being in the reader's language."""
        return Translated(self(english, **values))

    def knows(self, english: str) -> bool:
        """Whether the sentence is there in this language."""
        return self.language == "en" or not _has_words(english) or _translated(english) is not None

    def axis(self, axis: str) -> str:
        """An axis's name for people.

        >>> ENGLISH.axis("first_language+strength")
        'first language + strength'
        """
        return " + ".join(self._axis(part) for part in printable(axis).split("+"))

    def _axis(self, part: str) -> str:
        named = viewer_messages()[self.language].get(f"axis.{part}") if self.language != "en" else None
        return named or part.replace("_", " ")

    def group(self, axis: str, value: str) -> str:
        """The name of a group: a language code of an axis of languages in words, anything else as it is.

        >>> ENGLISH.group("first_language+strength", "deu+0.5"), ENGLISH.group("accent", "cmn")
        ('German + 0.5', 'cmn')
        """
        axes, values = axis.split("+"), value.split("+")
        if len(axes) != len(values):
            return printable(value)
        return " + ".join(map(self._value, axes, values))

    def _value(self, axis: str, value: str) -> str:
        if axis.endswith("language") and _CODE.fullmatch(value):
            return printable(language_name(value, self.language))
        if self.language != "en" and (value == UNKNOWN or axis in _AXES_OF_WORDS):
            return viewer_messages()[self.language].get(f"value.{value}") or printable(value)
        return printable(value)


ENGLISH = Translator("en")


@cache
def viewer_messages() -> dict[str, dict[str, str]]:
    """The text by language by key, which the scripts of the viewer ask for."""
    found: dict[str, dict[str, str]] = parse_json((_DATA / "viewer.json").read_text(encoding="utf-8"))
    return found


@cache
def _catalogue() -> Mapping[str, str]:
    """Japanese by English: the names of axes, then the sentences of pages and results."""
    viewer = viewer_messages()
    axes = {text: viewer["ja"][key] for key, text in viewer["en"].items() if key.startswith("axis.")}
    return axes | {english: japanese for part in _content().values() for english, japanese in part.items()}


@cache
def _content() -> Mapping[str, Mapping[str, str]]:
    """The sections of all ``japanese*.yaml`` files, joined by name."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(_DATA.glob("japanese*.yaml")):
        content, _ = parse_yaml(path)
        for section, texts in content.items():
            found.setdefault(section, {}).update(texts)
    return found


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A key with places: as an expression, and as the literal texts around and between its places."""

    key: str
    japanese: str
    expression: re.Pattern[str]
    pieces: tuple[str, ...]

    def may_match(self, text: str) -> bool:
        """Whether the literal texts occur in order, with something in every place; told in linear time."""
        first, *between, last = self.pieces
        if not (text.startswith(first) and text.endswith(last)):
            return False
        end = len(first)
        for piece in between:
            start = text.find(piece, end + 1)
            if start < 0:
                return False
            end = start + len(piece)
        return end + 1 + len(last) <= len(text)


@cache
def _patterns() -> tuple[list[_Pattern], list[_Pattern]]:
    """The keys with places, and those of them that are places and marks alone.

    Those with the most letters of their own come first.
    """
    keys = [key for key in _content()["recorded"] if _PLACE.search(key)]
    keys.sort(key=lambda key: -len(_PLACE.sub("", key)))
    worded, general = list[_Pattern](), list[_Pattern]()
    for key in keys:
        pieces = tuple(_PLACE.sub("\0", key).split("\0"))
        pattern = _Pattern(key, _catalogue()[key], re.compile(_expression(key), re.DOTALL), pieces)
        (worded if re.search("[A-Za-z]", "".join(pieces)) else general).append(pattern)
    return worded, general


def _expression(key: str) -> str:
    """A key as a regular expression; a place that is named again must hold the same."""
    parts, end, seen = [], 0, set[str]()
    for place in _PLACE.finditer(key):
        parts.append(re.escape(key[end : place.start()]))
        form = _FORMS.get(place[2], ".+?")
        parts.append(f"(?P={place[1]})" if place[1] in seen else f"(?P<{place[1]}>{form})")
        seen.add(place[1])
        end = place.end()
    return "".join([*parts, re.escape(key[end:])])


@lru_cache(maxsize=4096)
def _translated(english: str) -> str | None:
    """The Japanese of a sentence, or None; a first letter may be a capital one."""
    return _Search().sentence(english)


class _Search:
    """The search for one sentence and its parts, which gives up after `_MOST_TRIES`: texts may be anybody's."""

    def __init__(self) -> None:
        self.tries = 0
        self.found: dict[tuple[str, int], str | None] = {}

    def sentence(self, english: str, depth: int = 0) -> str | None:
        """The Japanese of a sentence or part."""
        if (english, depth) not in self.found:
            self.found[english, depth] = self._sentence(english, depth)
        return self.found[english, depth]

    def _sentence(self, english: str, depth: int) -> str | None:
        lower = english[:1].lower() + english[1:]
        for text in (english, lower):
            if text in _catalogue():
                return _catalogue()[text]
        if depth > _DEEPEST or len(english) > _LONGEST:
            return None
        worded, general = _patterns()
        texts = english, lower
        return (
            self._by_patterns(worded, texts, depth)
            or _list(english)
            or self._by_patterns(general, texts, depth)
        )

    def _by_patterns(self, patterns: Sequence[_Pattern], texts: Sequence[str], depth: int) -> str | None:
        for pattern in patterns:
            for text in dict.fromkeys(texts):
                if pattern.may_match(text) and (found := self._by_pattern(pattern, text, depth)) is not None:
                    return found
        return None

    def _by_pattern(self, pattern: _Pattern, text: str, depth: int) -> str | None:
        """The Japanese with what stands in the places; None where a part of it is not known."""
        self.tries += 1
        match = pattern.expression.fullmatch(text) if self.tries <= _MOST_TRIES else None
        if match is None:
            return None
        marks = dict(_PLACE.findall(pattern.key))
        said: dict[str, str] = {}
        for name, part in match.groupdict().items():
            known = self.sentence(part, depth + 1) if marks[name] == "said" and _has_words(part) else part
            if known is None:
                return None
            said[name] = known
        return _PLACE.sub(lambda place: said[place[1]], pattern.japanese)


def _list(english: str) -> str | None:
    """The Japanese of sentences that are joined by semicolons; None where one of them is not known."""
    parts = english.split("; ")
    if not 1 < len(parts) <= _LONGEST_LIST:
        return None
    known = [_translated(part) if _has_words(part) else part for part in parts]
    return ";".join(part for part in known if part is not None) if None not in known else None


def _has_words(text: str) -> bool:
    return re.search(r"[a-z]", text) is not None

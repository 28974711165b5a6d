"""Languages: from the tags and names that people write to ISO 639-3, to a name in words, and to the unit of counting.

Nothing is guessed: a tag that cannot be resolved raises `LookupError`, and the caller says what then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

__all__ = ["CHINESE", "WITHOUT_SPACES", "language_code", "language_name", "mostly_without_spaces"]

# Tags that BCP 47 leaves at the macrolanguage Chinese, where the corpora mean one language.
_CHINESE_TAGS = {"zh-cn": "cmn", "zh-tw": "cmn", "zh-hk": "yue", "zh": "cmn", "nan-tw": "nan"}
CHINESE = frozenset(
    ["zho", "cmn", "yue", "nan", "wuu", "hak", "gan", "hsn", "cdo", "mnp", "cjy", "czh", "lzh"]
)
WITHOUT_SPACES = CHINESE | {
    "jpn", "tha", "lao", "khm", "mya", "bod", "dzo", "nod", "tts", "sou", "shn", "ksw", "kht", "adx", "khb", "iii"
}  # fmt: skip
"""ISO 639-3 codes of languages written without blanks between words: errors are counted in characters."""

_LETTER = re.compile(r"[^\W\d_]")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua000-\ua48f\uf900-\ufaff\U00020000-\U0003ffff]"
)


@cache
def language_code(tag: str) -> str:
    """The ISO 639-3 code of a tag (ISO 639-1, -2, -3, BCP 47, with ``_`` or ``-``) or of an English name.

    Raises
    ------
    LookupError
        It is none.

    >>> [language_code(tag) for tag in ("sv-SE", "zh-HK", "cmn_hans_cn", "Japanese", "ja", "zho")]
    ['swe', 'yue', 'cmn', 'jpn', 'jpn', 'zho']
    """
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    key = tag.strip().replace("_", "-").lower()
    if key in _CHINESE_TAGS:
        return _CHINESE_TAGS[key]
    try:
        found = langcodes.Language.get(key)
        if found.is_valid():
            return "und" if found.language is None else found.to_alpha3()
    except (LookupError, LanguageTagError):
        pass
    try:
        named = langcodes.find(tag.strip().replace("_", " "))
        if (
            named.display_name().casefold() == tag.strip().replace("_", " ").casefold()
        ):  # it also finds the nearest
            return named.to_alpha3()
    except (LookupError, LanguageTagError):
        pass
    raise LookupError(f"{tag!r} is no language tag or name that has an ISO 639-3 code")


@cache
def language_name(tag: str, language: str = "en") -> str:
    """The name of a language (Unicode CLDR, through langcodes) in a language; the tag itself where there is none.

    >>> language_name("jpn"), language_name("zh-HK"), language_name("und"), language_name("x?")
    ('Japanese', 'Cantonese', 'language not given', 'x?')
    >>> language_name("jpn", "ja")
    '日本語'
    """
    import langcodes

    try:
        code = language_code(tag)
    except LookupError:
        return tag
    if code == "und" and language == "en":
        return "language not given"
    name = langcodes.Language.get(code).display_name(language)
    if language == "ja" and name.isascii():  # some names are there for the macrolanguage only
        name = langcodes.Language.get(langcodes.standardize_tag(code, macro=True)).display_name(language)
    return name


def mostly_without_spaces(texts: Iterable[str]) -> bool:
    """Whether more than half of the letters are of scripts without blanks between words.

    For rows whose language is not given.

    >>> mostly_without_spaces(["宋朝末年 OK"]), mostly_without_spaces(["just words"])
    (True, False)
    """
    letters = unspaced = 0
    for text in texts:
        letters += len(_LETTER.findall(text))
        unspaced += len([char for char in _UNSPACED.findall(text) if char.isalpha()])
    return 2 * unspaced > letters

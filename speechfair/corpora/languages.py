"""Language tags of other people's corpora (``zh-CN``, ``cmn_hans_cn``) to ISO 639-3.

A tag that cannot be resolved is an error; no language is guessed.
"""

from __future__ import annotations

from functools import cache

from speechfair.errors import CorpusError

__all__ = ["iso_639_3"]

# Tags that BCP 47 leaves at the macrolanguage Chinese, where the corpora mean one language.
_CHINESE = {"zh-cn": "cmn", "zh-tw": "cmn", "zh-hk": "yue", "zh": "cmn", "nan-tw": "nan"}


@cache
def iso_639_3(tag: str) -> str:
    """The ISO 639-3 code of a language tag; `CorpusError` if there is none.

    >>> iso_639_3("sv-SE"), iso_639_3("zh-HK"), iso_639_3("cmn_hans_cn"), iso_639_3("kab")
    ('swe', 'yue', 'cmn', 'kab')
    """
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    key = tag.strip().replace("_", "-").lower()
    if key in _CHINESE:
        return _CHINESE[key]
    try:
        return langcodes.Language.get(key).to_alpha3()
    except (LookupError, LanguageTagError):
        raise CorpusError(
            f"{tag!r} is no language tag that has an ISO 639-3 code; give --option language=CODE"
        ) from None

"""Language tags of other people's corpora (``zh-CN``, ``cmn_hans_cn``) to ISO 639-3.

A tag that cannot be resolved is an error; no language is guessed.
"""

from __future__ import annotations

from speechfair.errors import CorpusError
from speechfair.text.language_tags import language_code

__all__ = ["iso_639_3"]


def iso_639_3(tag: str) -> str:
    """The ISO 639-3 code of a language tag or English name; `CorpusError` if there is none.

    >>> iso_639_3("sv-SE"), iso_639_3("zh-HK"), iso_639_3("cmn_hans_cn"), iso_639_3("kab")
    ('swe', 'yue', 'cmn', 'kab')
    """
    try:
        return language_code(tag)
    except LookupError as error:
        raise CorpusError(f"{error}; give --option language=CODE") from None

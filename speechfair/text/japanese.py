"""Japanese text to the katakana of its pronunciation, so that 二十三, 23 and にじゅうさん are the same string.

Kanji and numerals are read in context by Open JTalk (package pyopenjtalk-plus, extra ``ja``), counters included
(三匹 and 3匹 are both サンビキ); particles become what is heard (は as ワ). What sounds alike is written alike: ヂ as
ジ, ヅ as ズ, ヲ as オ, and long vowels with ー. The result has no spaces: it is for character error rates.

What it will not do: weigh several readings. 辛い may be ツライ or カライ, and one is chosen; a recogniser that writes
kana where the reference has such kanji may be charged with an error that it did not make. Words that differ only in
pitch, or in ou against a long o (仔牛 and 講師), become one string.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable
from importlib import metadata

from speechfair.errors import MissingExtraError
from speechfair.text import unicode_folding

__all__ = ["RULES_VERSION", "japanese", "make_reader", "version"]

RULES_VERSION = "2"
"""Of what this module does itself; what Open JTalk and Sudachi (for rare kanji) do is versioned by their packages."""

PACKAGE = "pyopenjtalk-plus"

_KANJI = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"  # without the dot between words, \u30fb
_READABLE = re.compile(f"(?:[A-Za-z0-9{_KANA}{_KANJI}]|(?<=[0-9])[.,](?=[0-9])|%)+")
_ANSWER = re.compile(f"[A-Za-z0-9\u30a1-\u30fa\u30fc{_KANJI}]+")
_GROUPED = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")
_SAME_SOUND = str.maketrans({"ヂ": "ジ", "ヅ": "ズ", "ヲ": "オ", "ヵ": "カ", "ヶ": "ケ", "ヮ": "ワ"})
_V_SOUNDS = (("ヴァ", "バ"), ("ヴィ", "ビ"), ("ヴェ", "ベ"), ("ヴォ", "ボ"), ("ヴ", "ブ"))
_VOWEL_OF = {
    kana: vowel
    for vowel, row in {
        "ア": "アァカガサザタダナハバパマヤャラワ",
        "イ": "イィキギシジチニヒビピミリ",
        "ウ": "ウゥクグスズツヌフブプムユュル",
        "エ": "エェケゲセゼテデネヘベペメレ",
        "オ": "オォコゴソゾトドノホボポモヨョロ",
    }.items()
    for kana in row
}
_LENGTHENS = {"アア", "イイ", "ウウ", "エエ", "エイ", "オオ", "オウ"}
"""A vowel and what makes it long when it follows."""


def japanese(text: str, read: Callable[[str], str], fold: Callable[[str], str] = unicode_folding.fold) -> str:
    """`text` as katakana without spaces and punctuation.

    Parameters
    ----------
    read : gives the pronunciation of a stretch of Japanese script, Latin letters and digits, as `make_reader` makes it.
    fold : brings code points to one form; rules of version 1 had NFKC alone, which leaves invisible characters in.

    >>> japanese("「コーヒー」 を、どうぞ！", lambda stretch: stretch.replace("を", "オ").replace("どうぞ", "ドウゾ"))
    'コーヒーオドーゾ'
    """
    folded = fold(text)
    folded = "".join(folded.split())
    folded = _GROUPED.sub(lambda number: number[0].replace(",", ""), folded)
    pieces = []
    end = 0
    for stretch in _READABLE.finditer(folded):
        pieces += [_letters(folded[end : stretch.start()]), "".join(_ANSWER.findall(read(stretch[0])))]
        end = stretch.end()
    pieces.append(_letters(folded[end:]))
    return _by_sound("".join(pieces))


def make_reader() -> Callable[[str], str]:
    """Open JTalk as a function from text to pronunciation in katakana.

    Raises
    ------
    MissingExtraError
        The package pyopenjtalk-plus is not installed.
    """
    try:
        import pyopenjtalk
    except ImportError:
        raise MissingExtraError("the normalizer 'japanese'", PACKAGE, "ja") from None

    def read(stretch: str) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # of SudachiPy, which Open JTalk's wrapper calls
            spoken = str(pyopenjtalk.g2p(stretch, kana=True))
        return unicodedata.normalize("NFKC", spoken)

    return read


def version(rules: str = RULES_VERSION) -> str:
    """Of the rules, of Open JTalk with its dictionary (one package), of Sudachi's dictionary, of the Unicode tables."""
    packages = "+".join(f"{name}-{metadata.version(name)}" for name in (PACKAGE, "sudachidict-core"))
    return f"{rules}+{packages}+unicode-{unicodedata.unidata_version}"


def _letters(text: str) -> str:
    """Letters, marks and digits of other scripts, as they are; marks and punctuation go."""
    return "".join(char for char in text if unicodedata.category(char)[0] in "LMN").lower()


def _by_sound(kana: str) -> str:
    """One spelling for one sound."""
    text = kana.lower().translate(_SAME_SOUND)
    for written, sound in _V_SOUNDS:
        text = text.replace(written, sound)
    spoken: list[str] = []
    vowel = ""
    for char in text:
        if char == "ー" or vowel + char in _LENGTHENS:
            if not spoken or spoken[-1] != "ー":
                spoken.append("ー")
        else:
            spoken.append(char)
            vowel = _VOWEL_OF.get(char, "")
    return "".join(spoken)

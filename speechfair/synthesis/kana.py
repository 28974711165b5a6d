"""Katakana as it is pronounced, to phonemes of espeak-ng's voice ``ja``, mora by mora.

espeak-ng reads kana itself, but takes long vowels for two and stresses where no mora is stressed; and it names kanji
instead of reading them. Here a long vowel is one phoneme, the first half of a geminate another, and a phrase is a word.
"""

from __future__ import annotations

from speechfair.errors import InputError

__all__ = ["LONG", "morae"]

LONG = "ー"
GEMINATE = "ッ"

_ROWS = {
    "アイウエオ": ("", {}),
    "カキクケコ": ("k", {}),
    "ガギグゲゴ": ("g", {}),
    "サシスセソ": ("s", {"i": "s\\"}),
    "ザジズゼゾ": ("z", {"i": "d_z\\"}),
    "タチツテト": ("t", {"i": "t_s\\", "u": "t_s"}),
    "ダヂヅデド": ("d", {"i": "d_z\\", "u": "z"}),
    "ナニヌネノ": ("n", {}),
    "ハヒフヘホ": ("h", {"i": "C", "u": "p\\"}),
    "バビブベボ": ("b", {}),
    "パピプペポ": ("p", {}),
    "マミムメモ": ("m", {}),
    "ラリルレロ": ("r`", {}),
}
_GLIDED = {"キ": "k", "ギ": "g", "ニ": "n", "ビ": "b", "ピ": "p", "ミ": "m", "リ": "r`"}
_PALATAL = {"シ": "s\\", "ジ": "d_z\\", "チ": "t_s\\", "ヒ": "C"}
_LOANS = {"フ": "p\\", "ツ": "t_s", "ウ": "w", "ヴ": "v", "テ": "t", "デ": "d", "ト": "t", "ド": "d"}
_SMALL = dict(zip("ァィゥェォ", "aiueo", strict=True))
_SMALL_Y = dict(zip("ャュョ", "auo", strict=True))


def _table() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for row, (usual, special) in _ROWS.items():
        for kana, vowel in zip(row, "aiueo", strict=True):
            consonant = special.get(vowel, usual)
            table[kana] = (consonant, vowel) if consonant else (vowel,)
    for small, vowel in _SMALL_Y.items():
        table |= {kana + small: (consonant, "_j", vowel) for kana, consonant in _GLIDED.items()}
        table |= {kana + small: (consonant, vowel) for kana, consonant in _PALATAL.items()}
    for small, vowel in _SMALL.items():
        table |= {kana + small: (consonant, vowel) for kana, consonant in {**_LOANS, **_PALATAL}.items()}
    table |= {"ヤ": ("j", "a"), "ユ": ("j", "u"), "ヨ": ("j", "o"), "ワ": ("w", "a"), "ヲ": ("o",)}
    return table | {"ヴ": ("v", "u"), "ン": ("N\\",)}


_MORAE = _table()
_CLOSED = {"t_s": "t", "t_s\\": "t", "d_z\\": "d"}
"""Affricates are doubled in their closure."""


def morae(kana: str) -> tuple[str, ...]:
    """Phonemes of one phrase of katakana.

    Raises
    ------
    InputError
        A character is not katakana, or ー or ッ stands where it has nothing to lengthen.

    >>> morae("ガッコー")
    ('g', 'a', 'k', 'k', 'o:')
    """
    spoken: list[str] = []
    doubled = False
    place = 0
    while place < len(kana):
        one = kana[place : place + 2] if kana[place : place + 2] in _MORAE else kana[place]
        place += len(one)
        if one == GEMINATE:
            doubled = True
        elif one == LONG and spoken and spoken[-1] in "aiueo":
            spoken[-1] += ":"
        elif one == LONG and spoken and spoken[-1].endswith(":"):
            continue
        elif one in _MORAE:
            found = _MORAE[one]
            # before a vowel it is a glottal stop, which espeak-ng's voice does not have
            spoken += [_CLOSED.get(found[0], found[0])] if doubled and len(found) > 1 else []
            spoken += found
            doubled = False
        else:
            raise InputError(
                f"{kana!r}: {one!r} is not katakana that can be spoken here; write the reading in katakana"
            )
    return tuple(spoken)

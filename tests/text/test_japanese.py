"""The Japanese normaliser: what is read alike is one string, whatever it is written with."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import MissingExtraError
from speechfair.text import default_normalizer, load_normalizer
from speechfair.text.japanese import japanese

pytest.importorskip("pyopenjtalk", reason="the Japanese reader comes with the extra 'ja'")

KANA = st.text(
    "あいうえおかきくけこさしすせそたちつてとなにぬねのまみむめもやゆよらりるれろわんがぎぐばびぶ",
    max_size=12,
)
PUNCTUATION = st.text("、。！？「」・…　 ,.!?\n", max_size=4)


def normalised(text: str) -> str:
    return load_normalizer("japanese")(text)


@pytest.mark.parametrize(
    ("reading", "spellings"),
    [
        ("ニジューサン", ["二十三", "23", "２３", "にじゅうさん", "ニジュウサン", " 23。"]),
        ("サンビキノイヌ", ["三匹の犬", "3匹の犬", "さんびきのいぬ"]),
        ("ニセンゴヒャクエン", ["2,500円", "2500円", "二千五百円", "にせんごひゃくえん"]),
        ("サンテンイチヨン", ["3.14", "３．１４"]),
        ("ヒトリデ", ["一人で", "1人で", "ひとりで"]),
        ("ワタシワガクセーデス", ["私は学生です。", "わたしは がくせいです"]),
        ("トーキョー", ["東京", "とうきょう", "トーキョー", "ﾄｳｷｮｳ"]),
        ("ツズク", ["続く", "つづく"]),
        ("オチャオノム", ["お茶を飲む", "おちゃをのむ"]),
        ("バイオリン", ["ヴァイオリン", "バイオリン"]),
        ("エヌエーチケー", ["NHK", "ＮＨＫ", "エヌエイチケイ"]),
    ],
)
def test_spellings_of_one_reading_are_one_string(reading: str, spellings: list[str]) -> None:
    assert {normalised(text) for text in spellings} == {reading}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("おばさん", "おばあさん"),  # length
        ("きて", "きって"),  # gemination
        ("つる", "する"),
        ("らく", "わく"),
        ("23", "33"),
        ("じゅう", "しゅう"),
        ("行った", "行く"),
    ],
)
def test_what_an_accent_changes_stays_different(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize("text", ["", " \u3000", "。、！？", "「…」", "👍", "♪"])
def test_nothing_to_say_is_empty(text: str) -> None:
    assert normalised(text) == ""


@settings(deadline=None, max_examples=40)
@given(KANA)
def test_hiragana_and_katakana_are_read_alike_and_once(text: str) -> None:
    """By itself, without Open JTalk, which may take the same kana for other words."""

    def katakana(stretch: str) -> str:
        return "".join(chr(ord(char) + 0x60) if "ぁ" <= char <= "ゖ" else char for char in stretch)

    once = japanese(text, katakana)
    assert japanese(katakana(text), katakana) == once
    assert japanese(once, katakana) == once


@settings(deadline=None, max_examples=40)
@given(KANA, PUNCTUATION, PUNCTUATION)
def test_punctuation_around_a_text_does_not_matter(text: str, before: str, after: str) -> None:
    assert normalised(before + text + after) == normalised(text)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 99_999_999))
def test_a_number_is_one_string_however_it_is_written(number: int) -> None:
    wide = str(number).translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    assert normalised(str(number)) == normalised(wide) == normalised(f"{number:,}")


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 99_999_999))
def test_kanji_numerals_are_read_as_digits_are(number: int) -> None:
    assert normalised(kanji(number)) == normalised(str(number))


def kanji(number: int) -> str:
    """`number` under 10**8 in kanji numerals."""
    if number >= 10_000:
        return kanji(number // 10_000) + "万" + (kanji(number % 10_000) if number % 10_000 else "")
    out = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            out += ("" if digit == 1 and name else "〇一二三四五六七八九"[digit]) + name
    return out


def test_letters_of_other_scripts_are_kept() -> None:
    assert normalised("경제、été!") == "경제été"


def test_the_version_names_reader_and_dictionary() -> None:
    assert "pyopenjtalk-plus-" in load_normalizer("japanese").version
    assert default_normalizer("jpn") == "japanese"


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyopenjtalk", None)
    load_normalizer.cache_clear()
    with pytest.raises(MissingExtraError, match=r"speechfair\[ja\]"):
        load_normalizer("japanese")

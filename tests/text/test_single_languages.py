"""Six languages: pairs that are the same word, and pairs that are not."""

from __future__ import annotations

import pytest

from speechfair.text import default_normalizer, load_normalizer
from speechfair.text.single_languages import LANGUAGES

SAME = [
    ("german", "Straße", "Strasse"),
    ("german", "dreiundzwanzig", "23"),
    ("german", "neunzehnhundertneunundneunzig", "1999"),
    ("german", "zweitausendsechsundzwanzig", "2026"),
    ("german", "hundertfünf", "105"),
    ("german", "Müller", "Mu\u0308ller"),
    ("german", "geht’s", "geht's"),
    ("german", "E-Mail", "E–Mail"),
    ("german", "3,14", "drei komma eins vier"),
    ("german", "1.000 Euro", "tausend Euro"),
    ("german", "GRÜSSE", "Grüße"),
    ("german", "„Hallo“", "Hallo"),
    ("turkish", "IŞIK", "ışık"),
    ("turkish", "İstanbul", "istanbul"),
    ("turkish", "DİYARBAKIR", "diyarbakır"),
    ("turkish", "yirmi üç", "23"),
    ("turkish", "yirmiüç", "yirmi üç"),
    ("turkish", "bin dokuz yüz doksan dokuz", "1999"),
    ("turkish", "Ankara'da", "Ankara’da"),
    ("turkish", "çok", "c\u0327ok"),
    ("turkish", "GÜZEL", "güzel"),
    ("turkish", "ISPARTA", "ısparta"),
    ("turkish", "iki bin yirmi altı", "2026"),
    ("turkish", "beş", "beş"),
    ("arabic", "مَرْحَبًا", "مرحبا"),
    ("arabic", "كـــتاب", "كتاب"),
    ("arabic", "أحمد", "احمد"),
    ("arabic", "إلى", "الى"),
    ("arabic", "آخر", "اخر"),
    ("arabic", "على", "علي"),
    ("arabic", "٢٣", "23"),
    ("arabic", "ثلاثة وعشرون", "23"),
    ("arabic", "خمسة", "5"),
    ("arabic", "قال، نعم", "قال نعم"),
    ("arabic", "ﻻ", "لا"),
    ("arabic", "یکی", "يكي"),
    ("hindi", "\u0915\u093c\u0932\u092e", "\u0915\u093c\u0932\u092e"),
    ("hindi", "\u091c\u093c\u0930\u093e", "\u091c\u093c\u0930\u093e"),
    ("hindi", "हाँ", "हां"),
    ("hindi", "२३", "23"),
    ("hindi", "नमस्ते।", "नमस्ते"),
    ("hindi", "\u0915\u094d\u200d\u092f\u093e", "क्या"),
    ("hindi", '"राम"', "राम"),
    ("hindi", "\u092b\u093c\u093f\u0932\u094d\u092e", "फिल्म"),
    ("hindi", "\u0932\u0921\u093c\u0915\u093e", "\u0932\u0921\u093c\u0915\u093e"),
    ("hindi", "दिन-रात", "दिन रात"),
    ("hindi", "१,०००", "1000"),
    ("korean", "한국어", "\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165"),
    ("korean", "이십삼", "23"),
    ("korean", "백이십삼", "123"),
    ("korean", "안녕하세요.", "안녕하세요"),
    ("korean", "“네”", "네"),
    ("korean", "이천이십육", "2026"),
    ("korean", "KBS", "kbs"),
    ("korean", "㈜", "(주)"),
    ("korean", "２３", "23"),
    ("korean", "가-나", "가 나"),
    ("korean", "천구백구십구", "1999"),
    ("vietnamese", "hoà", "hòa"),
    ("vietnamese", "thuý", "thúy"),
    ("vietnamese", "khoẻ", "khỏe"),
    ("vietnamese", "tiếng", "tie\u0302\u0301ng"),
    ("vietnamese", "VIỆT", "việt"),
    ("vietnamese", "hai mươi ba", "23"),
    ("vietnamese", "một trăm linh năm", "105"),
    ("vietnamese", "một trăm lẻ năm", "105"),
    ("vietnamese", "hai nghìn lẻ hai mươi sáu", "2026"),
    ("vietnamese", "đường", "Đường"),
    ("vietnamese", "hai mươi mốt", "21"),
]

DIFFERENT = [
    ("german", "schon", "schön"),
    ("german", "Mutter", "Mütter"),
    ("german", "Masse", "Maß"),
    ("german", "dreizehn", "dreißig"),
    ("german", "23", "32"),
    ("german", "lag", "lang"),
    ("german", "Haus", "Maus"),
    ("german", "ohne", "Ohne Ende"),
    ("german", "fordern", "fördern"),
    ("german", "drucken", "drücken"),
    ("german", "zwei", "drei"),
    ("turkish", "ılık", "ilik"),
    ("turkish", "kar", "kâr"),
    ("turkish", "sıkıcı", "sikici"),
    ("turkish", "on", "ön"),
    ("turkish", "oldu", "öldü"),
    ("turkish", "acı", "açı"),
    ("turkish", "yirmi", "otuz"),
    ("turkish", "kız", "kiz"),
    ("turkish", "sut", "süt"),
    ("turkish", "bas", "baş"),
    ("arabic", "كتاب", "كاتب"),
    ("arabic", "قلب", "كلب"),
    ("arabic", "سورة", "صورة"),
    ("arabic", "بيت", "بنت"),
    ("arabic", "حمام", "همام"),
    ("arabic", "ثلاثة", "ثمانية"),
    ("arabic", "مدرسة", "مدرس"),
    ("arabic", "نعم", "نام"),
    ("arabic", "عين", "عيون"),
    ("arabic", "تين", "طين"),
    ("hindi", "कल", "काल"),
    ("hindi", "दिन", "दीन"),
    ("hindi", "बल", "वल"),
    ("hindi", "पल", "फल"),
    ("hindi", "चल", "छल"),
    ("hindi", "मैं", "में"),
    ("hindi", "सुर", "सूर"),
    ("hindi", "२३", "३२"),
    ("hindi", "कम", "काम"),
    ("hindi", "बात", "भात"),
    ("korean", "달", "딸"),
    ("korean", "방", "빵"),
    ("korean", "자다", "차다"),
    ("korean", "불", "풀"),
    ("korean", "개", "게"),
    ("korean", "십삼", "삼십"),
    ("korean", "고기", "거기"),
    ("korean", "공", "콩"),
    ("korean", "산", "상"),
    ("korean", "말", "발"),
    ("vietnamese", "ma", "má"),
    ("vietnamese", "ma", "mả"),
    ("vietnamese", "mà", "mạ"),
    ("vietnamese", "đi", "di"),
    ("vietnamese", "o", "ô"),
    ("vietnamese", "hòa", "hóa"),
    ("vietnamese", "tư", "tu"),
    ("vietnamese", "mười", "mươi"),
    ("vietnamese", "ăn", "ân"),
    ("vietnamese", "năm", "sáu"),
]


@pytest.mark.parametrize(("name", "one", "other"), SAME)
def test_the_same_word_counts_as_the_same_word(name: str, one: str, other: str) -> None:
    assert load_normalizer(name)(one) == load_normalizer(name)(other) != ""


@pytest.mark.parametrize(("name", "one", "other"), DIFFERENT)
def test_different_words_stay_different(name: str, one: str, other: str) -> None:
    assert load_normalizer(name)(one) != load_normalizer(name)(other)


@pytest.mark.parametrize("name", sorted(set(LANGUAGES.values())))
def test_ten_pairs_each_and_normalising_twice_changes_nothing(name: str) -> None:
    for table in (SAME, DIFFERENT):
        rows = [row for row in table if row[0] == name]
        assert len(rows) >= 10
        for _, one, other in rows:
            for text in (one, other):
                once = load_normalizer(name)(text)
                assert load_normalizer(name)(once) == once


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("de-AT", "german"),
        ("tr", "turkish"),
        ("Korean", "korean"),
        ("ar-EG", "arabic"),
        ("hi", "hindi"),
        ("vie", "vietnamese"),
    ],
)
def test_a_language_gets_its_normaliser_by_any_tag(tag: str, name: str) -> None:
    assert default_normalizer(tag) == name

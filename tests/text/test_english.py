"""The English normaliser: one form for what is said alike, and another for what is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.metrics import count_errors
from speechfair.text import english as rules
from speechfair.text import english_numbers, load_normalizer

SAME = [
    [
        "555 123 4567",
        "five five five one two three four five six seven",
        "(555) 123-4567",
        "555.123.4567",
        "5551234567",
        "five five five, one two three, four five six seven",
        "5 5 5 1 2 3 4 5 6 7",
        "triple five one two three four five six seven",
    ],
    ["1000000000", "1 0 0 0 0 0 0 0 0 0"],
    ["1 billion", "one billion", "1,000,000,000", "a billion"],
    [
        "800 555 1212",
        "eight hundred five five five one two one two",
        "8005551212",
        "eight oh oh five five five one two one two",
    ],
    ["J. O. H. N.", "J-O-H-N", "john", "j o h n", "J.O.H.N.", "JOHN"],
    ["J-O-H-N S-M-I-T-H", "J. O. H. N. S. M. I. T. H.", "j o h n s m i t h"],
    ["FBI", "F.B.I.", "f b i", "F. B. I.", "F_B_I_", "F B I"],
    [
        "twenty twenty-six",
        "2026",
        "two thousand and twenty six",
        "two thousand twenty six",
        "20 26",
        "Twenty-twenty-six",
    ],
    ["3 pm", "three p m", "3 p.m.", "three PM", "3:00 pm", "3pm", "three o'clock p m", "3 PM."],
    ["at 3 p.m. I went", "at three pm I went", "at 3 P M i went", "at 3PM, I went"],
    ["£5", "five pounds", "5 pounds", "£5.00", "five pound"],
    ["$5.50", "five dollars and fifty cents", "five dollars fifty cents", "5 dollars and 50 cents", "$5.50."],
    ["1st", "first"],
    ["21st", "twenty first", "twenty-first", "21ST"],
    ["3.14", "three point one four", "three point fourteen"],
    ["0.5", ".5", "point five", "zero point five", "oh point five"],
    [
        "1.5 million",
        "one point five million",
        "one and a half million",
        "1,500,000",
        "1500000",
        "one million five hundred thousand",
    ],
    ["$1.5 million", "one point five million dollars"],
    ["100", "a hundred", "one hundred", "hundred"],
    ["1999", "nineteen ninety nine", "nineteen ninety-nine", "19 99"],
    ["1905", "nineteen oh five", "nineteen o five", "nineteen hundred and five"],
    ["1960s", "nineteen sixties", "1960's", "nineteen-sixties"],
    ["90s", "'90s", "nineties", "90's"],
    ["50%", "fifty percent", "50 percent", "fifty per cent"],
    ["3:30", "three thirty", "3 30"],
    ["3 o'clock", "three o'clock", "3:00", "three o clock", "3 o’clock"],
    ["2 1/2", "2½", "two and a half", "2.5", "two point five"],
    ["½", "one half", "1/2"],
    ["2/3", "two thirds", "⅔"],
    ["24/7", "twenty four seven", "24 7"],
    ["911", "nine one one", "nine eleven"],
    ["9/11", "nine eleven"],
    ["B74X", "b seven four x", "B 7 4 X", "b-seven-four-X"],
    ["twenty second timer", "20 second timer", "20-second timer"],
    ["1,234", "one thousand two hundred thirty four", "1234", "one thousand two hundred and thirty-four"],
    ["the U.S. is", "the US is", "the u s is"],
    ["-5", "minus five", "−5"],
    ["don't", "don’t", "do not", "donʼt"],
    ["o’brien", "O'Brien", "OBrien"],
    ["John@example.com", "john at example dot com"],
    ["twenty three dollars", "$23", "23 dollars"],
    ["it's twenty three dollars", "it is $23"],
    ["May 5th, 2026", "May fifth twenty twenty six"],
    ["double o seven", "007", "oh oh seven", "zero zero seven"],
    ["baz double l", "baz l l"],
    ["100th", "hundredth", "one hundredth"],
    ["one in a million", "1 in 1 million", "1 in 1,000,000"],
    ["five hundred thousand", "500,000", "500 thousand", "500000"],
    ["one two three", "123", "1-2-3"],
    ["12 hundred", "twelve hundred", "1200"],
    ["I I think", "I-I think", "i i think"],
    ["the second one", "the 2nd 1"],
    ["1.2.3", "one point two point three"],
    ["20°C", "twenty degrees Celsius"],
    ["naïve café", "naive cafe"],
    ["rock & roll", "rock and roll"],
    ["five k", "5k", "5 K"],
    ["two million five hundred thousand and six", "2,500,006"],
    ["chapter 5, 6 and 7", "chapter five six and seven"],
    ["colour", "color"],
    ["5 thousand 200", "5,200", "five thousand two hundred"],
]

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def english(text: str) -> str:
    return load_normalizer("english")(text)


def errors(reference: str, hypothesis: str) -> tuple[int, int, int]:
    row = count_errors([english(reference)], [english(hypothesis)]).row(0)
    return row[0] + row[1] + row[2], row[2], row[3]


@pytest.mark.parametrize("variants", SAME, ids=lambda variants: variants[0])
def test_what_is_said_alike_is_written_alike(variants: list[str]) -> None:
    assert {english(text) for text in variants} == {english(variants[0])}


def test_the_table_is_large_enough() -> None:
    assert len(SAME) >= 60


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fifteen", "fifty"),
        ("2026", "2062"),
        ("twenty six", "two hundred six"),
        ("3 pm", "3 am"),
        ("£5", "$5"),
        ("first", "one"),
        ("3.14", "314"),
        ("J-O-H-N", "J-O-A-N"),
        ("1960s", "1960"),
        ("one million", "one billion"),
        ("-5", "5"),
        ("can", "can't"),
    ],
)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert english(one) != english(other)


@settings(deadline=None, max_examples=50)
@given(
    st.text("0123456789", min_size=10, max_size=10), st.integers(0, 9), st.integers(1, 9), st.integers(0, 3)
)
def test_ten_digits_are_ten_tokens_however_they_are_written(
    digits: str, at: int, add: int, style: int
) -> None:
    spoken = " ".join(DIGITS[int(digit)] for digit in digits)
    written = [digits, " ".join(digits), f"({digits[:3]}) {digits[3:6]}-{digits[6:]}", spoken][style]
    assert english(written) == english(spoken) == " ".join(digits)
    wrong = digits[:at] + str((int(digits[at]) + add) % 10) + digits[at + 1 :]
    assert errors(spoken, wrong) == errors(written, wrong) == (1, 0, 10)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 999_999_999))
def test_a_number_in_words_is_the_number_in_digits(number: int) -> None:
    from num2words import num2words

    words = num2words(number)
    assert english(words) == english(f"{number:,}") == english(str(number))
    assert english(words.replace(" and ", " ").replace(",", "")) == english(words)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 99_999))
def test_an_ordinal_in_words_is_the_ordinal_in_digits(number: int) -> None:
    from num2words import num2words

    assert english(num2words(number, to="ordinal")) == english(num2words(number, to="ordinal_num"))


@settings(deadline=None, max_examples=60)
@given(st.integers(1100, 2099))
def test_a_year_is_the_same_in_words_and_digits(year: int) -> None:
    from num2words import num2words

    assert english(num2words(year, to="year")) in (english(str(year)), english(f"{year // 100} hundred"))


@settings(deadline=None, max_examples=60)
@given(st.text("bcdefghjklmnopqrstuvwxyz", min_size=2, max_size=8))
def test_a_spelled_name_is_one_token_however_it_is_written(name: str) -> None:
    ways = ["-".join(name), ". ".join(name) + ".", " ".join(name.upper()), "".join(f"{c}." for c in name)]
    found = {english(f"my name is {way} thanks") for way in ways}
    assert len(found) == 1
    assert len(found.pop().split()) == 5


@settings(deadline=None, max_examples=30)
@given(st.text(max_size=40))
def test_any_text_gives_words_between_single_blanks(text: str) -> None:
    result = english(text)
    assert result == " ".join(result.split())


PIECES = [
    *("a", "i", "o", "oh", "um", "uh-huh", "mr.", "gonna", "can't", "it's", "'tis", "1990's", "o'clock"),
    *("o' clock", "cannot", "ten per cent", "12.34.56", "J.O.", "F-B-I", "b_c", "www.x.com", "$5.20", "1,000"),
    *("£3", "50%", "20°c", "&", "@", "+44", "#1", "1/2", "10:00 pm", ".5", "3rd", "5 dollar", "3 oclock pm"),
    *("twenty", "double", "point", "—"),
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES) | st.text("ai o'.-_&%$1 2,:/", max_size=4), max_size=6),
    st.sampled_from(["", " "]),
)
def test_a_rule_that_is_skipped_would_not_have_matched(pieces: list[str], between: str) -> None:
    text = between.join(pieces).lower()
    for needed, pattern, _ in rules._BEFORE_CONTRACTIONS:
        assert needed in text or not pattern.search(text)
    assert "." in text or not (rules._DOTTED.search(text) or rules._WEB.search(text))
    assert "-" in text or "_" in text or not rules._LINKED.search(text)
    numbers = [rules._GROUPED, rules._MONEY, *(rule[0] for rule in (*rules._SIGNS, *rules._ENDINGS))]
    assert rules._HAS_SIGN.search(text) or not any(pattern.search(text) for pattern in numbers)


def test_words_that_begin_no_number_are_read_as_no_number() -> None:
    """`read` passes these over without a look; none of the readers would have taken one."""
    words = [
        "cat",
        "and",
        "second",
        "ninth",
        "half",
        "clock",
        "dot",
        "hundreds",
        "tens",
        "nil",
        "",
        "thousandth",
    ]
    for word in words:
        tokens = [
            english_numbers._token(word),
            english_numbers._token("five"),
            english_numbers._token("hundred"),
        ]
        if tokens[0].word in english_numbers._BEGIN:
            continue
        reader = english_numbers._Reader(tokens, [word, "five", "hundred"])
        steps = (reader._number(0), reader._zero(0, True), reader._repeated(0))
        assert steps == (0, 0, 0)

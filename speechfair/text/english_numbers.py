"""English number words and numerals to one form: the digits, one token each.

"twenty twenty-six", "2026" and "two thousand and twenty-six" all become ``2 0 2 6``; "five five five one two" and
"555-12" become ``5 5 5 1 2``. So ten digits are ten tokens whichever way they are written, and one wrong digit is one
error. Ordinals and decades keep a suffix at the last digit (``2 1st``, ``1 9 6 0s``), decimals say ``point``.
Exact millions, billions and trillions stay words (``5 million``), or one misheard word would cost seven tokens.

What it will not do: look at the other side. Digits that can be grouped in several ways (twenty five five: 25 5, 20 5 5)
are read one way, the longest number first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

__all__ = ["is_number_word", "spoken_numbers"]

_ONES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
}  # fmt: skip
_TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_ZEROS = {"zero", "nought", "naught"}
_OH = {"o", "oh"}
_REPEATS = {"double": 2, "triple": 3}
_IRREGULAR = {
    "first": "one",
    "second": "two",
    "third": "three",
    "fifth": "five",
    "eighth": "eight",
    "ninth": "nine",
    "twelfth": "twelve",
}


def _suffixed() -> dict[str, tuple[str, str]]:
    """Ordinals and plurals: the cardinal word and what its digits end in."""
    found = {word: (cardinal, "th") for word, cardinal in _IRREGULAR.items()}
    found |= {word + "s": (cardinal, "ths") for word, cardinal in _IRREGULAR.items() if word != "second"}
    regular = [*_ONES, *_TEENS, "hundred", *_SCALES]
    for word in regular:
        if word not in _IRREGULAR.values():
            found[word + "th"] = (word, "th")
            found[word + "ths"] = (word, "ths")
    for word in [*_ONES, *_TEENS]:
        if word not in ("zero", "one"):
            found["sixes" if word == "six" else word + "s"] = (word, "s")
    for word in _TENS:
        found[word[:-1] + "ieth"] = (word, "th")
        found[word[:-1] + "ies"] = (word, "s")
    return found


_SUFFIXED = _suffixed()
_NUMERAL = re.compile(r"(\d+(?:\.\d+)*)(st|nd|rd|th|s)?")
_WORDS = {*_ONES, *_TEENS, *_TENS, *_SCALES, *_SUFFIXED, *_ZEROS, "hundred"}


_BEGIN = {*_ONES, *_TEENS, *_TENS, *_SCALES, "hundred", *_OH, *_REPEATS, "point", "a"}
"""Words, as `_Token` holds them, at which a number may begin; at others it begins with a digit."""


def is_number_word(word: str) -> bool:
    """Whether `word` alone names a number."""
    return word in _WORDS


@dataclass(frozen=True, slots=True)
class _Token:
    """One written token: what it says, and the suffix of an ordinal, decade or plural."""

    word: str
    suffix: str = ""

    @property
    def numeral(self) -> bool:
        return self.word[:1].isdigit()


def spoken_numbers(words: list[str]) -> list[str]:
    """`words` with every number as its digits, one token each; see the module for the form.

    Parameters
    ----------
    words : lower case, without punctuation except a point within a numeral.

    >>> " ".join(spoken_numbers("call five five five 1234 in twenty twenty six".split()))
    'call 5 5 5 1 2 3 4 in 2 0 2 6'
    """
    if not any(word[0].isdigit() or word in _WORDS or word in _OH or word in _REPEATS for word in words):
        return words
    return _Reader([_token(word) for word in words], words).read()


@lru_cache(maxsize=2**16)
def _token(word: str) -> _Token:
    if match := _NUMERAL.fullmatch(word):
        suffix = match[2] or ""
        return _Token(match[1], "th" if suffix in ("st", "nd", "rd") else suffix)
    if word in _SUFFIXED:
        return _Token(*_SUFFIXED[word])
    return _Token("zero" if word in _ZEROS else word)


class _Reader:
    """Reads numbers from left to right."""

    def __init__(self, tokens: list[_Token], written: list[str]) -> None:
        self.tokens = [*tokens, *[_Token("")] * 4]
        self.written = written
        self.out: list[str] = []

    def read(self) -> list[str]:
        at = 0
        end = len(self.written)
        after_number = False
        while at < end:
            word = self.tokens[at].word
            if word not in _BEGIN and not word[:1].isdigit():
                self.out.append(self.written[at])
                after_number = False
                at += 1
                continue
            step = self._number(at) or self._zero(at, after_number) or self._repeated(at)
            if step:
                at, after_number = step, True
                continue
            if word == "point" and self._digit_like(at + 1):
                self.out += ["point"] if after_number else ["0", "point"]
                at += 1
                after_number = True
                continue
            if word == "a" and (self.tokens[at + 1].word == "hundred" or self.tokens[at + 1].word in _SCALES):
                at += 1
                continue
            self.out.append(self.written[at])
            after_number = False
            at += 1
        return self.out

    def _zero(self, at: int, after_number: bool) -> int:
        """The word "oh" and the letter o are zeros next to a number, except before "clock"."""
        if self.tokens[at].word not in _OH or self.tokens[at + 1].word == "clock":
            return 0
        if not after_number and not self._digit_like(at + 1):
            return 0
        self.out.append("0")
        return at + 1

    def _digit_like(self, at: int) -> bool:
        token = self.tokens[at]
        if token.word in _OH or token.word == "point":
            return at + 1 < len(self.written) and self._digit_like(at + 1)
        return token.numeral or token.word in _ONES or token.word in _TEENS or token.word in _TENS

    def _repeated(self, at: int) -> int:
        """Double five, triple o, double l."""
        token, after = self.tokens[at], self.tokens[at + 1]
        if token.word not in _REPEATS:
            return 0
        times = _REPEATS[token.word]
        if after.word in _ONES and not after.suffix:
            self.out += [str(_ONES[after.word])] * times
        elif after.word in _OH:
            self.out += ["0"] * times
        elif len(after.word) == 1:
            self.out += [after.word] * times
        else:
            return 0
        return at + 2

    def _number(self, at: int) -> int:
        """Write the number that begins here; the place after it, or 0 if there is none."""
        first = self.tokens[at]
        if first.numeral and not self._scale(at + 1) and self.tokens[at + 1].word != "hundred":
            return self._numeral(at)
        if scaled := self._decimal_scaled(at):
            return scaled
        group = self._below_thousand(at)
        if group is None:
            return 0
        value, after = group
        scale = self._scale(after) if not self.tokens[after - 1].suffix else 0
        if self._scale(at):  # "thousand" alone
            value, after, scale = 1, at, self._scale(at)
        if not scale:
            return self._ends(value, after)
        total = value * scale
        after += 1
        while not self.tokens[after - 1].suffix:
            more = self._rest(after, scale)
            if more is None:
                break
            value, after, scale = more
            total += value
            if scale == 1:
                break
        return self._ends(total, after)

    def _rest(self, at: int, below: int) -> tuple[int, int, int] | None:
        """What belongs to the number after a scale word: its value, the place after it, and its own scale."""
        start = at + 1 if self.tokens[at].word == "and" else at
        first = self.tokens[start]
        if self._scale(start) or (first.numeral and (len(first.word) > 3 or first.word[0] == "0")):
            return None
        group = self._below_thousand(start)
        if group is None or self._digit_by_digit(start, group[1]):
            return None
        value, after = group
        scale = self._scale(after) if not self.tokens[after - 1].suffix else 0
        if scale:
            return (value * scale, after + 1, scale) if scale < below else None
        return value, after, 1

    def _below_thousand(self, at: int) -> tuple[int, int] | None:
        word = self.tokens[at].word
        if word == "hundred":
            value, after = 1, at
        elif word in _SCALES:
            return 1, at
        else:
            group = self._below_hundred(at)
            if group is None:
                return None
            value, after = group
        if word != "hundred" and (self.tokens[after].word != "hundred" or self.tokens[after - 1].suffix):
            return value, after
        value *= 100
        if self.tokens[after].suffix:
            return value, after + 1
        after += 1
        start = after + 1 if self.tokens[after].word == "and" else after
        rest = self._below_hundred(start) if not self.tokens[start].numeral else None
        if rest is None or self.tokens[rest[1]].word == "hundred" or self._digit_by_digit(start, rest[1]):
            return value, after
        return value + rest[0], rest[1]

    def _below_hundred(self, at: int) -> tuple[int, int] | None:
        token = self.tokens[at]
        if token.numeral:
            return (int(token.word), at + 1) if token.word.isdigit() else None
        for table in (_ONES, _TEENS):
            if token.word in table:
                return table[token.word], at + 1
        if token.word not in _TENS:
            return None
        after = self.tokens[at + 1]
        if not token.suffix and after.word in _ONES and after.word != "zero":
            return _TENS[token.word] + _ONES[after.word], at + 2
        return _TENS[token.word], at + 1

    def _digit_by_digit(self, start: int, after: int) -> bool:
        """Whether a single digit is followed by another, as in "eight hundred five five five": then it stands alone."""
        one, two = self.tokens[start], self.tokens[after]
        return after == start + 1 and one.word in _ONES and (two.word in _ONES or two.word in _OH)

    def _scale(self, at: int) -> int:
        return _SCALES.get(self.tokens[at].word, 0)

    def _numeral(self, at: int) -> int:
        token, after = self.tokens[at], self.tokens[at + 1]
        # "20 second" is written for twenty-second and for twenty seconds long; so is the word
        if token.word in {str(n) for n in _TENS.values()} and self.written[at + 1 : at + 2] == ["second"]:
            self._write(str(int(token.word) + 2), after.suffix)
            return at + 2
        if "." in token.word:
            return self._with_points(at)
        if half := self._half(at + 1):
            self._write(token.word, "")
            self.out += ["point", "5"]
            return half
        self._write(token.word, token.suffix)
        return at + 1

    def _with_points(self, at: int) -> int:
        token = self.tokens[at]
        for number, part in enumerate(token.word.split(".")):
            self.out += ["point"] if number else []
            self.out += list(part)
        if token.suffix:
            self.out[-1] += token.suffix
        return at + 1

    def _half(self, at: int) -> int:
        words = [token.word for token in self.tokens[at : at + 3]]
        return at + 3 if words == ["and", "a", "half"] else 0

    def _decimal_scaled(self, at: int) -> int:
        """2.5 million, two point five million, two and a half million."""
        token = self.tokens[at]
        if token.numeral:
            if token.word.count(".") > 1:
                return 0
            whole, after = Fraction(token.word), at + 1
        else:
            group = self._below_hundred(at)
            if group is None:
                return 0
            whole, after = Fraction(group[0]), group[1]
        if half := self._half(after):
            whole, after = whole + Fraction(1, 2), half
        elif self.tokens[after].word == "point":
            digits = ""
            after += 1
            while (word := self.tokens[after].word) in _ONES or word.isdigit():
                digits += str(_ONES.get(word, word))
                after += 1
            whole += Fraction(f"0.{digits}") if digits else 0
        scale = self._scale(after) or (100 if self.tokens[after].word == "hundred" else 0)
        if not scale or whole.denominator == 1 or (whole * scale).denominator != 1:
            return 0
        self._write(str(int(whole * scale)), self.tokens[after].suffix, exact=True)
        return after + 1

    def _ends(self, value: int, after: int) -> int:
        """Write `value` with the suffix of its last word, and a half if one follows."""
        suffix = self.tokens[after - 1].suffix
        half = 0 if suffix else self._half(after)
        self._write(str(value), suffix, exact=True)
        if half:
            self.out += ["point", "5"]
        return half or after

    def _write(self, digits: str, suffix: str, *, exact: bool = False) -> None:
        """The digits as tokens; `exact` is a number said as one, which may be a billion, not ten digits in a row."""
        if suffix in ("th", "ths"):
            last = int(digits[-2:])
            ending = {1: "st", 2: "nd", 3: "rd"}.get(last % 10 if last // 10 != 1 else 0, "th")
            suffix = ending + suffix[2:]
        if not suffix and (exact or len(digits) < 10):
            for name, zeros in (("trillion", 12), ("billion", 9), ("million", 6)):
                if digits.endswith("0" * zeros) and 0 < len(digits) - zeros <= 3 and digits[0] != "0":
                    self.out += [*digits[:-zeros], name]
                    return
        self.out += list(digits)
        self.out[-1] += suffix

"""How a number is worded for a person: a percentage, points, a ratio, an interval, a p-value, a count, and nothing.

Every page, table and message words its numbers here, so that one number reads the same everywhere. A number has at
most three significant digits. ``-0.0``, ``nan`` and ``inf`` are never printed, and a number beyond reason is said in
words: an upper limit of 3,000 times tells no more than ``over 100``. Rates come in as fractions, never as percent.
"""

from __future__ import annotations

import math
import re
from typing import Literal, Protocol

__all__ = [
    "NOTHING",
    "Unit",
    "count",
    "counted",
    "given_percent",
    "interval",
    "number",
    "p_value",
    "percent",
    "points",
    "precise",
    "precise_interval",
    "printable",
    "times",
    "with_interval",
    "worded",
]

NOTHING = "–"
"""What stands where there is no number; the reason stands next to it or below."""

Unit = Literal["percent", "points", "ratio", "number"]

_PLURAL_ENDS = (
    (r"(?<=es)is$|(?<=lys)is$", "es"),
    (r"(?<=criteri)on$", "a"),
    (r"(?<=[^aeiou])y$", "ies"),
    (r"(s|x|z|ch|sh)$", r"\1es"),
    (r"$", "s"),
)
"""How the nouns of the field end in the plural; the first that fits holds."""

_JOINERS = "\u200c\u200d"
_DECIMALS = {"percent": 1, "points": 1, "ratio": 2, "number": 2}
_MOST = {"percent": 1000.0, "points": 1000.0, "ratio": 100.0, "number": 1e6}


class _Limits(Protocol):
    """What is read of an `speechfair.types.Estimate`."""

    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def reason(self) -> str | None: ...


def worded(value: float | None, unit: Unit = "number", decimals: int | None = None) -> str:
    """A number in its unit, without the unit's sign.

    >>> [worded(0.4567, "percent"), worded(-0.021, "points"), worded(1.528, "ratio"), worded(0.0123)]
    ['45.7', '-2.1', '1.53', '0.012']
    >>> worded(3000, "ratio"), worded(-0.0001, "percent"), worded(float("nan")), worded(None)
    ('over 100', '0.0', '–', '–')
    """
    if value is None or math.isnan(value):
        return NOTHING
    shown = 100 * value if unit in ("percent", "points") else value
    most = _MOST[unit]
    if abs(shown) > most:
        return f"{'over' if shown > 0 else 'under'} {math.copysign(most, shown):,.0f}"
    sign = "+" if unit == "points" else ""
    return _three_digits(shown, _decimals(shown, unit) if decimals is None else decimals, sign)


def _decimals(shown: float, unit: Unit) -> int:
    """Decimals that the unit has, and as many more as a small bare number needs for two digits."""
    if unit != "number" or shown == 0:
        return _DECIMALS[unit]
    return min(6, max(2, 1 - math.floor(math.log10(abs(shown)))))


def _three_digits(shown: float, decimals: int, sign: str) -> str:
    for places in range(decimals, 0, -1):
        text = f"{shown:{sign}z.{places}f}"
        if sum(c.isdigit() for c in text.lstrip("+-0.")) <= 3:
            return text
    return f"{shown:{sign}z,.0f}"


def percent(value: float | None, *, sign: bool = False) -> str:
    """A rate or a share in percent; `sign` writes the percent sign after it.

    >>> percent(0.4567), percent(-0.0004), percent(0.4567, sign=True), percent(None, sign=True)
    ('45.7', '0.0', '45.7 %', '–')
    """
    text = worded(value, "percent")
    return f"{text} %" if sign and text != NOTHING else text


def given_percent(share: float, *, sign: bool = True) -> str:
    """A level, a margin or a target as it was set, in percent; `sign` writes the percent sign after it.

    >>> given_percent(0.95), given_percent(0.975), given_percent(0.1)
    ('95 %', '97.5 %', '10 %')
    """
    return f"{100 * share:.4g} %" if sign else f"{100 * share:.4g}"


def precise(value: float | None) -> str:
    """A number that is judged against a limit: four significant digits, so that rounding does not hide the verdict.

    >>> precise(1.2514), precise(0.97), precise(None)
    ('1.251', '0.97', '–')
    """
    return NOTHING if value is None or math.isnan(value) else f"{value:.4g}"


def precise_interval(estimate: _Limits | None) -> str:
    """A judged number with its interval, in the digits of `precise`.

    >>> from speechfair.types import Estimate
    >>> precise_interval(Estimate(1.0832, 0.97, 1.2041, 0.95, 9, 9, "t"))
    '1.083 [0.97, 1.204]'
    """
    if estimate is None or estimate.value is None:
        return NOTHING
    if estimate.low is None or estimate.high is None:
        return f"{precise(estimate.value)} (no interval)"
    return f"{precise(estimate.value)} [{precise(estimate.low)}, {precise(estimate.high)}]"


def points(value: float | None) -> str:
    """A difference of rates in percentage points, with its sign.

    >>> points(-0.0131), points(-0.0004), points(0.0)
    ('-1.3', '+0.0', '+0.0')
    """
    return worded(value, "points")


def times(value: float | None) -> str:
    """A ratio.

    >>> times(1.528), times(1e9), times(None)
    ('1.53×', 'over 100×', '–')
    """
    text = worded(value, "ratio")
    return text if text == NOTHING else f"{text}×"


def number(value: float | None) -> str:
    """A number without a unit.

    >>> number(0.17), number(12.34), number(0.00042)
    ('0.17', '12.3', '0.00042')
    """
    return worded(value)


def count(value: int | None, noun: str = "") -> str:
    """A count, with its noun in the singular or the plural.

    >>> count(12345), count(1, "speaker"), count(2, "reply"), count(0, "runaway hypothesis"), count(None)
    ('12,345', '1 speaker', '2 replies', '0 runaway hypotheses', '–')
    """
    if value is None:
        return NOTHING
    return f"{value:,}" + (f" {_noun(value, noun)}" if noun else "")


def counted(value: int, noun: str, one: str, many: str) -> str:
    """A recorded sentence whose subject is a count; digits are not grouped in it.

    Parameters
    ----------
    noun : in the singular.
    one, many : the rest of the sentence for one and for any other number.

    >>> counted(1, "text", "was lost", "were lost"), counted(2000, "text", "was lost", "were lost")
    ('1 text was lost', '2000 texts were lost')
    """
    return f"{value} {_noun(value, noun)} {one if value == 1 else many}"


def _noun(value: int, noun: str) -> str:
    """A noun of the field as it follows a number; what stands before its last word is not changed."""
    if value == 1:
        return noun
    return next(re.sub(end, plural, noun, count=1) for end, plural in _PLURAL_ENDS if re.search(end, noun))


def p_value(value: float | None) -> str:
    """A p-value as it is usually written; never ``0.000``.

    >>> p_value(0.00002), p_value(0.0312), p_value(0.62)
    ('p < 0.001', 'p = 0.031', 'p = 0.62')
    """
    if value is None or math.isnan(value):
        return f"p {NOTHING}"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}" if value < 0.0995 else f"p = {value:.2f}"


def interval(estimate: _Limits, unit: Unit = "number") -> str | None:
    """The limits in brackets; None where there is no interval, and a dash for no upper limit.

    >>> from speechfair.types import Estimate
    >>> interval(Estimate(0.01, -0.0004, 0.02, 0.95, 9, 9, "t"), "percent")
    '[0.0, 2.0]'
    >>> interval(Estimate(2.0, 1.1, None, 0.95, 9, 9, "t"), "ratio")
    '[1.10, –]'
    """
    low, high, value = estimate.low, estimate.high, estimate.value
    if low is None or math.isnan(low):
        return None
    places = (
        _decimals(value, unit) if unit == "number" and value is not None and math.isfinite(value) else None
    )
    return f"[{worded(low, unit, places)}, {worded(high, unit, places)}]"


def with_interval(estimate: _Limits | None, unit: Unit = "number", *, reason: bool = False) -> str:
    """A number with its interval. With `reason`, what is missing is explained in parentheses.

    >>> from speechfair.types import Estimate
    >>> with_interval(Estimate(0.171, 0.111, 0.258, 0.95, 90, 9, "t"))
    '0.17 [0.11, 0.26]'
    >>> with_interval(Estimate(-0.021, -0.03, 0.004, 0.95, 90, 9, "t"), "points")
    '-2.1 [-3.0, +0.4]'
    >>> with_interval(Estimate(0.2, None, None, 0.95, 9, 1, "none", "1 speaker"), reason=True)
    '0.20 (no interval: 1 speaker)'
    """
    if estimate is None:
        return NOTHING
    text, limits = worded(estimate.value, unit), interval(estimate, unit)
    if text != NOTHING and limits:
        return f"{text} {limits}"
    if not reason or not estimate.reason:
        return text
    return f"{text} (no interval: {estimate.reason})" if text != NOTHING else f"{text} ({estimate.reason})"


def printable(text: str) -> str:
    r"""`text` without anything that moves a cursor, colours a terminal or turns the writing direction.

    >>> printable("a\x1b[31mb\n")
    'a\\x1b[31mb\\n'
    """
    return "".join(
        c if c.isprintable() or c in _JOINERS else c.encode("unicode_escape").decode() for c in text
    )

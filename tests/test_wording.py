"""Wording of numbers: laws that hold for every number, since no list of examples finds them all."""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechfair import wording
from speechfair.types import Estimate
from speechfair.wording import (
    NOTHING,
    Unit,
    count,
    counted,
    interval,
    number,
    p_value,
    percent,
    points,
    times,
    worded,
)

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
FINITE = st.floats(allow_nan=False, allow_infinity=True)
UNITS: list[Unit] = ["percent", "points", "ratio", "number"]


def read(text: str) -> float:
    """The number that a text says; a text beyond the limit says the limit and a little more."""
    for word, sign in (("over ", 1), ("under ", -1)):
        if text.startswith(word):
            return float(text.removeprefix(word).replace(",", "")) + sign
    return float(text.replace(",", ""))


@pytest.mark.parametrize("unit", UNITS)
@given(value=NUMBERS)
def test_no_text_shows_a_machine_number(unit: Unit, value: float) -> None:
    text = worded(value, unit)
    assert not any(part in text for part in ("nan", "inf", "e+", "e-", "None"))
    assert text.lstrip("-").strip("0.,") or not text.startswith("-")  # no -0.0
    assert (text == NOTHING) == math.isnan(value)


@pytest.mark.parametrize("unit", UNITS)
@given(one=FINITE, other=FINITE)
def test_the_text_rises_with_the_number(unit: Unit, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert read(worded(low, unit)) <= read(worded(high, unit))


@pytest.mark.parametrize("unit", UNITS)
@given(value=st.floats(-50, 50))
def test_the_text_is_near_the_number(unit: Unit, value: float) -> None:
    shown = 100 * value if unit in ("percent", "points") else value
    if abs(shown) <= 100:
        assert read(worded(value, unit)) == pytest.approx(shown, rel=0.05, abs=0.06)


@pytest.mark.parametrize("unit", ["percent", "points", "ratio"])
@given(value=st.floats(-9, 9))
def test_three_digits_are_enough(unit: Unit, value: float) -> None:
    assert sum(c.isdigit() for c in worded(value, unit).lstrip("+-0.")) <= 3


@given(value=st.floats(0, 1))
def test_a_p_value_is_never_zero(value: float) -> None:
    assert p_value(value) not in ("p = 0.000", "p = 0.00")


def test_there_is_one_dash() -> None:
    assert {f(None) for f in (percent, points, times, number, count)} == {NOTHING}


def test_limits_beyond_reason_are_said_in_words() -> None:
    far = Estimate(5.0, 1.2, 4000.0, 0.95, 90, 9, "t")
    assert interval(far, "ratio") == "[1.20, over 100]"
    assert interval(Estimate(5.0, 1.2, math.inf, 0.95, 90, 9, "t"), "ratio") == "[1.20, over 100]"


def test_an_estimate_prints_its_interval_or_the_reason() -> None:
    assert str(Estimate(0.171, 0.111, 0.258, 0.95, 90, 9, "t")) == "0.17 [0.11, 0.26]"
    assert str(Estimate(0.171, None, None, 0.95, 9, 1, "t", "1 speaker")) == "0.17 (no interval: 1 speaker)"
    assert str(Estimate(None, None, None, 0.95, 0, 0, "t", "no tokens")) == f"{NOTHING} (no tokens)"


def test_every_public_name_is_documented() -> None:
    assert all(getattr(wording, name).__doc__ for name in wording.__all__ if name not in ("NOTHING", "Unit"))


NOUNS = st.sampled_from(
    ["utterance", "speaker", "text", "reply", "hypothesis", "runaway hypothesis", "analysis", "criterion", "day",
     "class", "voice", "batch", "query", "word", "more speaker"]
)  # fmt: skip
PLURALS = {
    "reply": "replies", "hypothesis": "hypotheses", "runaway hypothesis": "runaway hypotheses", "analysis": "analyses",
    "criterion": "criteria", "class": "classes", "batch": "batches", "query": "queries",
}  # fmt: skip


@given(st.integers(0, 10**7), NOUNS)
def test_a_noun_agrees_with_its_number(n: int, noun: str) -> None:
    expected = noun if n == 1 else PLURALS.get(noun, f"{noun}s")
    assert count(n, noun) == f"{n:,} {expected}"
    assert counted(n, noun, "is", "are") == f"{n} {expected} {'is' if n == 1 else 'are'}"


def test_no_message_leaves_the_plural_to_its_reader() -> None:
    package = Path(wording.__file__).parent
    left = [
        f"{path.relative_to(package)}:{text.lineno}"
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.JoinedStr)
        for text in node.values
        if isinstance(text, ast.Constant) and re.search(r"[a-z]\((s|es|ies)\)", str(text.value))
    ]
    assert left == []

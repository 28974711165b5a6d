"""Checks of what a rule-made corpus is asked for: each returns the canonical form of a value or says its fault."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.strict_yaml import read_text
from speechfair.synthesis import espeak
from speechfair.synthesis.accent_rules import RuleBook

__all__ = [
    "check_codes",
    "check_names",
    "check_shares",
    "check_tempos",
    "check_whole",
    "sayable",
    "text_lines",
]

MAX_LINE = 300
"""Characters of one text; longer ones would outlast the window of most recognisers."""


def check_codes(asked: Sequence[str] | str | None, rules: RuleBook) -> tuple[str, ...]:
    """First languages out of `rules`; None is all of them."""
    known = rules.codes
    if asked is None:
        return known
    codes = check_names("first_languages", asked)
    for code in codes:
        if code == rules.reference_code:
            raise InputError(f"{code!r} is the reference, not an accent; ask for it with include_reference")
        if code not in known:
            raise InputError(f"no accent rules for first language {code!r}; {did_you_mean(str(code), known)}")
    return codes


def check_names(what: str, asked: Sequence[str] | str) -> tuple[str, ...]:
    """Names, each once, from a sequence or from one string with commas."""
    names = tuple(part.strip() for part in asked.split(",")) if isinstance(asked, str) else tuple(asked)
    _need_distinct(what, names)
    return names


def check_shares(what: str, asked: Sequence[float]) -> tuple[float, ...]:
    """Numbers from 0 to 1, each once."""
    values = _numbers(asked)
    for value in values:
        if not _is_number(value) or not 0 <= value <= 1:
            raise InputError(f"{what}: {value!r} is not a number from 0 to 1")
    shares = tuple(float(value) + 0.0 for value in values)  # + 0.0 makes of -0.0 a 0.0
    _need_distinct(what, tuple(f"{value:g}" for value in shares))
    return shares


def check_tempos(asked: Sequence[float], voices: Iterable[espeak.Voice]) -> tuple[float, ...]:
    """Factors that keep the speech rate of every voice within what espeak-ng can do."""
    values = _numbers(asked)
    rates = [voice.words_per_minute for voice in voices]
    least, most = espeak.SLOWEST / min(rates), espeak.FASTEST / max(rates)
    for value in values:
        if not _is_number(value) or not least <= value <= most:
            raise InputError(
                f"tempos: {value!r} is not a number from {math.ceil(100 * least) / 100:g} to "
                f"{math.floor(100 * most) / 100:g}, which is what espeak-ng can do with these voices"
            )
    tempos = tuple(float(value) for value in values)
    _need_distinct("tempos", tuple(f"{value:g}" for value in tempos))
    return tempos


def check_whole(what: str, value: Any, most: int, least: int = 1) -> int:
    """A whole number from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(f"{what}={value!r} is not a whole number from {least} to {most}")
    return value


def text_lines(path: Path, *, tabs: bool = False) -> list[tuple[int, str]]:
    """Lines of a file of texts with their numbers, less blank ones and those that begin with ``#``.

    `tabs` allows them. A line that is too long, cannot be spoken or says what another says raises `InputError`.
    """
    found: dict[str, int] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        problem = _problem(text.replace("\t", " ") if tabs else text)
        if text in found:
            problem = f"repeats line {found[text]}"
        if problem:
            raise InputError(f"{path}, line {number}: {problem}; change or remove the line")
        found[text] = number
    if not found:
        raise InputError(f"{path} holds no text; write one sentence a line")
    return [(number, text) for text, number in found.items()]


def sayable(text: str) -> bool:
    """Whether a line of a file of texts may say this."""
    return not text.startswith("#") and _problem(text) is None


def _problem(text: str) -> str | None:
    if not any(character.isalpha() for character in text):
        return "has no letter"
    if len(text) > MAX_LINE:
        return f"has {len(text)} characters, more than {MAX_LINE}"
    if "[[" in text or any(ord(character) < 32 or ord(character) == 127 for character in text):
        return "holds '[[' or a control character, which espeak-ng does not read as text"
    return None


def _numbers(asked: Any) -> list[Any]:
    return list(asked) if isinstance(asked, Sequence) and not isinstance(asked, str) else [asked]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _need_distinct(what: str, values: tuple[str, ...]) -> None:
    if not values:
        raise InputError(f"{what} is empty; name at least one, or leave it out for the default")
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise InputError(f"{what} names {', '.join(map(str, twice))} more than once; name each once")

"""Checks of option values that several families take. Knows no model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from speechfair.errors import InputError

__all__ = ["one_of", "positive_number", "whole_number"]

Choice = TypeVar("Choice", bound=str)


def whole_number(option: str, value: int, least: int = 1) -> int:
    """`value` as an int of at least `least`; anything else raises `InputError` that names the option."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = least - 1
    if number < least or number != float(value):
        raise InputError(f"{option}={value!r} is not usable: give a whole number from {least}")
    return number


def positive_number(option: str, value: float) -> float:
    """`value` as a finite float over 0; anything else raises `InputError` that names the option."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        raise InputError(f"{option}={value!r} is not usable: give a number over 0")
    return number


def one_of(option: str, value: str, known: Sequence[Choice]) -> Choice:
    """`value`, if it is one of `known`; anything else raises `InputError` that names the option."""
    for choice in known:
        if value == choice:
            return choice
    raise InputError(f"{option}={value!r} is not usable: give one of {', '.join(known)}")

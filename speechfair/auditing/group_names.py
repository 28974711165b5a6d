"""Groups by their names for people: ``Japanese`` for ``jpn`` on an axis of languages. The data keep the code."""

from __future__ import annotations

import re

from speechfair.wording import printable

__all__ = ["group_name"]

_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})*")


def group_name(axis: str, value: str) -> str:
    """The name of a group; a language code in words, anything else as it is.

    >>> group_name("first_language", "jpn"), group_name("first_language+strength", "deu+0.5")
    ('Japanese', 'German + 0.5')
    >>> group_name("accent", "cmn"), group_name("language", "unknown")
    ('cmn', 'unknown')
    """
    axes, values = axis.split("+"), value.split("+")
    if len(axes) != len(values):
        return printable(value)
    return " + ".join(_name(one, part) for one, part in zip(axes, values, strict=True))


def _name(axis: str, value: str) -> str:
    from speechfair.text.language_tags import language_name

    if axis.endswith("language") and _CODE.fullmatch(value):
        return printable(language_name(value))
    return printable(value)

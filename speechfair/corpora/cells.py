"""What a cell of somebody's own table means: a missing value, a time, a channel, the place of an audio file.

Nothing here looks at audio. A path is looked up on disk only where it is written in a form that may not be the
file's own: backslashes, another Unicode form, blanks around it.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from speechfair.corpora.layout import inside

__all__ = [
    "AMBIGUOUS_COMMA",
    "EXACT",
    "MISSING_WORDS",
    "TimeUnit",
    "cell_text",
    "channel_of",
    "is_missing",
    "place_of_audio",
    "time_of",
    "two_meanings",
]

TimeUnit = Literal["seconds", "milliseconds", "samples"]

MISSING_WORDS = frozenset({"", "nan", "none", "null", "n/a", "#n/a", "<na>", "unknown"})
"""Words that stand for a missing label, speaker or language, in any case. ``NA`` and ``-`` are not among them: ``NA``
is also Namibia and North America, so a table in which it means missing maps it (``map: {NA: unknown}``)."""

EXACT = 2.0**53
"""Floats below it hold every whole number."""
_CHANNELS = {"left": 0, "l": 0, "a": 0, "right": 1, "r": 1, "b": 1}
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")

AMBIGUOUS_COMMA = r"^[+-]?0*[1-9]\d{0,2},\d{3}$"
"""A number whose comma may be a decimal comma or a mark of thousands: after four digits, or a zero, it is no mark."""


def cell_text(row: Mapping[str, Any], column: str | None) -> str | None:
    """The stripped text of a cell; None where it is absent, null, NaN or blank. A whole number loses its ``.0``.

    Tables with a gap in a column of whole numbers (pandas, Parquet) hold them as floats.

    >>> cell_text({"age": 30.0}, "age"), cell_text({"age": 30.5}, "age"), cell_text({"age": "30.0"}, "age")
    ('30', '30.5', '30.0')
    """
    value = row.get(column) if column else None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        value = int(value)
    return str(value).strip() or None


def is_missing(text: str) -> bool:
    """Whether a label, speaker or language is a word for a missing value.

    >>> is_missing("N/A"), is_missing(" None"), is_missing("Na"), is_missing("other")
    (True, True, False, False)
    """
    return text.strip().casefold() in MISSING_WORDS


def two_meanings(raw: str) -> str:
    """What a number that matches `AMBIGUOUS_COMMA` may be, and what to do."""
    whole, _, part = raw.partition(",")
    return f"may be {whole}.{part} or {whole}{part}; write it with a point or without the comma"


def time_of(raw: str, unit: TimeUnit = "seconds", sample_rate: int | None = None) -> float:
    """A time in seconds.

    Parameters
    ----------
    raw : a number with a point, or with a decimal comma where that cannot be a mark of thousands.
    sample_rate : Hz that ``samples`` count.

    Raises
    ------
    ValueError
        It is no number, or a comma in it may mean either.

    >>> time_of("0,5"), time_of("1500", "milliseconds"), time_of("8000", "samples", 16000)
    (0.5, 1.5, 0.5)
    """
    if re.match(AMBIGUOUS_COMMA, raw):
        raise ValueError(two_meanings(raw))
    if _DECIMAL_COMMA.fullmatch(raw):
        raw = raw.replace(",", ".")
    value = float(raw)
    if unit == "milliseconds":
        return value / 1000
    if unit == "samples":
        assert sample_rate is not None
        return value / sample_rate
    return value


def channel_of(raw: str) -> int:
    """A channel, from 0; ``left``, ``L`` and ``A`` are 0, ``right``, ``R`` and ``B`` are 1.

    Raises
    ------
    ValueError
        It is none of these.

    >>> channel_of("1"), channel_of("Left"), channel_of("1.0")
    (1, 0, 1)
    """
    named = _CHANNELS.get(raw.casefold())
    if named is not None:
        return named
    number = float(raw)
    if not number.is_integer() or number < 0:
        raise ValueError(f"no channel {raw!r}")
    return int(number)


def place_of_audio(root: Path, raw: str) -> Path | str:
    """The file that a cell means, inside `root`; or why there is none, in words.

    `raw` is as it stands in the cell, blanks and all. What is not written as the file's own name is resolved where
    that is safe: ``file://``, ``~``, backslashes, the other Unicode form; the file must be there, inside `root`.
    """
    given = raw.strip()
    scheme = given.partition("://")[0].lower()
    if scheme != given.lower() and scheme.isalnum() and scheme != "file":
        return f"audio is a URL ({scheme}://), and nothing is downloaded; fetch the file and give its path: {given}"
    if scheme == "file":
        given = unquote(urlsplit(given).path)
    if re.match(r"[A-Za-z]:[\\/]", given):
        return f"audio is a path of a Windows drive; make it relative to {root.name!r}: {given}"
    if given.startswith("~"):
        given = given if (root / given).exists() else os.path.expanduser(given)
    path = inside(root, given)
    others = [other for other in _other_forms(raw, given) if other != given]
    if others and (path is None or not path.exists()):
        for other in others:
            found = inside(root, other)
            if found is not None and found.exists():
                return found
    if path is not None:
        return path
    told = f" (written as {raw.strip()})" if raw.strip() != given else ""
    return f"audio path leads out of {root.name!r}: {given}{told}; give the folder that holds it with --root"


def _other_forms(raw: str, given: str) -> list[str]:
    """Other ways to write a path; none for a plain one."""
    if "\0" in given:
        return []
    slashed = given.replace("\\", "/")
    forms = [slashed]
    if raw != given and raw.strip() == given:
        forms.append(raw)
    if not given.isascii():
        forms += [unicodedata.normalize(form, slashed) for form in ("NFC", "NFD")]
    return forms

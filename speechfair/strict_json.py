"""JSON from other people: what Python's own parser reads, but nothing that breaks later, and one kind of error.

Whoever reads JSON reads it here: Python's parser alone ends in a `RecursionError` at a few thousand brackets.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from speechfair.errors import InputError

__all__ = ["parse_json", "read_json"]

_HALF = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")
_HALF_BYTES = re.compile(_HALF.pattern.encode())


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON document.

    Raises
    ------
    ValueError
        It is no JSON (then a `json.JSONDecodeError` with the place), is nested too deeply, has a number of thousands
        of digits, or a text with half of a surrogate pair, which no table or file can hold.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    escaped = _HALF.search(text) if isinstance(text, str) else _HALF_BYTES.search(text)
    if escaped:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("a text holds half of a surrogate pair (\\ud800 to \\udfff)") from None
    return value


def read_json(path: Path) -> Any:
    """The value of a JSON file that speechfair wrote; `InputError` names a file that is damaged or cannot be read."""
    try:
        return parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON: {error}") from None

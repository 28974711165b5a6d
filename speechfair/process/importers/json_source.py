"""The JSON and YAML objects that other tools leave, with an error that names the file and the tool."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.strict_json import parse_json

__all__ = ["agree", "finite", "read_object"]


def read_object(file: Path, what: str) -> dict[str, Any]:
    """A JSON file that holds an object.

    Raises
    ------
    InputError : it cannot be read or holds something else; `what` says what was expected.
    """
    try:
        content = parse_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file}: is no {what}: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{file}: is no {what}: it holds no object")
    return content


def finite(value: Any) -> Any:
    """The same JSON value with numbers that are not finite as words, which JSON can hold.

    >>> finite({"loss": float("nan"), "steps": [1, float("-inf")]})
    {'loss': 'nan', 'steps': [1, '-inf']}
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): finite(one) for key, one in value.items()}
    return [finite(one) for one in value] if isinstance(value, list) else value


def agree(one: float, other: float) -> bool:
    """Whether a reported figure and one that was computed again are the same; two undefined figures are.

    >>> agree(float("nan"), float("nan")), agree(0.3, 0.1 + 0.2), agree(0.3, 0.31)
    (True, True, False)
    """
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)

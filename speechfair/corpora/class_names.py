"""``ClassLabel`` columns of Hugging Face datasets hold numbers; here they become the names that the features tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["named_classes", "with_names"]


def named_classes(features: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Names of each ``ClassLabel`` column, by their numbers."""
    return {
        column: list(feature.names)
        for column, feature in (features or {}).items()
        if type(feature).__name__ == "ClassLabel"
    }


def with_names(row: Mapping[str, Any], named: Mapping[str, list[str]]) -> dict[str, Any]:
    """The row with names in the place of numbers; -1, which means unlabelled, becomes None."""
    found = dict(row)
    for column, names in named.items():
        number = found.get(column)
        if isinstance(number, int):
            found[column] = names[number] if 0 <= number < len(names) else None
    return found

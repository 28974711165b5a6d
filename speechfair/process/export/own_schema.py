"""Validation by the schemas in ``process/data/schemas``, for formats whose makers publish no checking library."""

from __future__ import annotations

from functools import cache
from typing import Any

from speechfair.errors import InputError
from speechfair.resources import package_data
from speechfair.strict_json import parse_json

__all__ = ["check"]


def check(content: Any, schema: str, file: str) -> None:
    """Refuse (`InputError`) what a schema refuses, with the place in the document."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(_schema(schema))
    error = jsonschema.exceptions.best_match(validator.iter_errors(content))
    if error is not None:
        where = "/".join(str(part) for part in error.absolute_path) or "the top level"
        raise InputError(f"{file}: at {where}: {error.message:.200}")


@cache
def _schema(name: str) -> dict[str, Any]:
    path = package_data("process") / "schemas" / f"{name}.schema.json"
    content: dict[str, Any] = parse_json(path.read_text(encoding="utf-8"))
    return content

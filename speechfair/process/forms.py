"""The files that people fill in: written from data in either language, read strictly, empty fields named.

A form that was not touched is empty, and empty is never good enough.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from speechfair.errors import InputError
from speechfair.process.catalogue import Language, Text
from speechfair.records import StrictRecord
from speechfair.registry import did_you_mean
from speechfair.resources import package_data
from speechfair.store import file_digest
from speechfair.strict_yaml import parse_yaml, read_model

__all__ = ["FormSpec", "FormState", "form_specs", "read_form", "write_form"]

Kind = Literal["text", "date", "number", "flag", "choice", "list", "table"]
_EMPTY: dict[str, str] = {"list": "[]", "table": "[]"}


class FieldSpec(StrictRecord):
    """One field of a form."""

    kind: Kind
    en: str
    ja: str
    needed: bool = True
    choices: list[str] = Field(default_factory=list)
    columns: dict[str, Literal["text", "date", "number", "flag"]] = Field(default_factory=dict)
    optional: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> FieldSpec:
        if (self.kind == "table") != bool(self.columns) or (self.kind == "choice") != bool(self.choices):
            raise ValueError("a table has columns, a choice has choices, and nothing else has")
        return self


class FormSpec(StrictRecord):
    """One form: the items that it serves and its fields."""

    items: list[str]
    title: Text
    fields: dict[str, FieldSpec]


class _Forms(StrictRecord):
    schema_: Literal["speechfair/process-forms/1"] = Field(alias="schema")
    forms: dict[str, FormSpec]


@dataclass(frozen=True)
class FormState:
    """A form as it was found.

    Parameters
    ----------
    values : by field; absent and empty fields are None (lists and tables: empty).
    missing : names of needed fields that are empty, ``table[2].column`` within a table.
    sha256 : of the file; None where there is no file.
    """

    name: str
    path: Path
    values: Mapping[str, Any]
    missing: tuple[str, ...]
    sha256: str | None

    @property
    def complete(self) -> bool:
        """Whether the file is there and every needed field is filled."""
        return self.sha256 is not None and not self.missing


@cache
def form_specs() -> dict[str, FormSpec]:
    """All forms by file name."""
    return dict(read_model(package_data("process") / "forms.yaml", _Forms).forms)


def write_form(name: str, language: Language, values: Mapping[str, Any] | None = None) -> str:
    """The text of a form, with what each field asks for as comments, and `values` filled in."""
    import yaml

    spec = form_specs()[name]
    given = dict(values or {})
    for key in given:
        if key not in spec.fields:
            raise InputError(f"{name} has no field {key!r}; {did_you_mean(key, list(spec.fields))}")
    lines = [f"# {spec.title.of(language)} ({', '.join(spec.items)})"]
    for key, field in spec.fields.items():
        lines += ["", f"# {field.en if language == 'en' else field.ja}", *_hints(field, language)]
        if key in given:
            text = yaml.safe_dump({key: given[key]}, allow_unicode=True, sort_keys=False, width=100)
            lines.append(text.rstrip("\n"))
        else:
            lines.append(f"{key}: {_EMPTY.get(field.kind, '')}".rstrip())
    return "\n".join(lines) + "\n"


def read_form(folder: Path, name: str) -> FormState:
    """Read a form; an unknown key or a value of another kind raises `InputError` with file and line."""
    spec = form_specs()[name]
    path = folder / name
    empty: dict[str, Any] = {key: [] if field.kind in _EMPTY else None for key, field in spec.fields.items()}
    if not path.is_file():
        return FormState(name, path, empty, tuple(k for k, f in spec.fields.items() if f.needed), None)
    sha256 = file_digest(path)
    content, lines = _parsed(path, sha256)
    if content is None:
        content = {}
    if not isinstance(content, Mapping):
        raise InputError(f"{path}: expected keys and values, found {type(content).__name__}")
    values = dict(empty)
    missing: list[str] = []
    for key in content:
        if key not in spec.fields:
            raise InputError(
                f"{path}, line {lines.get((key,), 1)}: unknown key {key!r}; "
                f"{did_you_mean(str(key), list(spec.fields))}"
            )
    for key, field in spec.fields.items():
        where = f"{path}, line {lines.get((key,), 1)}: {key}"
        value = _value(content.get(key), field, where, missing, key)
        values[key] = empty[key] if value is None else value
        if field.needed and value in (None, []):
            missing.append(key)
    return FormState(name, path, values, tuple(missing), sha256)


_PARSED: dict[str, tuple[Any, dict[tuple[str | int, ...], int]]] = {}
_MOST = 256


def _parsed(path: Path, sha256: str) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    """The content of a form, parsed once per content: many verbs read all forms several times. Not to be changed."""
    if sha256 not in _PARSED:
        if len(_PARSED) >= _MOST:
            _PARSED.clear()
        _PARSED[sha256] = parse_yaml(path)
    return _PARSED[sha256]


def _hints(field: FieldSpec, language: Language) -> list[str]:
    if field.kind == "table":
        first, *rest = field.columns
        example = [f"#   - {first}: …", *(f"#     {column}: …" for column in rest)]
        return [*example]
    words = {
        "choice": " | ".join(field.choices),
        "date": "YYYY-MM-DD",
        "flag": "true | false",
        "list": "[…, …]",
    }
    hint = words.get(field.kind)
    optional = "" if field.needed else ("optional" if language == "en" else "任意")
    both = ", ".join(part for part in (hint, optional) if part)
    return [f"#   {both}"] if both else []


def _value(value: Any, field: FieldSpec, where: str, missing: list[str], key: str) -> Any:
    if value is None:
        return None
    if field.kind == "table":
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise InputError(f"{where}: expected a list of rows with {', '.join(field.columns)}")
        return [_row(row, field, f"{where}[{i}]", missing, f"{key}[{i}]") for i, row in enumerate(value)]
    if field.kind == "list":
        if not isinstance(value, list):
            raise InputError(f"{where}: expected a list, found {value!r}")
        found = [_scalar(item, "text", where) for item in value]
        return [item for item in found if item is not None]
    if field.kind == "choice":
        text = _scalar(value, "text", where)
        if text is not None and text not in field.choices:
            raise InputError(f"{where}: {text!r} is none of {', '.join(field.choices)}")
        return text
    return _scalar(value, field.kind, where)


def _row(
    row: Mapping[str, Any], field: FieldSpec, where: str, missing: list[str], name: str
) -> dict[str, Any]:
    for column in row:
        if column not in field.columns:
            hint = did_you_mean(str(column), list(field.columns))
            raise InputError(f"{where}: unknown column {column!r}; {hint}")
    found = {}
    for column, kind in field.columns.items():
        value = _scalar(row.get(column), kind, f"{where}.{column}")
        found[column] = value
        if value is None and column not in field.optional:
            missing.append(f"{name}.{column}")
    return found


def _scalar(value: Any, kind: str, where: str) -> Any:
    if value is None:
        return None
    if kind == "flag":
        if not isinstance(value, bool):
            raise InputError(f"{where}: write true or false, not {value!r}")
        return value
    if kind == "number":
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            raise InputError(f"{where}: expected a number, found {value!r}")
        return value
    if kind == "date":
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value.isoformat()
        try:
            return dt.date.fromisoformat(str(value)).isoformat()
        except ValueError:
            raise InputError(f"{where}: write a date as YYYY-MM-DD, not {value!r}") from None
    if isinstance(value, (Mapping, list)):
        raise InputError(f"{where}: expected a text, found {type(value).__name__}")
    return str(value).strip() or None

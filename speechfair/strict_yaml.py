"""YAML that is checked: every error names file, line and key, and the nearest key that would be valid.

Keys given twice are refused; nothing is executed; nothing is guessed. A file whose aliases (``*name``) stand for more
than `MOST_NODES` values, or for themselves, is refused too.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from speechfair.errors import InputError
from speechfair.registry import did_you_mean

__all__ = ["dump_yaml", "parse_yaml", "parse_yaml_text", "read_model", "read_text", "yaml_value"]

Model = TypeVar("Model", bound=BaseModel)

_DEEPEST = 100
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|\\U0000[dD][89a-fA-F]")
_INDENTATION = re.compile(r"^(?:[ \t]|[-?:](?=\s)|[&!]\S*(?=\s))+", flags=re.MULTILINE)

MOST_NODES = 1_000_000
"""Keys and values of one file, each alias counted as what it stands for."""


def read_model(path: Path, model: type[Model]) -> Model:
    """Read a YAML file into a strict pydantic model; `InputError` names file, line and key."""
    content, lines = parse_yaml(path)
    if content is None:
        raise InputError(f"{path} is empty; expected keys and values at the top level")
    if not isinstance(content, Mapping):
        raise InputError(f"{path}: expected keys and values at the top level, found {type(content).__name__}")
    if _has_half_pair(content):
        raise InputError(
            f"{path}: half of a surrogate pair (\\ud800 to \\udfff) is no text; write the character itself"
        )
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InputError(_message(path, error, lines, model)) from None


def parse_yaml(path: Path) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    """The content of a YAML file, and the line (from 1) of every key path in it."""
    content, lines = _parsed(path, read_text(path))
    return copy.deepcopy(content), dict(lines)


def parse_yaml_text(text: str, name: str) -> Any:
    """The content of YAML that is no file, or not yet; `InputError` calls it `name`."""
    return copy.deepcopy(_parsed(Path(name), text)[0])


def yaml_value(word: str) -> Any:
    """What one word of a command line stands for, read as YAML: a number, a list …; what is no YAML is text."""
    try:
        return parse_yaml_text(word, "the value")
    except InputError:
        return word


@lru_cache(maxsize=16)
def _parsed(path: Path, text: str) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    """As `parse_yaml`; kept, since a verb reads the same ``run.yaml`` many times."""
    lines: dict[tuple[str | int, ...], int] = {}
    try:
        loader = _loader(text)(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None, lines
            _walk(node, (), lines, path, {})
            return loader.construct_document(node), lines
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path}, line {line}: not YAML: {error.problem or error.context}") from None
    except RecursionError:
        raise InputError(f"{path}: not YAML that is read here: it is nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
        # what pyyaml itself raises for a date such as 2024-13-45, or for !!timestamp, !!bool and !!int of a word
        raise InputError(f"{path}: not YAML: {error or type(error).__name__}") from None


def dump_yaml(content: Any) -> bytes:
    """Plain values as YAML in UTF-8, keys in their order. libyaml, where it is there, takes a tenth of the time."""
    style: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 100}
    text: str
    try:
        text = yaml.dump(content, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), **style)
    except UnicodeEncodeError:  # half a surrogate pair, which only the dumper in Python can write
        text = yaml.safe_dump(content, **style)
    return text.encode()


def _loader(text: str) -> Any:
    """PyYAML's loader over libyaml, about ten times faster than that in Python, which reads half surrogate pairs too.

    Raises
    ------
    yaml.YAMLError
        The text is nested too deeply for what follows, which is recursive. libyaml's recursion is not bounded by
        Python's limit: a million brackets would end the process.
    """
    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if _may_be_deep(text):
        depth = 0
        for event in yaml.parse(text, Loader=fast):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise yaml.YAMLError(f"nested more than {_DEEPEST} levels deep")
    return yaml.SafeLoader if _SURROGATE.search(text) else fast


def _may_be_deep(text: str) -> bool:
    """Whether the nesting can be more than `_DEEPEST`, without parsing.

    A level takes a bracket, or a column of the indicators and blanks that a line begins with (at most two levels a
    column).
    """
    levels = text.count("[") + text.count("{")
    return levels + 2 * max((len(found) for found in _INDENTATION.findall(text)), default=0) > _DEEPEST


def read_text(path: Path) -> str:
    """The text of a UTF-8 file; `InputError` names the line and byte of anything else."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line}: byte {data[error.start]:#04x} at offset {error.start} is not UTF-8; "
            "convert the file to UTF-8"
        ) from None


def _walk(
    node: yaml.Node,
    where: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    path: Path,
    sizes: dict[int, int | None],
) -> int:
    """Note the line of every key path under `node`; the number of nodes it stands for, aliases followed."""
    line = node.start_mark.line + 1
    lines[where] = line
    if id(node) in sizes:  # an alias (*name); walking it again could take forever
        known = sizes[id(node)]
        if known is None:
            raise InputError(f"{path}, line {line}: an alias stands for something that contains it")
        return known
    sizes[id(node)] = None
    size = 1
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise InputError(f"{path}, line {at}: a key must be a word, not a list or a mapping")
            if key.value in seen:
                raise InputError(
                    f"{path}, line {at}: the key {key.value!r} was given before, in line {seen[key.value]}"
                )
            seen[key.value] = at
            size += _walk(value, (*where, key.value), lines, path, sizes)
            lines[(*where, key.value)] = at
    elif isinstance(node, yaml.SequenceNode):
        size += sum(_walk(item, (*where, i), lines, path, sizes) for i, item in enumerate(node.value))
    if size > MOST_NODES:
        raise InputError(f"{path}, line {line}: its aliases stand for more than {MOST_NODES:,} values")
    sizes[id(node)] = size
    return size


def _has_half_pair(value: Any) -> bool:
    """Whether a text holds half of a surrogate pair, which an escape can write and no page or table can hold."""
    if isinstance(value, str):
        return not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, Mapping):
        return any(_has_half_pair(each) for pair in value.items() for each in pair)
    return isinstance(value, (list, tuple, set)) and any(map(_has_half_pair, value))


def _message(
    path: Path, error: ValidationError, lines: Mapping[tuple[str | int, ...], int], model: type[BaseModel]
) -> str:
    # an unknown key before a missing one: most often the one is the other, misspelt
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    where = tuple(first["loc"])
    known = where
    while known and known not in lines:
        known = known[:-1]
    place = f"{path}, line {lines.get(known, 1)}"
    key = ".".join(str(part) for part in where) or "the file"
    if first["type"] == "extra_forbidden":
        fields = _fields(model, where[:-1])
        return f"{place}: unknown key {key!r}; {did_you_mean(str(where[-1]), fields)}"
    if first["type"] == "missing":
        return f"{place}: the key {key!r} is missing"
    return f"{place}: {key}: {first['msg']}"


def _fields(model: type[BaseModel], where: tuple[str | int, ...]) -> list[str]:
    """Valid keys at a place, as far as it can be followed through nested models."""
    current: Any = model
    for part in where:
        field = current.model_fields.get(part) if _is_model(current) else None
        if field is None:
            continue
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())]
        current = next((kind for kind in inner if _is_model(kind)), None)
    return list(current.model_fields) if _is_model(current) else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)

"""What loaders of question sets share: rows of a JSON file with their places, and rows that become exclusions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.layout import inside, readable
from speechfair.errors import CorpusError
from speechfair.probes.questions.question_set import SetQuestion
from speechfair.strict_json import parse_json
from speechfair.types import Exclusion

__all__ = ["BadRowError", "audio_under", "each_row", "item_of", "json_list", "json_object", "text_in"]


class BadRowError(ValueError):
    """What is wrong with a row; it becomes an `Exclusion`."""


def json_list(path: Path) -> list[Any]:
    """The list that a JSON file holds; `CorpusError` where it holds something else."""
    try:
        content = parse_json(readable(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise CorpusError(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(content, list):
        raise CorpusError(f"{path}: expected a list of rows, found {type(content).__name__}")
    return content


def json_object(text: str) -> dict[str, Any]:
    """The JSON object in one line."""
    try:
        content = parse_json(text)
    except (ValueError, RecursionError) as error:
        raise BadRowError(f"not JSON: {error}") from None
    if not isinstance(content, dict):
        raise BadRowError(f"a JSON {type(content).__name__}, not an object of keys and values")
    return content


def each_row(
    rows: Iterable[tuple[str, str, Any]], make: Callable[[Mapping[str, Any], str, str], Iterable[SetQuestion]]
) -> Iterator[SetQuestion | Exclusion]:
    """Questions of rows ``(name, where, row)``; a row that `make` cannot use is excluded with the reason."""
    for name, where, row in rows:
        try:
            if not isinstance(row, Mapping):
                raise BadRowError(f"a {type(row).__name__}, not keys and values")
            yield from list(make(row, name, where))
        except BadRowError as error:
            yield Exclusion(name, str(error), where)


def text_in(row: Mapping[str, Any], *keys: str) -> str:
    """The first of `keys` that holds text; `BadRowError` where none does."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    raise BadRowError(f"the key {keys[0]!r} holds no text")


def audio_under(root: Path, relative: str) -> Path:
    """An audio file under `root`; `BadRowError` where it is absent or leads out."""
    path = inside(root, relative)
    if path is None:
        raise BadRowError(f"the audio path {relative!r} leads out of {root.name}; nothing outside is read")
    if not path.is_file():
        raise BadRowError(f"there is no audio file {relative!r} under {root.name}")
    return path


def item_of(*parts: str) -> str:
    """A short name of what is asked: the same for the same parts."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]

"""JSON that tools write: one document a file, a line, an array, or a folder of files; each with its place and its id.

A document that cannot be read becomes a reason with its place. A single damaged file raises, since nothing is left.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechfair.corpora.layout import lines_of
from speechfair.errors import CorpusError
from speechfair.importing.imported import PLACE, ImportedTable, Refused, Role
from speechfair.strict_json import parse_json

__all__ = ["Document", "documents_of", "first_document", "number", "stem", "table_of_rows", "table_of_texts"]

_LARGEST = 512 * 2**20
_NUMERIC = frozenset({"confidence", "start_s", "end_s", "duration_s"})
_LARGEST_NUMBER = 1e300
_ENDINGS = (".json", ".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON document.

    Parameters
    ----------
    content : the parsed value, or the reason why there is none.
    id : the file's name without its ending; None for a line or an element of an array.
    """

    place: str
    content: Any | None
    reason: str | None
    id: str | None


def documents_of(path: Path) -> Iterator[Document]:
    """The documents of a file or of all JSON files of a folder, in the order of their names."""
    if path.is_dir():
        files = sorted(each for each in path.rglob("*") if each.suffix.lower() in _ENDINGS and each.is_file())
        if not files:
            raise CorpusError(f"{path} holds no file that ends in {', '.join(_ENDINGS)}")
        for file in files:
            name = file.relative_to(path).as_posix()
            try:
                yield from _of_file(file, name)
            except CorpusError as error:
                yield Document(name, None, str(error), stem(file.name))
    else:
        yield from _of_file(path, path.name)


def first_document(path: Path) -> Any | None:
    """The first document, to see what a file is; None where there is none that can be read."""
    try:
        return next((found.content for found in documents_of(path) if found.reason is None), None)
    except CorpusError:
        return None


def stem(name: str) -> str:
    """The name of a file without its folder and its ending.

    >>> stem("audio/call-1.wav"), stem("call-2")
    ('call-1', 'call-2')
    """
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    head, dot, ending = base.rpartition(".")
    return head if dot and head and len(ending) <= 5 and not ending.isspace() else base


def number(value: object) -> float | None:
    """A finite number, or None for anything else."""
    import math

    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def table_of_texts(
    path: Path, rows: Iterable[Mapping[str, Any]], refused: Sequence[Refused]
) -> ImportedTable:
    """Transcripts of whole recordings: rows with ``place``, ``id``, ``hypothesis`` and what else is known."""
    roles: tuple[Role, ...] = (
        "id", "hypothesis", "error", "confidence", "speaker", "language", "start_s", "end_s", "duration_s",
    )  # fmt: skip
    return table_of_rows(path, rows, refused, roles)


def table_of_rows(
    path: Path, rows: Iterable[Mapping[str, Any]], refused: Sequence[Refused], roles: Sequence[Role]
) -> ImportedTable:
    """An `ImportedTable` of rows whose keys are roles (and ``place``); a role that no row has is left out."""
    import polars as pl

    listed, unlike = [], []
    for row in rows:
        odd = next((role for role in roles if not _fits(role, row.get(role))), None)
        if odd is None:
            listed.append(row)
        else:
            unlike.append(
                Refused(row["place"], f"its {odd} is a {type(row[odd]).__name__} that is no value for it")
            )
    refused = [*refused, *unlike]
    if not listed and not refused:
        raise CorpusError(f"{path} holds no transcript")
    columns = {PLACE: pl.Series([row["place"] for row in listed], dtype=pl.String)}
    for role in roles:
        kind = pl.Float64 if role in _NUMERIC else pl.String
        columns[role] = pl.Series([row.get(role) for row in listed], dtype=kind)
    frame = pl.DataFrame(columns)
    kept = [
        role
        for role in roles
        if role in ("id", "hypothesis", "text") or frame[role].null_count() < frame.height
    ]
    return ImportedTable(frame.select(PLACE, *kept), {role: role for role in kept}, path.name, tuple(refused))


def _fits(role: Role, value: Any) -> bool:
    """Whether a value can stand in the column of a role: a number that a float holds, else a text; or none."""
    if value is None:
        return True
    if role not in _NUMERIC:
        return isinstance(value, str)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST_NUMBER


def _of_file(file: Path, name: str) -> Iterator[Document]:
    if file.suffix.lower() in (".jsonl", ".ndjson"):
        for line, text in lines_of(file):
            yield _parsed(text, f"{name}, line {line}", None)
        return
    content = _loaded(file)
    several = isinstance(content, list) and content and all(isinstance(each, dict) for each in content)
    if several and not {"start", "text"} <= content[0].keys():  # a list of segments is one transcript
        for place, each in enumerate(content, 1):
            yield Document(f"{name}, element {place}", each, None, None)
        return
    yield Document(name, content, None, stem(file.name))


def _parsed(text: str, place: str, name: str | None) -> Document:
    try:
        return Document(place, parse_json(text), None, name)
    except json.JSONDecodeError as error:
        return Document(place, None, f"not JSON: {error.msg} at column {error.colno}", name)
    except ValueError as error:
        return Document(place, None, f"not JSON that can be read: {error}", name)


def _loaded(file: Path) -> Any:
    try:
        size = file.stat().st_size
        if size > _LARGEST:
            raise CorpusError(
                f"{file} is larger than {_LARGEST // 2**20} MiB: one JSON document is read whole; write one document a "
                "line (.jsonl), or one file a recording"
            )
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CorpusError(f"{file} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file}: byte {error.start + 1} is not UTF-8; convert the file to UTF-8") from None
    try:
        return parse_json(text)
    except json.JSONDecodeError as error:
        cut = "; the file may be cut off" if error.pos >= len(text.rstrip()) - 1 else ""
        raise CorpusError(
            f"{file}, line {error.lineno}, column {error.colno}: not JSON: {error.msg}{cut}; write the file again"
        ) from None
    except ValueError as error:
        raise CorpusError(f"{file}: not JSON that can be read: {error}") from None

"""Evidence from tools that an organisation has already. One file per tool; each says what it proves and what not.

An importer is an entry point of the group ``speechfair.evidence`` that names a module with ``PROVES``, ``NOT_PROVEN``
and ``read(path)``. What it read is kept in the process folder, with digests of the files, and noted in the ledger.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

from speechfair.errors import InputError, SpeechfairError
from speechfair.process.catalogue import Text
from speechfair.process.ledger import Ledger
from speechfair.process.process_plan import read_plan
from speechfair.registry import Registry
from speechfair.store import file_digest, write_atomically

__all__ = ["Imported", "Importer", "Read", "import_evidence", "importers", "proves", "read_evidence"]

SCHEMA = "speechfair/imported-evidence/1"


@dataclass(frozen=True, slots=True)
class Read:
    """What an importer found.

    Parameters
    ----------
    facts : what the tool says, JSON-serialisable.
    files : the files that were read.
    problems : what does not fit within the tool's own files, such as data that is not as its lock file says.
    """

    facts: Mapping[str, Any]
    files: tuple[Path, ...]
    problems: tuple[Text, ...] = ()


class Importer(Protocol):
    """What an importer's module offers."""

    PROVES: Text
    NOT_PROVEN: Text

    def read(self, path: Path) -> Read:
        """Read a tool's files; `InputError` for what is not of the tool."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The file that was written, what it proves and what it does not."""

    path: Path
    proves: Text
    not_proven: Text
    problems: tuple[Text, ...]


@cache
def importers() -> Registry:
    """The importers by name."""
    return Registry("speechfair.evidence", "importer of evidence")


def proves(name: str) -> tuple[Text, Text]:
    """What evidence of a tool proves, and what it does not."""
    home = _importer(name)
    return home.PROVES, home.NOT_PROVEN


def import_evidence(
    folder: str | Path,
    name: str,
    path: str | Path,
    now: datetime | None = None,
    *,
    kept_as: str | None = None,
    replace: bool = False,
) -> Imported:
    """Read a tool's files into ``imported/NAME-….json`` of a process folder and note the digest in the ledger.

    Parameters
    ----------
    kept_as : the last part of the file's name; default: the name of `path`.
    replace : put this in place of other evidence of the same name. The ledger keeps the digest of the old file.

    Raises
    ------
    InputError : an unknown importer, no process folder, files that are not of the tool, or other evidence of that name.
    """
    folder, source = Path(folder), Path(path)
    read_plan(folder)
    home, found = _importer(name), read_evidence(name, source)
    content = {
        "schema": SCHEMA,
        "importer": name,
        "source": source.name,
        "files": {_within(file, source): file_digest(file) for file in found.files},
        "facts": found.facts,
        "problems": [problem.model_dump() for problem in found.problems],
        "proves": home.PROVES.model_dump(),
        "not_proven": home.NOT_PROVEN.model_dump(),
    }
    part = kept_as or source.resolve().name.replace(".", "-")
    if re.fullmatch(r"[\w-]+", part) is None:
        raise InputError(f"{part!r} cannot be part of a file name: use letters, digits, - and _ (--as NAME)")
    target = folder / "imported" / f"{name}-{part}.json"
    try:
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=str).encode()
    except ValueError as error:  # NaN, or half of a surrogate pair
        raise InputError(f"{source}: holds what no JSON file can hold: {error}") from None
    data = text + b"\n"
    if target.exists() and target.read_bytes() != data and not replace:
        raise InputError(
            f"{target} holds other evidence; keep both with --as NAME, or put this in its place with --replace"
        )
    write_atomically(target, data)
    body = {"importer": name, "file": f"imported/{target.name}", "sha256": file_digest(target)}
    before = [e for e in Ledger(folder).read().of_kind("import") if e.body["file"] == body["file"]]
    if not before or dict(before[-1].body) != body:
        Ledger(folder).append("import", body, now)
    return Imported(target, home.PROVES, home.NOT_PROVEN, found.problems)


def _within(file: Path, source: Path) -> str:
    """A file's place within the folder that was named; its name alone where a file was named."""
    return (
        file.relative_to(source).as_posix() if file.is_relative_to(source) and file != source else file.name
    )


def read_evidence(name: str, path: Path) -> Read:
    """What an importer finds in a tool's files.

    Raises
    ------
    InputError : the files cannot be read, or are not as the tool writes them, in whatever way.
    """
    home = _importer(name)
    try:
        return home.read(path)
    except SpeechfairError:
        raise
    except OSError as error:
        raise InputError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from None
    except Exception as error:
        raise InputError(
            f"{path}: is not as {name} writes it ({type(error).__name__}: {str(error)[:200]})"
        ) from None


def _importer(name: str) -> Importer:
    return cast(Importer, importers().load(name))

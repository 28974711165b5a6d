"""A chain of JSON lines, each with its own digest and that of the line before: what the ledger and a run's log are.

An edit, a dropped line or another order breaks the chain and is found. Somebody who writes the whole file anew is not.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from speechfair.strict_json import parse_json

__all__ = [
    "GENESIS",
    "Entry",
    "append_line",
    "canonical",
    "digest_of",
    "last_entry",
    "next_entry",
    "read_chain",
    "undigested",
    "utc",
]

GENESIS = "0" * 64
"""What the first line names as the line before it."""

_TAIL = 1 << 16
"""Bytes that hold the last line: a line names one file or one state."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `digest` is the sha256 of the line without its digest; `previous` that of the line before."""

    number: int
    time: str
    kind: str
    body: Mapping[str, Any]
    previous: str
    digest: str

    @property
    def line(self) -> bytes:
        """The line as it stands in the file."""
        return canonical({**undigested(self), "digest": self.digest}) + b"\n"


def canonical(content: Any) -> bytes:
    """The one way to write a JSON value here: sorted keys, no spaces, UTF-8, no NaN."""
    return json.dumps(
        content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def digest_of(content: Any) -> str:
    """The sha256 (hex) of a JSON value."""
    return hashlib.sha256(canonical(content)).hexdigest()


def utc(now: datetime | None = None) -> str:
    """A time as a chain writes it: UTC, microseconds, ``2026-01-31T12:00:00.000000Z``. Sorts as text."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def next_entry(
    before: Entry | None, kind: str, body: Mapping[str, Any], now: datetime | None = None
) -> Entry:
    """The entry after `before`."""
    plain = parse_json(canonical(body))
    number, previous = (before.number + 1, before.digest) if before else (0, GENESIS)
    content = {"number": number, "time": utc(now), "kind": kind, "body": plain, "previous": previous}
    return Entry(**content, digest=digest_of(content))


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file and wait until it is on the disk. Raises `OSError`."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        view = memoryview(line)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def last_entry(path: Path) -> Entry | str | None:
    """The last whole line of a file, what is wrong with it, or None for an empty file. Only the end is read.

    What a killed writer left after the last line end is cut off.
    """
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        whole, end, torn = tail.rpartition(b"\n")
        if torn:
            file.truncate(size - len(torn))
    if not end:
        return None
    return _entry(whole.rpartition(b"\n")[2])


def read_chain(data: bytes, name: str) -> tuple[tuple[Entry, ...], list[str], bytes]:
    """Whole lines that hold, what is wrong with the first that does not, and what follows the last line end."""
    whole, _, torn = data.rpartition(b"\n")
    lines = whole.split(b"\n") if whole or data.startswith(b"\n") else []
    entries: list[Entry] = []
    for number, line in enumerate(lines):
        problem = _problem(line, number, entries[-1] if entries else None)
        if isinstance(problem, str):
            return tuple(entries), [f"{name}, line {number + 1}: {problem}"], torn
        entries.append(problem)
    return tuple(entries), [], torn


def undigested(entry: Entry) -> dict[str, Any]:
    """What an entry's digest is made of."""
    return {
        "number": entry.number,
        "time": entry.time,
        "kind": entry.kind,
        "body": entry.body,
        "previous": entry.previous,
    }


def _entry(line: bytes) -> Entry | str:
    """The entry that a line is, or what is wrong with it in itself."""
    try:
        content = parse_json(line)
        entry = Entry(**content)
        holds = entry.line == line + b"\n" and entry.digest == digest_of(undigested(entry))
        holds = holds and isinstance(entry.body, dict) and isinstance(entry.time, str)
    except (ValueError, TypeError, RecursionError):
        return "was edited: it is not a line that a writer leaves"
    if not holds:
        return f"was edited: its content is not that of its digest ({entry.kind!r} of {entry.time})"
    if not _is_utc(entry.time):
        return f"was edited: {entry.time!r} is not a time as a writer leaves it, in UTC"
    return entry


def _is_utc(time: str) -> bool:
    """Whether a text is a moment as `utc` writes it, of a day that exists."""
    try:
        return utc(datetime.fromisoformat(time)) == time
    except (ValueError, OverflowError):
        return False


def _problem(line: bytes, number: int, before: Entry | None) -> Entry | str:
    """The entry of a line, or what is wrong with it."""
    entry = _entry(line)
    if isinstance(entry, str):
        return entry
    if entry.previous != (before.digest if before else GENESIS) or entry.number != number:
        return (
            f"does not follow the line before it: it is entry {entry.number} ({entry.kind!r} of {entry.time}), "
            f"and entry {number} was expected; lines were dropped, added or reordered"
        )
    if before and entry.time < before.time:
        return f"is dated {entry.time}, before the line above it ({before.time})"
    return entry

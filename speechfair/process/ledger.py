"""The ledger: an append-only file of JSON lines, each with the digest of the line before it.

A small head file next to it names the last line, so that dropping lines from the end is found too. Writers take turns
(a lock), and each line is on the disk before the head moves: a kill leaves either the old state, a line that the head
does not name yet, or a torn tail; all three are distinguished from an edit. What the ledger cannot see is somebody who
rewrites the whole of it: compare the head digest with one you kept, or sign it.
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

from speechfair.errors import InputError, RunFolderError
from speechfair.store import write_atomically

__all__ = ["GENESIS", "Entry", "Ledger", "Reading", "canonical", "digest_of", "utc"]

GENESIS = "0" * 64
"""What the first line names as the line before it."""

_WAIT_S = 60.0


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
        """The line as it is in the file."""
        return canonical({**_undigested(self), "digest": self.digest}) + b"\n"


@dataclass(frozen=True, slots=True)
class Reading:
    """The ledger as it was found.

    Parameters
    ----------
    entries : the lines up to the first that does not hold.
    problems : what was edited, dropped or reordered, each naming its line. Empty for a sound ledger.
    torn : bytes after the last whole line, left by a writer that was killed; they say nothing.
    """

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    torn: bytes = b""

    @property
    def head(self) -> str:
        """Digest of the last sound line."""
        return self.entries[-1].digest if self.entries else GENESIS

    def of_kind(self, *kinds: str) -> list[Entry]:
        """Entries of these kinds, oldest first."""
        return [entry for entry in self.entries if entry.kind in kinds]

    def last(self, kind: str) -> Entry | None:
        """The newest entry of a kind."""
        found = self.of_kind(kind)
        return found[-1] if found else None


class Ledger:
    """The ledger of a process folder.

    Parameters
    ----------
    folder : process folder; the files are ``ledger.jsonl`` and ``ledger.head``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "ledger.jsonl"
        self.head_path = folder / "ledger.head"

    def append(self, kind: str, body: Mapping[str, Any], now: datetime | None = None) -> Entry:
        """Add a line and return it. Waits for other writers; refuses a ledger that does not hold.

        A torn tail of a killed writer is set aside in ``ledger.torn-N`` and noted in a line of its own.

        Raises
        ------
        RunFolderError : the ledger was edited, or another writer holds it for a minute.
        """
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / ".ledger.lock", timeout=_WAIT_S):
                reading = self.read()
                if reading.problems:
                    raise RunFolderError(
                        f"{self.path} does not hold, so nothing is added to it: {reading.problems[0]}; "
                        "restore it from a copy (`speechfair process verify` lists all that is wrong)"
                    )
                if reading.torn:
                    reading = self._set_torn_aside(reading, now)
                return self._write(reading, kind, body, now)
        except Timeout:
            raise RunFolderError(
                f"another process has held {self.path} for {_WAIT_S:.0f} s; try again"
            ) from None

    def read(self) -> Reading:
        """The ledger, checked line by line and against the head. Never raises for damage: it is reported."""
        data = self.path.read_bytes() if self.path.exists() else b""
        head = self._read_head()
        if not data and head is None:
            return Reading((), ())
        if isinstance(head, str):
            entries, problems, torn = _chain(data)
            return Reading(entries, (*problems, head), torn)
        entries, problems, torn = _chain(data)
        return _against_head(entries, problems, torn, head, data)

    def _read_head(self) -> tuple[int, str] | str | None:
        """(number, digest) of the last line; a sentence if the file is damaged; None if there is none."""
        if not self.head_path.exists():
            return None
        data = self.head_path.read_bytes()
        try:
            content = json.loads(data)
            number, digest = content["number"], content["digest"]
        except (ValueError, KeyError, TypeError):
            return f"{self.head_path.name}: was edited: it is not what a writer leaves"
        if not isinstance(number, int) or _head_bytes(number, digest) != data:
            return f"{self.head_path.name}: was edited: it is not what a writer leaves"
        return number, str(digest)

    def _write(self, reading: Reading, kind: str, body: Mapping[str, Any], now: datetime | None) -> Entry:
        time = utc(now)
        if reading.entries and time < reading.entries[-1].time:
            raise InputError(
                f"the clock says {time}, which is before the last entry of {self.path} "
                f"({reading.entries[-1].time}); set the clock right"
            )
        plain = json.loads(canonical(body))
        entry = Entry(len(reading.entries), time, kind, plain, reading.head, "")
        entry = Entry(**{**_undigested(entry), "digest": digest_of(_undigested(entry))})
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            view = memoryview(entry.line)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        write_atomically(self.head_path, _head_bytes(entry.number, entry.digest))
        return entry

    def _set_torn_aside(self, reading: Reading, now: datetime | None) -> Reading:
        number = len(reading.entries)
        aside = self.folder / f"ledger.torn-{number}"
        write_atomically(aside, reading.torn)
        whole = b"".join(entry.line for entry in reading.entries)
        write_atomically(self.path, whole)
        torn = hashlib.sha256(reading.torn).hexdigest()
        body = {"file": aside.name, "bytes": len(reading.torn), "sha256": torn}
        entry = self._write(Reading(reading.entries, ()), "recovered", body, now)
        return Reading((*reading.entries, entry), ())


def canonical(content: Any) -> bytes:
    """The one way to write a JSON value here: sorted keys, no spaces, UTF-8, no NaN."""
    return json.dumps(
        content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def digest_of(content: Any) -> str:
    """The sha256 (hex) of a JSON value."""
    return hashlib.sha256(canonical(content)).hexdigest()


def utc(now: datetime | None = None) -> str:
    """A time as the ledger writes it: UTC, microseconds, ``2026-01-31T12:00:00.000000Z``. Sorts as text."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _undigested(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "time": entry.time,
        "kind": entry.kind,
        "body": entry.body,
        "previous": entry.previous,
    }


def _head_bytes(number: int, digest: Any) -> bytes:
    return canonical({"digest": digest, "number": number}) + b"\n"


def _chain(data: bytes) -> tuple[tuple[Entry, ...], list[str], bytes]:
    """Whole lines that hold, what is wrong with the first that does not, and what follows the last line end."""
    whole, _, torn = data.rpartition(b"\n")
    lines = whole.split(b"\n") if whole or data.startswith(b"\n") else []
    entries: list[Entry] = []
    for number, line in enumerate(lines):
        problem = _problem(line, number, entries[-1] if entries else None)
        if isinstance(problem, str):
            return tuple(entries), [f"ledger.jsonl, line {number + 1}: {problem}"], torn
        entries.append(problem)
    return tuple(entries), [], torn


def _problem(line: bytes, number: int, before: Entry | None) -> Entry | str:
    """The entry of a line, or what is wrong with it."""
    try:
        content = json.loads(line)
        entry = Entry(**content)
        holds = entry.line == line + b"\n" and entry.digest == digest_of(_undigested(entry))
    except (ValueError, TypeError, RecursionError):
        return "was edited: it is not a line that a writer leaves"
    if not holds:
        return f"was edited: its content is not that of its digest ({entry.kind!r} of {entry.time})"
    if entry.previous != (before.digest if before else GENESIS) or entry.number != number:
        return (
            f"does not follow the line before it: it is entry {entry.number} ({entry.kind!r} of {entry.time}), "
            f"and entry {number} was expected; lines were dropped, added or reordered"
        )
    if before and entry.time < before.time:
        return f"is dated {entry.time}, before the line above it ({before.time})"
    return entry


def _against_head(
    entries: tuple[Entry, ...], problems: list[str], torn: bytes, head: tuple[int, str] | None, data: bytes
) -> Reading:
    if head is None:
        # Only the very first line can be there without a head: its writer was killed in between.
        if len(entries) > 1 or problems:
            problems.append("ledger.head: is missing")
        return Reading(entries, tuple(problems), torn)
    number, digest = head
    if not problems:
        if number >= len(entries):
            n = number + 1 - len(entries)
            problems.append(
                f"ledger.jsonl: {n} {'entry' if n == 1 else 'entries'} at the end were dropped or damaged: "
                f"ledger.head names entry {number}, the file ends at {len(entries) - 1}"
            )
        elif entries[number].digest != digest:
            problems.append(f"ledger.head: names another entry {number} than the one in the ledger")
        elif len(entries) - 1 - number > 1:
            problems.append("ledger.jsonl: more than one entry after the one that ledger.head names")
    return Reading(entries, tuple(problems), torn)

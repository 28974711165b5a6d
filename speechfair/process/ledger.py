"""The ledger: an append-only file of JSON lines, each with the digest of the line before it.

A small head file next to it names the last line, so that dropping lines from the end is found too. Writers take turns
(a lock), and each line is on the disk before the head moves: a kill leaves either the old state, a line that the head
does not name yet, or a torn tail; all three are distinguished from an edit. What the ledger cannot see is somebody who
rewrites the whole of it: compare the head digest with one you kept, or sign it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, RunFolderError
from speechfair.hash_chain import (
    GENESIS,
    Entry,
    append_line,
    canonical,
    digest_of,
    next_entry,
    read_chain,
    utc,
)
from speechfair.store import write_atomically
from speechfair.strict_json import parse_json

__all__ = ["GENESIS", "Entry", "Ledger", "Reading", "canonical", "digest_of", "utc"]

_WAIT_S = 60.0


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

    def append(
        self,
        kind: str,
        body: Mapping[str, Any] | Callable[[Reading], Mapping[str, Any]],
        now: datetime | None = None,
    ) -> Entry:
        """Add a line and return it. Waits for other writers; refuses a ledger that does not hold.

        A torn tail of a killed writer is set aside in ``ledger.torn-N`` and noted in a line of its own.

        Parameters
        ----------
        body : what the entry says; a function makes it of the ledger as it is before this entry, while no other
            process can write.

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
                return self._write(reading, kind, body(reading) if callable(body) else body, now)
        except Timeout:
            raise RunFolderError(
                f"another process has held {self.path} for {_WAIT_S:.0f} s; try again"
            ) from None

    def read(self) -> Reading:
        """The ledger, checked line by line and against the head. Never raises for damage: it is reported."""
        data = _bytes(self.path) if self.path.exists() else b""
        head = self._read_head()
        if not data and head is None:
            return Reading((), ())
        if isinstance(head, str):
            entries, problems, torn = read_chain(data, self.path.name)
            return Reading(entries, (*problems, head), torn)
        entries, problems, torn = read_chain(data, self.path.name)
        return _against_head(entries, problems, torn, head, data)

    def _read_head(self) -> tuple[int, str] | str | None:
        """(number, digest) of the last line; a sentence if the file is damaged; None if there is none."""
        if not self.head_path.exists():
            return None
        data = _bytes(self.head_path)
        try:
            content = parse_json(data)
            number, digest = content["number"], content["digest"]
            holds = isinstance(number, int) and _head_bytes(number, digest) == data
        except (ValueError, KeyError, TypeError, RecursionError):
            return f"{self.head_path.name}: was edited: it is not what a writer leaves"
        if not holds:
            return f"{self.head_path.name}: was edited: it is not what a writer leaves"
        return number, str(digest)

    def _write(self, reading: Reading, kind: str, body: Mapping[str, Any], now: datetime | None) -> Entry:
        time = utc(now)
        if reading.entries and time < reading.entries[-1].time:
            raise InputError(
                f"the clock says {time}, which is before the last entry of {self.path} "
                f"({reading.entries[-1].time}); set the clock right"
            )
        entry = next_entry(reading.entries[-1] if reading.entries else None, kind, body, now)
        append_line(self.path, entry.line)
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


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RunFolderError(f"cannot read {path}: {error.strerror or error}; check what it is") from None


def _head_bytes(number: int, digest: Any) -> bytes:
    return canonical({"digest": digest, "number": number}) + b"\n"


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

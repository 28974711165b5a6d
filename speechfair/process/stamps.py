"""Time-stamps in a process folder: files under ``stamps``, named by ledger entries, and what `verify` checks of them.

A time-stamp shows that an entry, and with it every entry before, existed at the time that an authority signed. Entries
from the one that names the stamp on were written later. What the entries say is not shown to be true by that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.errors import InputError
from speechfair.process.catalogue import Text
from speechfair.process.finding import say
from speechfair.process.ledger import Entry, Ledger, Reading
from speechfair.process.stamp_revocation import revocation_problems
from speechfair.process.time_stamp_token import (
    CLOCK_TOLERANCE,
    imprint_of,
    names_authority,
    read_authority,
    request_for,
    stamped_time,
    subject_of,
)
from speechfair.store import file_digest, write_atomically

if TYPE_CHECKING:
    from cryptography.x509 import CertificateRevocationList

__all__ = [
    "FOLDER",
    "KIND",
    "Stamp",
    "StampsFound",
    "authority_pem",
    "check_stamps",
    "stamp",
    "stamp_request",
]

FOLDER = "stamps"
KIND = "time_stamp"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time-stamp that was added.

    Parameters
    ----------
    entry : number of the entry that it is over.
    time : when the authority signed (UTC).
    authority : whom the pinned certificate names.
    """

    entry: int
    time: str
    authority: str
    path: Path


def stamp_request(folder: str | Path, path: str | Path, *, entry: int | None = None) -> int:
    """Write the request for a time-stamp over an entry, to be sent from elsewhere; returns the entry's number.

    Parameters
    ----------
    entry : None is the last.

    Raises
    ------
    InputError : there is no such entry.
    MissingExtraError : without ``rfc3161-client``.
    """
    chosen = _chosen(Ledger(Path(folder)).read(), entry)
    write_atomically(Path(path), request_for(chosen))
    return chosen.number


def stamp(
    folder: str | Path,
    *,
    url: str | None = None,
    token: str | Path | None = None,
    entry: int | None = None,
    authority: str | Path | None = None,
) -> Stamp:
    """Have an entry of the ledger time-stamped, or add an answer that was asked for elsewhere, and note it.

    Parameters
    ----------
    url : of the authority that is asked, over HTTP.
    token : its answer in a file (``.tsr``); the entry is the one whose digest it is over.
    entry : number of the entry; None is the last.
    authority : PEM file with the authority's certificate and those above it. It is pinned in the folder; None takes the
        one that is pinned.

    Raises
    ------
    InputError : no certificate is pinned, or the answer is not a time-stamp of the entry by that authority.
    MissingExtraError : without ``rfc3161-client``.
    """
    folder = Path(folder)
    if (url is None) == (token is None):
        raise InputError("give either the authority's URL or a file with its answer (.tsr)")
    reading = Ledger(folder).read()
    pem = _authority(folder, reading, authority)
    if token is not None:
        data = _bytes(Path(token))
        chosen = _over(reading, data, entry, str(token))
    else:
        from speechfair.process.authority_client import ask

        chosen = _chosen(reading, entry)
        data = ask(str(url), request_for(chosen))
    try:
        time = stamped_time(data, chosen.digest, pem)
    except InputError as error:
        raise InputError(f"{token or url}: {error}") from None
    return _note(folder, chosen, data, pem, time)


def _note(folder: Path, chosen: Entry, data: bytes, pem: bytes, time: str) -> Stamp:
    pinned = f"{FOLDER}/authority-{hashlib.sha256(pem).hexdigest()[:16]}.pem"
    file = f"{FOLDER}/entry-{chosen.number}-{hashlib.sha256(data).hexdigest()[:16]}.tsr"
    (folder / FOLDER).mkdir(exist_ok=True)
    write_atomically(folder / pinned, pem)
    write_atomically(folder / file, data)
    body = {
        "entry": chosen.number, "entry_digest": chosen.digest, "time": time,
        "file": file, "sha256": hashlib.sha256(data).hexdigest(),
        "authority": pinned, "authority_sha256": hashlib.sha256(pem).hexdigest(),
    }  # fmt: skip
    Ledger(folder).append(KIND, body)
    return Stamp(chosen.number, time, subject_of(pem), folder / file)


def _authority(folder: Path, reading: Reading, given: str | Path | None) -> bytes:
    """The certificates to trust: those given, or those of the last time-stamp."""
    if given is not None:
        return authority_pem(given)
    last = reading.last(KIND)
    if last is None:
        raise InputError(
            f"{folder} has no time-stamp yet, so no authority is pinned; give its certificate with --authority FILE.pem"
        )
    return _bytes(folder / str(last.body["authority"]))


def authority_pem(path: str | Path) -> bytes:
    """The content of a PEM file that holds at least one certificate; `InputError` for any other."""
    pem = _bytes(Path(path))
    try:
        read_authority(pem)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return pem


def _over(reading: Reading, data: bytes, number: int | None, name: str) -> Entry:
    """The entry that an answer is over."""
    try:
        imprint = imprint_of(data)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    if number is not None:
        return _chosen(reading, number)
    for entry in reading.entries:
        if entry.digest == imprint:
            return entry
    raise InputError(
        f"{name}: is a time-stamp of {imprint[:16]}…, which is the digest of no entry of this ledger"
    )


def _chosen(reading: Reading, number: int | None) -> Entry:
    if not reading.entries:
        raise InputError("the ledger has no entry to be time-stamped; freeze the plan first")
    if number is None:
        return reading.entries[-1]
    if not 0 <= number < len(reading.entries):
        raise InputError(f"the ledger has no entry {number}; its last is {len(reading.entries) - 1}")
    return reading.entries[number]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class StampsFound:
    """What the time-stamps of a folder are, what is wrong with them, and what was not shown."""

    checked: tuple[Text, ...] = ()
    problems: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()


def check_stamps(
    folder: Path,
    reading: Reading,
    authority: bytes | None = None,
    revocations: Sequence[CertificateRevocationList] = (),
) -> StampsFound:
    """The time-stamps that the ledger names, and files under ``stamps`` that it does not name.

    Parameters
    ----------
    authority : certificates (PEM) that the verifier trusts; None takes those that the folder pinned.
    revocations : lists by which no certificate of a time-stamp may be revoked.

    Raises
    ------
    MissingExtraError : there are time-stamps, and ``rfc3161-client`` is not installed.
    """
    entries = reading.of_kind(KIND)
    wrong = {entry.number: [*_problems(folder, reading, entry, authority, revocations)] for entry in entries}
    problems = [
        say(
            f"entry {entry.number} ({entry.body.get('file')}): {text.en}",
            f"記録 {entry.number}({entry.body.get('file')}):{text.ja}",
        )
        for entry in entries
        for text in wrong[entry.number]
    ]
    named = {str(entry.body.get(key)) for entry in entries for key in ("file", "authority")}
    problems += [
        say(f"{FOLDER}/{path.name}: is not in the ledger", f"{FOLDER}/{path.name}:台帳にない")
        for path in sorted((folder / FOLDER).glob("*"))
        if f"{FOLDER}/{path.name}" not in named
    ]
    held = [entry for entry in entries if not wrong[entry.number]]
    if (authority is not None or revocations) and not entries:
        problems.append(
            say(
                "the ledger holds no time-stamp, and the certificate of an authority or a revocation list was given",
                "時刻認証局の証明書または失効リストが指定されたが、台帳にタイムスタンプがない",
            )
        )
    if not held:
        return StampsFound(problems=tuple(problems))
    each = ", ".join(dict.fromkeys(f"{entry.body['entry']} ({entry.body['time']})" for entry in held))
    checked = say(f"time-stamps over entries {each}", f"記録 {each} のタイムスタンプ")
    notes = [_later(held)]
    if not revocations:
        notes.append(
            say(
                "whether the authority's certificate was revoked was not checked (--crl)",
                "時刻認証局の証明書の失効は調べていない(`--crl`)",
            )
        )
    if authority is None and not problems:
        notes.append(_pinned(folder, held))
    if not all(names_authority(authority or _bytes(folder / str(e.body["authority"]))) for e in held):
        notes.append(
            say(
                "no certificate for time-stamping is among those that are trusted, so any authority below them counts",
                "信頼する証明書にタイムスタンプ用のものがないため、その下位のどの時刻認証局の署名も認める",
            )
        )
    return StampsFound((checked,), tuple(problems), tuple(notes))


def _later(held: Iterable[Entry]) -> Text:
    """Which entries no time-stamp covers: at least the one that names the last time-stamp."""
    last = max(entry.body["entry"] for entry in held)
    return say(
        f"entries after {last} are not time-stamped: their times are those of the writer's clock",
        f"記録 {last} より後の記録にタイムスタンプはなく、時刻は記録した機器の時計による",
    )


def _pinned(folder: Path, entries: Iterable[Entry]) -> Text:
    """Whose certificate the folder itself brings."""
    pins = dict.fromkeys(str(entry.body["authority"]) for entry in entries)
    who = "; ".join(f"{subject_of((folder / pin).read_bytes())} ({pin})" for pin in pins)
    return say(
        f"the time-stamps were checked with the certificate that this folder pinned: {who}. Compare it with the one "
        "that the authority publishes, and give that with --authority",
        f"タイムスタンプはこのフォルダーに登録された証明書で調べた:{who}。時刻認証局が公開する証明書と照合し、"
        "`--authority` で指定する",
    )


def _problems(
    folder: Path,
    reading: Reading,
    entry: Entry,
    authority: bytes | None,
    revocations: Sequence[CertificateRevocationList],
) -> Iterator[Text]:
    body = entry.body
    number = body.get("entry")
    if not isinstance(number, int) or not 0 <= number < entry.number:
        yield say("names no earlier entry", "先行する記録を指していない")
        return
    over = reading.entries[number]
    if over.digest != body.get("entry_digest"):
        yield say(
            f"names another digest than that of entry {number}", f"記録 {number} のダイジェストと異なる"
        )
        return
    contents = {}
    for key, digest in (("file", "sha256"), ("authority", "authority_sha256")):
        name = str(body.get(key))
        path = folder / FOLDER / Path(name).name
        if f"{FOLDER}/{path.name}" != name or not path.is_file():
            yield say(f"{name} is missing", f"{name} がない")
            return
        if file_digest(path) != body.get(digest):
            yield say(f"{name} was changed", f"{name} が変わっている")
            return
        contents[key] = path.read_bytes()
    trusted = authority or contents["authority"]
    try:
        time = stamped_time(contents["file"], over.digest, trusted)
    except InputError as error:
        yield say(
            f"the time-stamp does not hold: it {error}",
            "タイムスタンプが無効である(改変されたか、別の対象のものか、登録した時刻認証局のものでない)",
        )
        return
    yield from _clock_problems(entry, over, time)
    yield from revocation_problems(contents["file"], time, trusted, revocations)


def _clock_problems(entry: Entry, over: Entry, time: str) -> Iterator[Text]:
    """Times of the ledger that the authority's time contradicts."""
    if time != entry.body.get("time"):
        yield say(
            f"the token says {time}, the entry {entry.body.get('time')}",
            f"トークンの時刻は {time}、記録では {entry.body.get('time')}",
        )
    stamped = datetime.fromisoformat(time)
    if datetime.fromisoformat(over.time) > stamped + CLOCK_TOLERANCE:
        yield say(
            f"entry {over.number} is dated {over.time}, after it was time-stamped at {time}",
            f"記録 {over.number} の時刻 {over.time} が、タイムスタンプの時刻 {time} より後である",
        )
    if datetime.fromisoformat(entry.time) < stamped - CLOCK_TOLERANCE:
        yield say(
            f"it is dated {entry.time}, before the time-stamp that it names was made ({time}): the clock was set back",
            f"記録の時刻 {entry.time} が、そこに含まれるタイムスタンプの時刻 {time} より前である(時計が戻されている)",
        )

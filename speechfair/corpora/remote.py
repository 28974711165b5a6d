"""Corpora on an object store or a web server: what an address means is fetched into a local copy, and read there.

A copy holds what the store holds now: at each use the store is listed, only objects that changed are fetched again, and
files that the store does not hold are removed. One process at a time brings a copy up to date.
Credentials come from the environment, as the store's own tools read them; an address that holds some is refused.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import util
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from speechfair.errors import CorpusError, InputError, MissingExtraError
from speechfair.resources import cache_folder
from speechfair.store import storing, write_atomically
from speechfair.strict_json import parse_json

__all__ = ["address_of", "fetched_file", "fetched_folder", "parent_address"]

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "hf": "huggingface_hub", "http": "aiohttp", "https": "aiohttp"}
"""By the kind of address, the package that fsspec needs. The extra ``remote`` brings all but gcsfs, ``gs`` that."""
INDEX = ".fetched.json"
AT_ONCE = 8
WAITS_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Before an object is asked for again that could not be had: a server that restarts is waited for."""
Answer = TypeVar("Answer")
_LOG = logging.getLogger(__name__)


def address_of(place: object) -> str | None:
    """The address that `place` is, such as ``s3://bucket/corpus``, its kind in small letters; None for a path.

    A `Path` was an address before pathlib took one of its slashes.

    >>> address_of(Path("S3://bucket/corpus")), address_of("calls.csv")
    ('s3://bucket/corpus', None)
    """
    known = "|".join(PACKAGES)
    pattern = rf"({known}):/(?!/)" if isinstance(place, Path) else r"([A-Za-z][A-Za-z0-9+.-]*)://"
    begin = re.match(pattern, str(place), re.IGNORECASE) if isinstance(place, str | Path) else None
    return f"{begin[1].lower()}://{str(place)[begin.end() :]}" if begin else None


def parent_address(address: str) -> str:
    """The folder that holds the object of an address."""
    return address.rstrip("/").rpartition("/")[0]


def fetched_folder(address: str) -> Path:
    """The local copy of everything below an address, as it is now.

    Raises
    ------
    InputError
        The address is of an unknown kind, holds credentials, or is one of a web server, which lists no folders.
    MissingExtraError
        The package for that kind of store is not installed.
    CorpusError
        Nothing lies there, it cannot be read, or a name in it is no name of a file. What was fetched is kept.
    """
    kind = _kind(address)
    if kind.startswith("http"):
        raise InputError(
            f"{_shown(address)}: a web server lists no folders, so audio is not read from one; give --root a path "
            "or an address of s3://, gs:// or hf://. A table alone may lie on a web server"
        )
    store, top = _store(address)
    found = _patiently(address, lambda: store.find(top, detail=True))
    stamps = {
        _relative(address, name, top): _stamp(facts)
        for name, facts in found.items()
        if facts["type"] == "file" and not _marks_a_folder(name, facts)
    }
    if not stamps:
        raise CorpusError(f"{_shown(address)}: nothing lies there; check the address")
    with _only_here(address) as copy:
        held = _unchanged(copy, stamps)

        def fetch(name: str) -> str:
            _fetch(store, f"{top.rstrip('/')}/{name}", copy / name, address)
            return name

        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for name in pool.map(fetch, [name for name in stamps if name not in held]):
                    held[name] = stamps[name]
            finally:
                write_atomically(copy / INDEX, json.dumps(held, sort_keys=True).encode())
    return copy


def fetched_file(address: str) -> Path:
    """The local copy of the one object of an address. Raises as `fetched_folder`."""
    _kind(address)
    store, name = _store(address)
    with _only_here(address) as copy:
        path = copy / (PurePosixPath(name.partition("?")[0]).name or "object")
        _fetch(store, name, path, address)
    return path


def _kind(address: str) -> str:
    kind, _, rest = address.partition("://")
    if kind.lower() not in PACKAGES:
        raise InputError(
            f"{kind}://: addresses of {', '.join(f'{name}://' for name in PACKAGES)} can be read"
        )
    if "@" in rest.partition("/")[0]:
        raise InputError(
            f"{kind}://…@…: an address must not hold credentials, since addresses are shown and stored; set the "
            "environment variables of the store instead, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    return kind.lower()


def _store(address: str) -> tuple[Any, str]:
    """The file system of an address, and the address as it names it."""
    kind = _kind(address)
    for package in ("fsspec", PACKAGES[kind]):
        if util.find_spec(package) is None:
            raise MissingExtraError(f"reading {kind}://", package, "gs" if kind == "gs" else "remote")
    import fsspec

    store, name = fsspec.core.url_to_fs(address, use_listings_cache=False)
    return store, str(name)


def _relative(address: str, name: str, top: str) -> str:
    relative = name.removeprefix(top.rstrip("/") + "/")
    parts = relative.split("/")
    if relative == name or any(part in ("", ".", "..", INDEX) or "\0" in part for part in parts):
        raise CorpusError(
            f"{_shown(address)} holds an object {name!r}, which cannot be a file below it; rename it"
        )
    return relative


def _marks_a_folder(name: str, facts: Mapping[str, Any]) -> bool:
    """Whether an object is the empty one by which consoles show a new folder."""
    return name.endswith("/") and not facts["size"]


def _stamp(facts: Mapping[str, Any]) -> str:
    """What changes with an object's content, as the store says."""
    keys = (
        "size",
        "ETag",
        "etag",
        "md5Hash",
        "generation",
        "blob_id",
        "LastModified",
        "last_modified",
        "mtime",
    )
    return json.dumps({key: str(facts[key]) for key in keys if facts.get(key) is not None}, sort_keys=True)


def _fetch(store: Any, name: str, path: Path, address: str) -> None:
    write_atomically(path, _patiently(address, lambda: bytes(store.cat_file(name))))


def _patiently(address: str, ask: Callable[[], Answer]) -> Answer:
    """The store's answer; one that cannot be had is asked for again after each of `WAITS_S`."""
    for wait_s in (*WAITS_S, None):
        try:
            return ask()
        except FileNotFoundError:
            raise CorpusError(
                f"{_shown(address)}: nothing lies there; check the address and the credentials"
            ) from None
        except Exception as error:  # each kind of store has errors of its own
            if _is_refusal(error):
                raise CorpusError(
                    f"{_shown(address)}: reading it is not permitted ({type(error).__name__}); check the "
                    "credentials in the environment"
                ) from None
            if wait_s is None:
                raise CorpusError(
                    f"{_shown(address)} cannot be read ({type(error).__name__}); what was fetched is kept: give the "
                    "same command again when the server answers"
                ) from None
        time.sleep(wait_s)
    raise AssertionError("unreachable")


def _is_refusal(error: Exception) -> bool:
    """Whether asking again is useless: credentials are missing, or they do not suffice."""
    status = getattr(error, "status", None) or getattr(getattr(error, "response", None), "status_code", None)
    return isinstance(error, PermissionError) or status in (401, 403) or "Credentials" in type(error).__name__


@contextmanager
def _only_here(address: str) -> Iterator[Path]:
    """The folder of the local copy, while no other process changes it."""
    from filelock import FileLock, Timeout

    folder = cache_folder("remote") / hashlib.sha256(address.rstrip("/").encode()).hexdigest()[:24]
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            _LOG.warning("another process is fetching %s; waiting for it", _shown(address))
            lock.acquire()
    try:
        yield folder
    finally:
        lock.release()


def _unchanged(copy: Path, stamps: Mapping[str, str]) -> dict[str, str]:
    """What the copy holds as the store does, with its stamps. Everything that the store does not hold is removed."""
    before = _read_index(copy)
    with storing(copy):
        files = {path.relative_to(copy).as_posix(): path for path in copy.rglob("*") if path.is_file()}
        for name in files.keys() - stamps.keys() - {INDEX}:
            files[name].unlink()
    return {name: stamps[name] for name in files if name in stamps and before.get(name) == stamps[name]}


def _read_index(copy: Path) -> dict[str, str]:
    try:
        found = parse_json((copy / INDEX).read_bytes())
    except (OSError, ValueError):  # of a first use, or cut off
        return {}
    return {str(name): str(stamp) for name, stamp in found.items()} if isinstance(found, dict) else {}


def _shown(address: str) -> str:
    """The address without a query, which may hold a signature."""
    return address.partition("?")[0]

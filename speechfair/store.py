"""The run folder: what lies where, how it is written so that a kill loses at most one batch, and its log.

One writer per folder (a lock says so), whole files only (temporary file, fsync, rename). Before a file is written its
digest goes into ``run.log.jsonl``, a chain of lines: what is in the folder and not in the log came from elsewhere.
Nothing here knows what an audit is; `speechfair.auditing` does.
"""

from __future__ import annotations

import errno
import hashlib
import io
import math
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, RunFolderError, SpeechfairError, StorageError
from speechfair.hash_chain import Entry, append_line, last_entry, next_entry, read_chain
from speechfair.strict_yaml import dump_yaml, parse_yaml

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "LOG",
    "MANIFEST",
    "OLD_SCHEMA",
    "RunFolder",
    "differences",
    "file_digest",
    "storing",
    "whole_folder",
    "write_atomically",
]

RUN_SCHEMA = "speechfair/run/2"
OLD_SCHEMA = "speechfair/run/1"
LOG = "run.log.jsonl"
MANIFEST = "manifest.parquet"
_SAME = 1e-9
"""Relative difference of two numbers that are the same: sums in another order, another machine."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file or nothing: temporary file next to it, fsync, rename, fsync of the folder.

    Raises `StorageError` when the disk is full or the folder cannot be written; the old file then stands.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        temporary = None
        _sync(path.parent)
    except OSError as error:
        raise _storage_error(path, error) from None
    finally:
        if temporary is not None:
            with suppress(OSError):  # of a disk that takes no change any more
                Path(temporary).unlink()


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A new folder that is there whole or not at all, however the writing ends.

    Write into the folder that is given. It lies next to `path` under a hidden name, and gets its name at the end; what
    a killed call left there is removed first.

    Raises
    ------
    StorageError
        The disk is full, or the folder cannot be made.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with storing(path):
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            yield unfinished
            for file in unfinished.rglob("*"):
                _sync(file)
            _sync(unfinished)
            if path.is_dir():
                path.rmdir()  # an empty one; anything else is an error here
            os.replace(unfinished, path)
            _sync(path.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Within the block, what the disk refuses becomes a `StorageError` that names `path`."""
    try:
        yield
    except OSError as error:
        raise _storage_error(path, error) from None
    except Exception as error:
        told = re.search(r"\(os error (\d+)\)", str(error))  # polars writes by itself, and says so in words
        if told is None or isinstance(error, SpeechfairError):
            raise
        raise _storage_error(path, OSError(int(told[1]), os.strerror(int(told[1])))) from None


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes (hex); `StorageError` where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}; check its permissions") from None


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """Where two nested values differ, one line each, such as ``corpus.options.split: 'test' -> 'train'``.

    >>> differences({"a": {"b": 1}, "c": 2}, {"a": {"b": 3}, "d": 4})
    ['a.b: 1 -> 3', 'c: 2 -> absent', 'd: absent -> 4']
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        lines: list[str] = []
        for key in [*old, *(key for key in new if key not in old)]:
            place = f"{where}.{key}" if where else str(key)
            if key not in new:
                lines.append(f"{place}: {old[key]!r} -> absent")
            elif key not in old:
                lines.append(f"{place}: absent -> {new[key]!r}")
            else:
                lines.extend(differences(old[key], new[key], place))
        return lines
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [line for i, pair in pairs for line in differences(*pair, f"{where}[{i}]")]
    floats = isinstance(old, float) and isinstance(new, float)
    same = old == new or (floats and math.isclose(old, new, rel_tol=_SAME, abs_tol=1e-15))
    return [] if same else [f"{where}: {old!r} -> {new!r}"]


class RunFolder:
    """Paths and files of one run.

    Parameters
    ----------
    path : the folder; it is created by the first write.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._next_part: dict[str, int] = {}
        if re.match(r"(s3|gs|hf|https?):/", str(path), re.IGNORECASE):
            raise RunFolderError(
                f"{path}: a run folder lies on a file system, since it is locked and continued in place; choose a "
                "folder here, and copy it to the store when it is done. To read one of a store, copy it here first"
            )
        if self.path.exists() and not self.path.is_dir():
            raise RunFolderError(f"{self.path} is a file, not a run folder; choose another --out")

    # -- run.yaml ---------------------------------------------------------------------------------

    @property
    def exists(self) -> bool:
        """Whether a run has been started here."""
        return (self.path / "run.yaml").exists()

    def read(self) -> dict[str, Any]:
        """The content of ``run.yaml``; `RunFolderError` when there is none or it is damaged."""
        path = self.path / "run.yaml"
        if not path.is_file():
            raise RunFolderError(
                f"{self.path} is not a run folder (it has no run.yaml); start one with `speechfair prepare`"
            )
        try:
            content, _ = parse_yaml(path)
        except InputError as error:
            raise RunFolderError(f"{error}; restore it or start a new folder") from None
        if not isinstance(content, dict) or content.get("schema") not in (RUN_SCHEMA, OLD_SCHEMA):
            raise RunFolderError(f"{path} is not of schema {RUN_SCHEMA}; it was written by something else")
        return content

    def write(self, content: Mapping[str, Any]) -> None:
        """Write ``run.yaml`` whole. The log says so before and after, and ``run.yaml`` names the log's last line."""
        last = self._last_entry()
        place = {"entries": last.number + 1, "head": last.digest} if last else None
        whole = {"schema": RUN_SCHEMA, "log": place, **content}
        data = dump_yaml(whole)
        sha256 = hashlib.sha256(data).hexdigest()
        self.note("run.yaml", {"sha256": sha256})
        write_atomically(self.path / "run.yaml", data)
        self.note("sealed", {"sha256": sha256})

    # -- the log ----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start the log of a new folder, over what a killed `prepare` may have left of one."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / LOG).unlink(missing_ok=True)
            append_line(self.path / LOG, next_entry(None, "begun", {}).line)
        except OSError as error:
            raise _storage_error(self.path / LOG, error) from None

    def note(self, kind: str, body: Mapping[str, Any]) -> None:
        """Add a line to the log.

        Raises
        ------
        StorageError
            The folder was deleted or emptied while it was written; nothing of it is made again.
        RunFolderError
            The log was edited.
        """
        last = self._last_entry()
        if last is None:
            raise StorageError(
                f"{self.path} was deleted or emptied while it was being written; nothing was made again in it. "
                "Restore it, or start with a new --out"
            )
        now = max(datetime.now(UTC), datetime.fromisoformat(last.time))  # a clock set back breaks no chain
        try:
            append_line(self.path / LOG, next_entry(last, kind, body, now).line)
        except OSError as error:
            raise _storage_error(self.path / LOG, error) from None

    def _last_entry(self) -> Entry | None:
        """The log's last line; the log of a folder of an earlier version starts here."""
        path = self.path / LOG
        try:
            if path.is_file():
                last = last_entry(path)
                if isinstance(last, str):
                    raise RunFolderError(f"{path}: its last line {last}")
                return last
            if not self.exists:
                return None
            if self.read().get("schema") != OLD_SCHEMA:
                raise RunFolderError(f"{path} is missing; restore it")
            body = {"schema": OLD_SCHEMA, "sha256": file_digest(self.path / "run.yaml")}
            append_line(path, next_entry(None, "migrated", body).line)
            return self._last_entry()
        except OSError as error:
            raise _storage_error(path, error) from None

    def claim_empty(self) -> None:
        """Refuse a folder that holds something that is not ours, or a run that has lost its ``run.yaml``."""
        if self.path.is_dir() and not self.exists:
            log = self.path / LOG
            noted = read_chain(log.read_bytes(), LOG)[0] if log.is_file() else ()
            if any(entry.kind in ("sealed", "migrated") for entry in noted):
                raise RunFolderError(
                    f"{self.path / 'run.yaml'} is missing; restore it, or choose another --out"
                )
            ours = {".lock", LOG, MANIFEST, "audio"}
            ours |= {str(entry.body.get("name")).partition("/")[0] for entry in noted}
            names = {path.name for path in self.path.iterdir() if path.suffix != ".tmp"}
            if foreign := names - ours:
                raise RunFolderError(
                    f"{self.path} is not empty and not a run folder (it holds {sorted(foreign)[0]!r}); "
                    "choose another --out"
                )

    @contextmanager
    def locked(self, *, new: bool = False) -> Iterator[None]:
        """Hold the folder for one writer; a second one gets a `RunFolderError` at once. `new` makes the folder."""
        from filelock import FileLock, Timeout

        try:
            if new:
                self.path.mkdir(parents=True, exist_ok=True)
            elif not self.exists:
                self.read()
            lock = FileLock(self.path / ".lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise RunFolderError(
                f"another speechfair process is writing to {self.path}; wait for it"
            ) from None
        except OSError as error:
            raise _storage_error(self.path, error) from None
        try:
            yield
        finally:
            lock.release()

    # -- tables -----------------------------------------------------------------------------------

    def write_table(self, name: str, table: pl.DataFrame) -> Path:
        """Write a Parquet file whole; `name` is relative to the folder."""
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        return self.write_file(name, buffer.getvalue())

    def write_file(self, name: str, data: bytes) -> Path:
        """Write a file whole, its digest into the log before; `name` is relative to the folder."""
        path = self.within(name)
        self.note("file", {"name": name, "sha256": hashlib.sha256(data).hexdigest()})
        write_atomically(path, data)
        return path

    def remove_file(self, name: str) -> None:
        """Remove a file if it is there; the log says so before."""
        path = self.within(name)
        if path.exists():
            self.note("removed", {"name": name})
            path.unlink()

    def within(self, name: str) -> Path:
        """The path of a file of this folder; `RunFolderError` for a name or a link that leads out of it."""
        parts = name.split("/")
        if any(not _PLAIN.fullmatch(part) for part in parts):
            raise RunFolderError(f"{self.path}: {name!r} is not the plain name of a file in the folder")
        path = self.path.joinpath(*parts)
        if any(self.path.joinpath(*parts[: n + 1]).is_symlink() for n in range(len(parts))):
            raise RunFolderError(f"{path} is a symbolic link; a run folder holds its files itself")
        return path

    def read_table(self, name: str, missing: str) -> pl.DataFrame:
        """Read a Parquet file; if it is not there the error ends with `missing`, what to do next."""
        import polars as pl

        path = self.within(name)
        if not path.is_file():
            raise RunFolderError(f"{path} does not exist; {missing}")
        try:
            return pl.read_parquet(io.BytesIO(path.read_bytes()))
        except PermissionError as error:
            raise RunFolderError(f"{path} cannot be read: {error.strerror}; check its permissions") from None
        except (Exception, pl.exceptions.PanicException) as error:
            raise RunFolderError(f"{path} is damaged ({_first_line(error)}); {missing}") from None

    def parts(self, model_key: str) -> list[Path]:
        """The hypothesis parts of a model, oldest first."""
        return sorted((self.path / "hypotheses" / model_key).glob("part-*.parquet"))

    def add_part(self, model_key: str, table: pl.DataFrame) -> Path:
        """Write the next hypothesis part. The parts that are there are listed once; the lock keeps others out."""
        if model_key not in self._next_part:
            found = [re.match(r"part-(\d+)", path.name) for path in self.parts(model_key)]
            self._next_part[model_key] = max((int(match[1]) for match in found if match), default=-1) + 1
        number = self._next_part[model_key]
        path = self.write_table(f"hypotheses/{model_key}/part-{number:06d}.parquet", table)
        self._next_part[model_key] = number + 1
        return path

    # -- digests ----------------------------------------------------------------------------------

    def digests(self) -> dict[str, str]:
        """The sha256 of every file of the run but ``run.yaml`` and the log, by relative path.

        A link or a special file is not opened; what it is stands in place of its digest.
        """
        found = {}
        for path in sorted(self.path.rglob("*")):
            relative = path.relative_to(self.path).as_posix()
            if relative in ("run.yaml", LOG) or path.name.startswith("."):
                continue
            if path.is_symlink():
                found[relative] = "a symbolic link"
            elif path.is_file():
                found[relative] = file_digest(path)
            elif not path.is_dir():
                found[relative] = "a special file"
        return found


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


def _sync(path: Path) -> None:
    """Wait until a file, or the list of a folder's files, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _storage_error(path: Path, error: OSError) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why, then = "the disk is full", "free some space and run the same command again: it resumes"
    else:
        why, then = error.strerror or str(error), "check the path and its permissions, then try again"
    return StorageError(f"cannot write {path}: {why}; everything written before is intact; {then}")

"""The run folder: what lies where, how it is written so that a kill loses at most one batch, and its digests.

One writer per folder (a lock says so), whole files only (temporary file, fsync, rename). Nothing here knows
what an audit is; `speechfair.auditing` does.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import RunFolderError, StorageError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RunFolder", "differences", "file_digest", "write_atomically"]

RUN_SCHEMA = "speechfair/run/1"
MANIFEST = "manifest.parquet"


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file or nothing: temporary file beside it, fsync, rename, fsync of the folder.

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
        _sync_folder(path.parent)
    except OSError as error:
        raise _storage_error(path, error) from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes (hex)."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
        return [
            line
            for i, (one, other) in enumerate(zip(old, new, strict=True))
            for line in differences(one, other, f"{where}[{i}]")
        ]
    return [] if old == new else [f"{where}: {old!r} -> {new!r}"]


class RunFolder:
    """Paths and files of one run.

    Parameters
    ----------
    path : the folder; it is created by the first write.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise RunFolderError(f"{self.path} is a file, not a run folder; choose another --out")

    # -- run.yaml ---------------------------------------------------------------------------------

    @property
    def exists(self) -> bool:
        """Whether a run has been started here."""
        return (self.path / "run.yaml").exists()

    def read(self) -> dict[str, Any]:
        """The content of ``run.yaml``; `RunFolderError` when there is none or it is damaged."""
        import yaml

        path = self.path / "run.yaml"
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunFolderError(
                f"{self.path} is not a run folder (it has no run.yaml); start one with `speechfair prepare`"
            ) from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise RunFolderError(
                f"{path} cannot be read: {error}; restore it or start a new folder"
            ) from None
        if not isinstance(content, dict) or content.get("schema") != RUN_SCHEMA:
            raise RunFolderError(f"{path} is not of schema {RUN_SCHEMA}; it was written by something else")
        return content

    def write(self, content: Mapping[str, Any]) -> None:
        """Write ``run.yaml`` whole."""
        import yaml

        text = yaml.safe_dump(
            {"schema": RUN_SCHEMA, **content}, sort_keys=False, allow_unicode=True, width=100
        )
        write_atomically(self.path / "run.yaml", text.encode())

    def claim_empty(self) -> None:
        """Refuse a folder that already holds something that is not ours."""
        if self.path.is_dir() and not self.exists:
            ours = {".lock", "manifest.parquet", "audio"}
            foreign = [
                p.name for p in self.path.iterdir() if p.name not in ours and not p.name.endswith(".tmp")
            ]
            if foreign:
                raise RunFolderError(
                    f"{self.path} is not empty and not a run folder (it holds {sorted(foreign)[0]!r}); "
                    "choose another --out"
                )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one writer; a second one gets a `RunFolderError` at once."""
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
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
        path = self.path / name
        write_atomically(path, buffer.getvalue())
        return path

    def read_table(self, name: str, missing: str) -> pl.DataFrame:
        """Read a Parquet file; if it is not there the error ends with `missing`, what to do next."""
        import polars as pl

        path = self.path / name
        if not path.exists():
            raise RunFolderError(f"{path} does not exist; {missing}")
        try:
            return pl.read_parquet(io.BytesIO(path.read_bytes()))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise RunFolderError(f"{path} is damaged ({error}); {missing}") from None

    def parts(self, model_key: str) -> list[Path]:
        """The hypothesis parts of a model, oldest first."""
        return sorted((self.path / "hypotheses" / model_key).glob("part-*.parquet"))

    def add_part(self, model_key: str, table: pl.DataFrame) -> Path:
        """Write the next hypothesis part."""
        numbers = [int(match[1]) for p in self.parts(model_key) if (match := re.match(r"part-(\d+)", p.name))]
        number = max(numbers, default=-1) + 1
        return self.write_table(f"hypotheses/{model_key}/part-{number:06d}.parquet", table)

    # -- digests ----------------------------------------------------------------------------------

    def digests(self) -> dict[str, str]:
        """The sha256 of every file of the run but ``run.yaml`` itself, by relative path."""
        found = {}
        for path in sorted(self.path.rglob("*")):
            relative = path.relative_to(self.path).as_posix()
            if path.is_file() and relative != "run.yaml" and not path.name.startswith("."):
                found[relative] = file_digest(path)
        return found


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _storage_error(path: Path, error: OSError) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why, then = "the disk is full", "free some space and give the same command again: it resumes"
    else:
        why, then = error.strerror or str(error), "check the path and its permissions, then try again"
    return StorageError(f"cannot write {path}: {why}; everything written before is intact; {then}")

"""Run folders as the viewer opens them: each file is checked against its digest before anything of it is shown.

A folder that is written while it is shown is checked again. A broken seal is named, and nothing of that run is shown.
Whether it was written is seen from the few files that every run has and from its folders. A part file, of which a run
of a million rows has tens of thousands, is looked at again when it is read again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.auditing.audit_table import axis_names
from speechfair.auditing.result import AuditResult, read_audit
from speechfair.errors import InputError, RunFolderError, SpeechfairError
from speechfair.registry import did_you_mean
from speechfair.running.run_record import RunRecord
from speechfair.running.seals import read_sealed
from speechfair.store import LOG, MANIFEST, RunFolder
from speechfair.viewing.utterance_table import utterance_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["OpenedRun", "RunShelf", "open_run"]

_KEY = re.compile(r"[^A-Za-z0-9._-]+")
_READING = threading.Lock()
_Stamp = tuple[str, int, int, int]


@dataclass(frozen=True)
class OpenedRun:
    """A scored run folder whose files were as they were written when it was opened.

    Parameters
    ----------
    key : its name in links.
    stamps : name, inode, size and time of change of files and folders, as they were before the check.
    part_stamps : the same of every file of hypotheses, by its path.
    """

    key: str
    folder: RunFolder
    record: RunRecord
    result: AuditResult
    stamps: tuple[_Stamp, ...]
    part_stamps: Mapping[str, _Stamp]

    def part(self, row: int) -> str | None:
        """The file that holds the hypothesis of a row, as it was when it was checked; None where there is none.

        Raises
        ------
        RunFolderError
            The file was written since.
        """
        path: str | None = self.table["part"][row]
        if path is not None and _stamp(Path(path)) != self.part_stamps.get(path):
            raise RunFolderError(
                f"{path} was changed after it was checked; run `speechfair verify {self.folder.path}`"
            )
        return path

    @property
    def table(self) -> pl.DataFrame:
        """One row per row of the manifest; see `utterance_table`. Read once, when it is first asked for."""
        kept: dict[str, pl.DataFrame] = self.__dict__
        with _READING:  # two questions at once would read it twice, and hold both
            if "_table" not in kept:
                table = utterance_table(self.folder, self.record, axis_names(self.result))
                _require_same_counts(table, self.result, self.folder)
                kept["_table"] = table
            return kept["_table"]


def _require_same_counts(table: pl.DataFrame, result: AuditResult, folder: RunFolder) -> None:
    """Raise `RunFolderError` where utterances and audit contradict each other, as after changes that were accepted."""
    scored = table.filter(~table["excluded"])
    for name in ("substitutions", "deletions", "insertions", "reference_length"):
        there, said = int(scored[name].sum()), getattr(result.overall, name)
        if there != said:
            raise RunFolderError(
                f"{folder.path}: the scores hold {there} {name} and audit.json {said}; run `speechfair score` again"
            )


def open_run(path: str | Path, key: str) -> OpenedRun:
    """Open a scored run folder.

    Raises
    ------
    RunFolderError
        It is no run folder, it has not been scored, or a file is not as it was written; the message names the file.
    """
    folder = RunFolder(path)
    stamps, parts = _stamps(folder), _part_stamps(folder)
    record = read_sealed(folder)
    record.recipe.settled()
    if record.recipe.source == "counts":
        raise RunFolderError(
            f"{folder.path} holds counts that were made elsewhere and no texts, which the viewer shows; look at its "
            "report.html"
        )
    return OpenedRun(key, folder, record, read_audit(folder.path / "audit.json"), stamps, parts)


class RunShelf:
    """The runs that are shown, by key, in the order given.

    Parameters
    ----------
    paths : run folders. One that cannot be opened stays in the list with its reason.

    Raises
    ------
    InputError
        No folder is given, or one is given twice.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        if not paths:
            raise InputError("name at least one run folder to view")
        resolved = [Path(path).resolve() for path in paths]
        for path in resolved:
            if resolved.count(path) > 1:
                raise InputError(f"{path} is given twice")
        self.paths: dict[str, Path] = dict(zip(_keys(resolved), resolved, strict=True))
        self._opened: dict[str, OpenedRun] = {}
        self._lock = threading.Lock()

    def run(self, key: str) -> OpenedRun:
        """A run as it is now; a folder that was written since is checked and read again.

        Raises
        ------
        InputError
            There is no run of this key.
        RunFolderError
            As `open_run`.
        """
        if key not in self.paths:
            raise InputError(f"no run is called {key!r}; {did_you_mean(key, list(self.paths))}")
        with self._lock:
            opened = self._opened.get(key)
            if opened is None or opened.stamps != _stamps(opened.folder):
                self._opened.pop(key, None)
                opened = self._opened[key] = open_run(self.paths[key], key)
            return opened

    def runs(self) -> list[OpenedRun | tuple[str, str]]:
        """Every run, or its key and the reason why it cannot be shown."""
        found: list[OpenedRun | tuple[str, str]] = []
        for key in self.paths:
            try:
                found.append(self.run(key))
            except SpeechfairError as error:
                found.append((key, str(error)))
        return found

    def require_one(self) -> None:
        """Raise `RunFolderError` with every reason if no run can be shown."""
        found = self.runs()
        problems = [f"{run[0]}: {run[1]}" for run in found if not isinstance(run, OpenedRun)]
        if len(problems) == len(found):
            raise RunFolderError("no run can be shown:\n  " + "\n  ".join(problems))

    def usable(self) -> list[OpenedRun]:
        """The runs that can be shown."""
        return [run for run in self.runs() if isinstance(run, OpenedRun)]


def _keys(paths: Sequence[Path]) -> list[str]:
    """Folder names that are safe in links; equal ones get a number."""
    found: list[str] = []
    for path in paths:
        plain = _KEY.sub("-", path.name).strip(".-") or "run"
        key, number = plain, 2
        while key in found:
            key, number = f"{plain}-{number}", number + 1
        found.append(key)
    return found


def _stamps(folder: RunFolder) -> tuple[_Stamp, ...]:
    """What changes when a file is written, added or replaced; the parts themselves are in `_part_stamps`."""
    paths = [folder.path / name for name in (MANIFEST, LOG, "run.yaml", "audit.json")]
    paths += sorted((folder.path / "scores").glob("*.parquet"))
    paths += [folder.path / "hypotheses", *sorted((folder.path / "hypotheses").glob("*"))]
    return tuple(map(_stamp, paths))


def _part_stamps(folder: RunFolder) -> dict[str, _Stamp]:
    return {str(path): _stamp(path) for path in (folder.path / "hypotheses").glob("*/part-*.parquet")}


def _stamp(path: Path) -> _Stamp:
    """Two of equal value are the same content."""
    try:
        stat = path.stat(follow_symlinks=False)
    except OSError:
        return (path.name, 0, -1, 0)
    return (f"{path.parent.name}/{path.name}", stat.st_ino, stat.st_size, stat.st_mtime_ns)

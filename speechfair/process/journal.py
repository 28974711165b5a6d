"""Runs note themselves in the ledger: an entry when one begins and one when it ends, however it ends.

Whoever runs an audit or a training need not ask for it: a process folder next to the run folder, or next to
a folder above it, is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from speechfair.process.ledger import Ledger
from speechfair.process.material import source_of
from speechfair.process.process_plan import read_plan
from speechfair.store import file_digest

__all__ = ["find_process", "noted", "process_folder"]

_LEVELS = 4
_CHOSEN: ContextVar[Path | None] = ContextVar("process folder", default=None)


@contextmanager
def process_folder(folder: str | Path | None) -> Iterator[None]:
    """Within the block, runs are noted in the ledger of this process folder; None looks for one near the run."""
    token = _CHOSEN.set(Path(folder) if folder is not None else _CHOSEN.get())
    try:
        yield
    finally:
        _CHOSEN.reset(token)


def find_process(run: Path) -> Path | None:
    """The folder ``process`` next to a run folder or one of the nearest folders above it, if it holds a plan."""
    for parent in list(run.absolute().parents)[:_LEVELS]:
        if (parent / "process" / "plan.yaml").is_file():
            return parent / "process"
    return None


@contextmanager
def noted(verb: str, run: Path, process: Path | None = None) -> Iterator[Path | None]:
    """Note in the ledger that `verb` begins on a run folder, and how it ended. Without a process folder: nothing.

    Parameters
    ----------
    process : process folder; None looks for one.

    Yields
    ------
    The process folder whose ledger is written, or None.

    Raises
    ------
    InputError : `process` is given and is not a process folder.
    RunFolderError : the ledger was edited; nothing is run then.
    """
    folder = process or _CHOSEN.get() or find_process(run)
    if folder is None:
        yield None
        return
    read_plan(folder)
    where = source_of(run, folder).path
    ledger = Ledger(folder)
    begun = ledger.append("run_begun", {"verb": verb, "folder": where})
    ending = {"verb": verb, "folder": where, "begun": begun.number}
    try:
        yield folder
    except BaseException as error:
        ledger.append("run_ended", {**ending, "outcome": "failed", "error": type(error).__name__})
        raise
    record = run / "run.yaml"
    digest = file_digest(record) if record.is_file() else None
    ledger.append("run_ended", {**ending, "outcome": "completed", "run_yaml_sha256": digest})

"""Runs note themselves in the ledger: an entry when one begins and one when it ends, however it ends.

Whoever runs an audit or a training need not ask for it: a process folder next to the run folder, or next to
a folder above it, is found. A run whose gate is not open is refused, unless the gate is overridden with a reason,
which the ledger records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from speechfair.errors import InputError
from speechfair.process.catalogue import Gate
from speechfair.process.ledger import Ledger
from speechfair.process.material import RunList, source_of
from speechfair.process.order import GUARDED_ROLES, passage
from speechfair.process.process_plan import read_plan
from speechfair.store import file_digest
from speechfair.strict_yaml import read_model

__all__ = ["GATE_OF", "find_process", "noted", "process_folder", "require_gate"]

GATE_OF: dict[str, Gate] = {
    "debias": "data",
    "audit": "evaluation",
    "transcribe": "evaluation",
    "compare": "evaluation",
    "leaderboard": "evaluation",
    "sequence": "evaluation",
}
"""The gate that a verb needs open. A run that `runs.yaml` lists for another purpose than the test set needs none."""

_LEVELS = 4
_CHOSEN: ContextVar[Path | None] = ContextVar("process folder", default=None)
_OVERRIDE: ContextVar[str | None] = ContextVar("reason to override a gate", default=None)


@contextmanager
def process_folder(folder: str | Path | None, override: str | None = None) -> Iterator[None]:
    """Within the block, runs are noted in the ledger of this process folder; None looks for one near the run.

    Parameters
    ----------
    override : reason why runs within the block may begin although their gate is not open.
    """
    if override is not None and not override.strip():
        raise InputError("--override-gate is empty; say why the run may begin although its gate is not open")
    token = _CHOSEN.set(Path(folder) if folder is not None else _CHOSEN.get())
    reason = _OVERRIDE.set(override if override is not None else _OVERRIDE.get())
    try:
        yield
    finally:
        _CHOSEN.reset(token)
        _OVERRIDE.reset(reason)


def require_gate(verb: str, run: Path, process: Path | None = None) -> None:
    """Refuse what a verb is about to do with a run folder if its gate is not open. Without a process folder: nothing.

    Raises
    ------
    InputError : the gate is not open and no reason to override it was given; the message says what to do.
    """
    folder = process or _CHOSEN.get() or find_process(run)
    gate = GATE_OF.get(verb)
    if folder is not None and gate is not None:
        read_plan(folder)
        _require(gate, verb, run, folder)


def _require(gate: Gate, verb: str, run: Path, folder: Path) -> None:
    where = source_of(run, folder).path
    if gate == "evaluation" and _other_purpose(run, folder):
        return
    ledger = Ledger(folder)
    found = passage(ledger.read(), gate, folder=where)
    if found.state != "shut":
        return
    if reason := _OVERRIDE.get():
        ledger.append(
            "gate_override", {"gate": gate, "verb": verb, "folder": where, "reason": reason.strip()}
        )
        return
    listed = (
        " (if this run does not read the test set, list it in runs.yaml with its role first)"
        if gate == "evaluation"
        else ""
    )
    raise InputError(
        f"{folder}: {found.reason.en}, so `{verb}` is not begun. Open it: `speechfair process collect {folder}`, then "
        f"`speechfair process gate {folder} {gate}` until it exits with 0{listed}. Or give --override-gate REASON, "
        "which the ledger records"
    )


def _other_purpose(run: Path, folder: Path) -> bool:
    """Whether runs.yaml lists the folder, and for nothing that reads the test set."""
    path = folder / "runs.yaml"
    listed = read_model(path, RunList).runs if path.is_file() else []
    roles = {entry.role for entry in listed if (folder / entry.folder).resolve() == run.resolve()}
    return bool(roles) and not roles & GUARDED_ROLES - {"test_set"}


def find_process(run: Path) -> Path | None:
    """The folder ``process`` next to a run folder or one of the nearest folders above it, if it holds a plan."""
    for parent in list(run.absolute().parents)[:_LEVELS]:
        if (parent / "process" / "plan.yaml").is_file():
            return parent / "process"
    return None


@contextmanager
def noted(
    verb: str,
    run: Path,
    process: Path | None = None,
    found: Callable[[], Mapping[str, Any]] | None = None,
) -> Iterator[Path | None]:
    """Note in the ledger that `verb` begins on a run folder, and how it ended. Without a process folder: nothing.

    Parameters
    ----------
    process : process folder; None looks for one.
    found : called after a run that was completed; what it gives is noted with its end.

    Yields
    ------
    The process folder whose ledger is written, or None.

    Raises
    ------
    InputError : `process` is given and is not a process folder, or the gate of the verb is not open.
    RunFolderError : the ledger was edited; nothing is run then.
    """
    folder = process or _CHOSEN.get() or find_process(run)
    if folder is None:
        yield None
        return
    read_plan(folder)
    if gate := GATE_OF.get(verb):
        _require(gate, verb, run, folder)
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
    more = found() if found is not None else {}
    ledger.append("run_ended", {**ending, "outcome": "completed", "run_yaml_sha256": digest, **more})

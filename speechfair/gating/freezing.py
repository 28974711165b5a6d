"""When a criteria file was fixed: `freeze` records its digest and the time, `standing` compares that with a run.

The time is this machine's clock and the record is a file next to others, so it binds only who does not edit it. What
an outsider can rely on is a digest that they were given, or that was published, before the evaluation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from speechfair.errors import RunFolderError
from speechfair.gating.criteria import read_criteria
from speechfair.records import StrictRecord
from speechfair.running.run_record import Freeze, History, read_record, seal, utc_now
from speechfair.running.seals import read_sealed
from speechfair.store import RunFolder, file_digest, write_atomically
from speechfair.strict_yaml import read_model

__all__ = ["Freeze", "History", "Standing", "freeze", "read_history", "sidecar", "standing", "standing_alone"]

Kind = Literal["never", "changed", "late"]

HOW_TO_FREEZE = "`speechfair criteria freeze FILE` before the test set is transcribed"


class Sidecar(StrictRecord):
    """The content of ``FILE.frozen.yaml``: every version that was frozen, oldest first."""

    schema_: Literal["speechfair/frozen-criteria/1"] = Field(alias="schema")
    frozen: list[Freeze]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a criteria file may give a verdict on a run.

    Parameters
    ----------
    file, sha256 : name and digest of the file as it is now.
    frozen : when this version was frozen, or None.
    recorded_in : ``run folder`` or ``sidecar``, where that is recorded.
    evaluated : when the run first gave an utterance to its model, or None where that is not recorded.
    problem : why it may not (never frozen, changed since, or frozen too late), or None.
    others : names of other criteria files that were frozen into the run folder.
    """

    file: str
    sha256: str
    frozen: str | None = None
    recorded_in: Literal["run folder", "sidecar"] | None = None
    evaluated: str | None = None
    problem: tuple[Kind, str] | None = None
    others: tuple[str, ...] = ()


def sidecar(path: Path) -> Path:
    """Where `freeze` records a file that belongs to no run yet: ``FILE.frozen.yaml`` next to it."""
    return path.with_name(f"{path.name}.frozen.yaml")


def freeze(path: str | Path, run: str | Path | None = None) -> Freeze:
    """Record the digest of a criteria file and the time; do it before the evaluation, later it counts for nothing.

    Parameters
    ----------
    path : a criteria file; it is read and checked first.
    run : a prepared run folder without hypotheses. The record and a copy of the file go in there, and are under its
        digests from then on. None writes the sidecar ``FILE.frozen.yaml``.

    Returns
    -------
    Freeze
        If this very version was the last one frozen, its first record, unchanged.

    Raises
    ------
    InputError : the file is not a criteria file.
    RunFolderError : the folder's evaluation has begun, so that nothing can be frozen for it any more.
    """
    path = Path(path)
    read_criteria(path)
    record = Freeze(file=path.name, sha256=file_digest(path), time=utc_now())
    if run is not None:
        return _freeze_into(RunFolder(run), path, record)
    before = _sidecar_records(path)
    if before and before[-1].sha256 == record.sha256:
        return before[-1]
    content = Sidecar(schema_="speechfair/frozen-criteria/1", frozen=[*before, record])
    write_atomically(sidecar(path), _yaml(content.model_dump(mode="json", by_alias=True)))
    return record


def read_history(run: RunFolder) -> History:
    """The times that ``run.yaml`` records; damage raises `RunFolderError`."""
    return read_record(run).history


def standing(path: str | Path, run: str | Path) -> Standing:
    """Compare a criteria file with what was frozen before the evaluation of a run.

    The run folder's own record decides where there is one for a file of that name or content; else the sidecar. Of
    several versions the one that was last frozen before the evaluation is in force, and no other.
    """
    path, folder = Path(path), RunFolder(run)
    digest = file_digest(path)
    history = read_history(folder)
    names = {path.name, *(record.file for record in history.criteria if record.sha256 == digest)}
    records: Sequence[Freeze] = [record for record in history.criteria if record.file in names]
    place: Literal["run folder", "sidecar"] = "run folder" if records else "sidecar"
    records = records or _sidecar_records(path)
    mine = [record for record in records if record.sha256 == digest]
    same = [record for record in mine if record.time < (history.evaluated or "~")] or mine
    others = tuple(sorted({record.file for record in history.criteria} - names))
    begun = history.evaluated is not None or _has_hypotheses(folder)
    problem = _problem(path.name, digest, records, history.evaluated, begun)
    return Standing(
        file=path.name,
        sha256=digest,
        frozen=same[-1].time if same else None,
        recorded_in=place if same else None,
        evaluated=history.evaluated,
        others=others,
        problem=problem,
    )


def standing_alone(path: str | Path) -> Standing:
    """Whether a criteria file is as its sidecar last froze it, before there is a run to judge."""
    path = Path(path)
    digest, records = file_digest(path), _sidecar_records(path)
    same = [record for record in records if record.sha256 == digest]
    return Standing(
        file=path.name,
        sha256=digest,
        frozen=same[0].time if same else None,
        recorded_in="sidecar" if same else None,
        problem=_problem(path.name, digest, records, None, begun=False),
    )


def _problem(
    name: str, digest: str, records: Sequence[Freeze], evaluated: str | None, begun: bool
) -> tuple[Kind, str] | None:
    if not records:
        return "never", (f"{name} was never frozen; use {HOW_TO_FREEZE}")
    if all(record.sha256 != digest for record in records):
        last = records[-1]
        return "changed", (
            f"{name} was changed after it was frozen (sha256 now {digest[:12]}…, frozen at {last.time} "
            f"as {last.sha256[:12]}…); restore it"
        )
    if evaluated is None and begun:
        return "late", (
            "run.yaml does not record when the evaluation began, so nothing shows what came first"
        )
    times = [record.time for record in records]
    if times != sorted(times) or max(*times, evaluated or "") > utc_now():
        return "late", ("the recorded times contradict each other or this machine's clock")
    in_force = [record for record in records if evaluated is None or record.time < evaluated]
    if not in_force:
        first = next(record for record in records if record.sha256 == digest)
        return "late", (f"{name} was frozen at {first.time}, after the evaluation began at {evaluated}")
    if in_force[-1].sha256 != digest:
        return "changed", (
            f"another version of {name} was in force when the evaluation began (sha256 "
            f"{in_force[-1].sha256[:12]}…, frozen at {in_force[-1].time}); judge by that one"
        )
    return None


def _freeze_into(run: RunFolder, path: Path, record: Freeze) -> Freeze:
    run.read()
    with run.locked():
        record_now = read_sealed(run)
        history = record_now.history
        if history.evaluated or _has_hypotheses(run):
            when = f" at {history.evaluated}" if history.evaluated else ""
            raise RunFolderError(
                f"{run.path}: the evaluation began{when}; criteria frozen now could have been chosen by its results. "
                "Freeze them before `speechfair transcribe`, in a folder of data that nobody has looked at"
            )
        before = [old for old in history.criteria if old.file == record.file]
        if before and before[-1].sha256 == record.sha256:
            return before[-1]
        run.write_file(f"criteria/{record.sha256[:16]}.yaml", path.read_bytes())
        frozen = [*history.criteria, record]
        seal(run, record_now.recipe, record_now.root, record_now.statement, criteria=frozen)
    return record


def _has_hypotheses(run: RunFolder) -> bool:
    return any((run.path / "hypotheses").rglob("part-*"))


def _sidecar_records(path: Path) -> list[Freeze]:
    beside = sidecar(path)
    return list(read_model(beside, Sidecar).frozen) if beside.exists() else []


def _yaml(content: dict[str, Any]) -> bytes:
    import yaml

    head = (
        "# Written by `speechfair criteria freeze`. It proves little by itself: publish the digest as well.\n"
    )
    return (head + yaml.safe_dump(content, sort_keys=False, allow_unicode=True)).encode()

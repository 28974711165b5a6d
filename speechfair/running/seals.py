"""Whether a run folder is as it was written: each file against its digest, ``run.yaml`` against the log.

Every verb that reads a run asks here first. What differs is named, and nothing that was computed from it is written.
Somebody may accept the changes with a reason; that is kept in the folder for good.
"""

from __future__ import annotations

from pathlib import Path

from speechfair.errors import InputError, RunFolderError
from speechfair.running.run_log import log_state
from speechfair.running.run_record import Acceptance, Change, RunRecord, read_record, utc_now
from speechfair.store import LOG, OLD_SCHEMA, RunFolder, file_digest

__all__ = ["accept_changes", "broken_seals", "describe_changes", "read_sealed", "require_sealed"]

_SHOWN = 5


def read_sealed(run: RunFolder) -> RunRecord:
    """The record of a run folder that is as it was written; else `RunFolderError` names each file that is not."""
    record = read_record(run)
    require_sealed(run, record)
    return record


def require_sealed(run: RunFolder, record: RunRecord) -> None:
    """Raise `RunFolderError` with the files that are not as they were written."""
    found = describe_changes(broken_seals(run, record))
    if found:
        more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        raise RunFolderError(
            f"{run.path} is not as it was written:\n  "
            + "\n  ".join([*found[:_SHOWN], *more])
            + "\nrestore it. If you know why it was changed, record that with `speechfair verify RUN --accept-changes "
            "REASON`; no gate passes on it after that"
        )


def broken_seals(run: RunFolder, record: RunRecord) -> list[Change]:
    """Every file that is not as it was written, ``run.yaml`` and the log included."""
    state, now = log_state(run), run.digests()
    changes = []
    actual = file_digest(run.path / "run.yaml")
    kept_a_log = record.schema_ != OLD_SCHEMA or record.log is not None
    if not state.entries and (kept_a_log or (run.path / LOG).exists()):
        after = file_digest(run.path / LOG) if (run.path / LOG).is_file() else None
        changes.append(Change(file=LOG, before="", after=after))
    elif state.problems:
        changes.append(Change(file=LOG, before=state.problems[0], after=file_digest(run.path / LOG)))
    elif state.entries and (actual not in state.allowed or not _in_place(record, run)):
        changes.append(Change(file="run.yaml", before=", ".join(sorted(state.allowed)), after=actual))
    for name in sorted({*record.digests, *now}):
        good = {record.digests.get(name), *state.pending.get(name, ())}
        if name in state.removed and name not in now:
            continue
        if now.get(name) not in good - {None}:
            changes.append(Change(file=name, before=record.digests.get(name), after=now.get(name)))
    return changes


def describe_changes(changes: list[Change]) -> list[str]:
    """One line for each."""
    lines = []
    for change in changes:
        if change.file == LOG:
            lines.append(change.before or f"{LOG}: is {'missing' if change.after is None else 'empty'}")
        elif change.after is None:
            lines.append(f"{change.file}: is missing")
        elif change.before is None:
            lines.append(f"{change.file}: is not recorded in run.yaml or in {LOG}")
        else:
            was = f"recorded {change.before[:12]}…" if change.before else "recorded nowhere"
            or_log = f", or {LOG} lost lines or is of another run" if change.file == "run.yaml" else ""
            lines.append(f"{change.file}: was changed (sha256 {change.after[:12]}…, {was}){or_log}")
    return lines


def accept_changes(out: str | Path, reason: str) -> Acceptance:
    """Record that what was changed in a run folder from outside is accepted, and why.

    Digests before and after are kept in ``run.yaml``; `verify`, the page and the gate show them from then on.

    Raises
    ------
    InputError
        No reason is given, or nothing was changed.
    """
    if not reason.strip():
        raise InputError("a reason is needed: who changed the folder, and what for")
    run = RunFolder(out)
    with run.locked():
        record = read_record(run)
        changes = broken_seals(run, record)
        if not changes:
            raise InputError(f"{run.path} is as it was written; there is nothing to accept")
        links = [change.file for change in changes if change.after in ("a symbolic link", "a special file")]
        if links:
            raise RunFolderError(f"{run.path / links[0]} is no plain file and cannot be accepted; remove it")
        if any(change.file == LOG for change in changes):
            run.begin()
        accepted = Acceptance(time=utc_now(), reason=reason.strip(), changes=changes)
        update = {"accepted": [*record.accepted, accepted], "digests": run.digests()}
        run.write(record.model_copy(update=update).plain())
        return accepted


def _in_place(record: RunRecord, run: RunFolder) -> bool:
    """Whether ``run.yaml`` names a line of the log that is there."""
    place, entries = record.log, log_state(run).entries
    if place is None:
        return record.schema_ == OLD_SCHEMA
    return 0 < place.entries <= len(entries) and entries[place.entries - 1].digest == place.head

"""What a run folder's log says: which ``run.yaml`` is in force, and which files were written since.

The log is a chain of lines (`speechfair.hash_chain`). Every file is noted in it before it is written, so a file that a
killed run left is told apart from one that somebody added.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from speechfair.errors import RunFolderError
from speechfair.hash_chain import Entry, read_chain
from speechfair.store import LOG, RunFolder

__all__ = ["LogState", "log_state"]


@dataclass
class LogState:
    """What the log says.

    Parameters
    ----------
    entries : the lines that hold.
    problems : what was edited, dropped or reordered.
    allowed : digests that ``run.yaml`` may have: that of the last sealed state, and of one whose writer was killed.
    pending : digests by name of the files that were noted since.
    removed : names of the files that were removed since.
    migrated : when the log began in a folder of an earlier version; None for a new folder.
    """

    entries: tuple[Entry, ...] = ()
    problems: list[str] = field(default_factory=list)
    allowed: set[str] = field(default_factory=set)
    pending: dict[str, set[str]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    migrated: str | None = None

    @property
    def unlogged(self) -> str | None:
        """Since when edits of ``run.yaml`` cannot be seen, or until when they could not; None for a whole log."""
        if not self.entries:
            return (
                "edits of run.yaml: it was written by a version that kept no log; the next command that writes to the "
                "folder starts one"
            )
        if self.migrated is not None:
            return f"edits of run.yaml before {self.migrated}, when this folder got its log"
        return None


def log_state(run: RunFolder) -> LogState:
    """Read the log of a run folder. Damage is reported, not raised; a folder without a log has no entries."""
    path = run.path / LOG
    if path.is_symlink() or not path.is_file():
        return LogState()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunFolderError(
            f"cannot read {path}: {error.strerror or error}; check its permissions"
        ) from None
    entries, problems, _ = read_chain(data, LOG)
    state = LogState(entries, problems)
    sealed: str | None = None
    for entry in entries:
        sha256 = str(entry.body.get("sha256"))
        if entry.kind == "file":
            state.pending.setdefault(str(entry.body.get("name")), set()).add(sha256)
            state.removed.discard(str(entry.body.get("name")))
        elif entry.kind == "removed":
            state.removed.add(str(entry.body.get("name")))
        elif entry.kind == "run.yaml":
            state.allowed = {sha256} if sealed is None else {sealed, sha256}
        elif entry.kind in ("sealed", "migrated"):
            sealed, state.allowed, state.pending, state.removed = sha256, {sha256}, {}, set()
            state.migrated = entry.time if entry.kind == "migrated" else state.migrated
    return state

"""Edits of ``run.yaml`` that no log shows, found by the ``audit.json`` that was made from it before.

A folder of an earlier version has no log, so an edit of its recipe is seen only where ``audit.json`` says otherwise.
Whoever would write ``audit.json`` anew asks here first: afterwards nothing would be left to see the edit by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from speechfair.auditing.result import AuditResult, read_audit
from speechfair.errors import InputError, RunFolderError
from speechfair.running.run_log import log_state
from speechfair.running.run_record import RunRecord
from speechfair.store import RunFolder, differences

__all__ = ["refuse_unlogged_edits"]

AUDIT = "audit.json"


def refuse_unlogged_edits(run: RunFolder, record: RunRecord, evaluate: Callable[[], AuditResult]) -> None:
    """Compare ``audit.json`` of a folder without a whole log with what ``run.yaml`` says now.

    Statistics are left out: later versions may compute them in another way.

    Parameters
    ----------
    evaluate : the result of the folder's hypotheses under its recipe; called only where the two can be compared.

    Raises
    ------
    RunFolderError
        They contradict each other; the message names what differs.
    """
    if not _comparable(run, record):
        return
    try:
        stored = read_audit(run.path / AUDIT)
    except RunFolderError:
        return  # of a version whose file no longer fits; scoring again is what the error asks for
    try:
        again = evaluate()
    except InputError:
        if record.recipe.scoring is None:
            return  # of a version that did not record how languages are counted; here, too, it is
        raise
    if found := differences(_settings(stored, stored), _settings(again, stored)):
        raise RunFolderError(
            f"{run.path}: {AUDIT} was made from another run.yaml, and no log says who changed it:\n  "
            + "\n  ".join(found[:5])
            + "\nrestore run.yaml, or choose another --out"
        )


def _comparable(run: RunFolder, record: RunRecord) -> bool:
    """Whether ``audit.json`` is still what the hypotheses gave before there was a log."""
    state = log_state(run)
    if state.unlogged is None or record.recipe.analysis is None or record.accepted:
        return False
    since = {str(entry.body.get("name")) for entry in state.entries}
    renewed = any(name == AUDIT or name.startswith("hypotheses/") for name in since)
    return AUDIT in record.digests and not renewed


def _settings(result: AuditResult, stored: AuditResult) -> dict[str, Any]:
    """What a result says of its recipe, and the plain counts; of what `stored`, perhaps older, has."""
    found: dict[str, Any] = {
        name: getattr(result, name).model_dump(mode="json", include=getattr(stored, name).model_fields_set)
        for name in ("corpus_record", "model_record")
    }
    found |= {name: getattr(result, name) for name in ("level", "seed", "empty_references", "tokens")}
    found["normalizer"] = result.normalizer.name
    found["reference"] = {f"{one.axis}={one.value}": one.is_reference for one in result.groups}
    found["totals"] = result.totals.model_dump(mode="json", by_alias=True)
    return found | {"rate": result.overall.rate.value}

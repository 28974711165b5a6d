"""Scores and estimates recomputed from stored hypotheses, once for the same bytes.

A process folder is verified, collected and judged in turn, and each of these recomputes every run. The result is a
function of the manifest, the hypotheses and ``run.yaml``, so it is kept for the life of the process under the
digest of exactly these bytes, read anew each time: one changed byte recomputes. Large runs are not kept.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from speechfair.auditing.run import evaluate
from speechfair.store import file_digest

if TYPE_CHECKING:
    import polars as pl

    from speechfair.auditing.result import AuditResult
    from speechfair.running.run_record import RunRecord
    from speechfair.store import RunFolder

__all__ = ["recomputed"]

MOST_RUNS = 16
MOST_ROWS = 20_000
_KEPT: OrderedDict[str, tuple[pl.DataFrame, AuditResult]] = OrderedDict()


def recomputed(run: RunFolder, record: RunRecord) -> tuple[pl.DataFrame, AuditResult]:
    """Score table and result of a run's stored hypotheses under its recorded recipe. Writes nothing."""
    key = _key(run)
    if key in _KEPT:
        _KEPT.move_to_end(key)
        return _KEPT[key]
    found = evaluate(run, record.recipe, record.statement)
    if found[0].height <= MOST_ROWS:
        _KEPT[key] = found
        while len(_KEPT) > MOST_RUNS:
            _KEPT.popitem(last=False)
    return found


def _key(run: RunFolder) -> str:
    """The digest of every byte that the result depends on."""
    parts = []
    for path in [
        run.path / "run.yaml",
        run.path / "manifest.parquet",
        *sorted(run.path.glob("hypotheses/*/*")),
    ]:
        if path.is_file():
            parts.append(f"{path.relative_to(run.path).as_posix()} {file_digest(path)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()

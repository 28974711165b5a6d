"""`audit`, `transcribe`, `merge` and `score` as people call them: with the page and the ledger of a process folder."""

from __future__ import annotations

from speechfair.auditing import run as steps
from speechfair.verbs.recorded import recorded

__all__ = ["audit", "merge", "score", "transcribe"]

audit = recorded(steps.audit, "out", verb="audit", page=True)
transcribe = recorded(steps.transcribe, "out", verb="transcribe")
merge = recorded(steps.merge, "out", verb="merge")
score = recorded(steps.score, "out", page=True)

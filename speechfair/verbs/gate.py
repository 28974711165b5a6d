"""`gate` as people call it: with the ledger of a process folder."""

from __future__ import annotations

from speechfair.gating import judge
from speechfair.verbs.recorded import recorded

__all__ = ["gate"]

gate = recorded(judge.gate, "run", verb="gate")

"""speechfair: audit speech models for accent bias, with intervals that can be trusted and re-derived.

>>> import speechfair
>>> speechfair.ErrorCounts(1, 0, 1, 8).rate
0.25
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speechfair.auditing.compare import compare
    from speechfair.auditing.discovery import discover
    from speechfair.auditing.gate import gate
    from speechfair.auditing.planning import plan
    from speechfair.auditing.result import AuditResult
    from speechfair.auditing.run import audit, prepare, score, transcribe
    from speechfair.auditing.verify import verify
    from speechfair.corpora import load_corpus
    from speechfair.models import load_model
    from speechfair.types import (
        Audio,
        ErrorCounts,
        Estimate,
        Exclusion,
        Hypothesis,
        Label,
        Utterance,
    )

__version__ = "0.1.0"

_HOMES = {
    "AuditResult": "speechfair.auditing.result",
    "audit": "speechfair.auditing.run",
    "gate": "speechfair.auditing.gate",
    "compare": "speechfair.auditing.compare",
    "discover": "speechfair.auditing.discovery",
    "plan": "speechfair.auditing.planning",
    "prepare": "speechfair.auditing.run",
    "transcribe": "speechfair.auditing.run",
    "score": "speechfair.auditing.run",
    "verify": "speechfair.auditing.verify",
    "load_corpus": "speechfair.corpora",
    "load_model": "speechfair.models",
    "Audio": "speechfair.types",
    "ErrorCounts": "speechfair.types",
    "Estimate": "speechfair.types",
    "Exclusion": "speechfair.types",
    "Hypothesis": "speechfair.types",
    "Label": "speechfair.types",
    "Utterance": "speechfair.types",
}

__all__ = [
    "Audio",
    "AuditResult",
    "ErrorCounts",
    "Estimate",
    "Exclusion",
    "Hypothesis",
    "Label",
    "Utterance",
    "audit",
    "compare",
    "discover",
    "gate",
    "load_corpus",
    "load_model",
    "plan",
    "prepare",
    "score",
    "transcribe",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import speechfair` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'speechfair' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""speechfair: audit speech models for accent bias, with intervals that can be trusted and re-derived.

>>> import speechfair
>>> speechfair.ErrorCounts(1, 0, 1, 8).rate
0.25
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speechfair.audit.result import AuditResult
    from speechfair.audit.run import audit, prepare, score, transcribe
    from speechfair.audit.verify import verify
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
    "AuditResult": "speechfair.audit.result",
    "audit": "speechfair.audit.run",
    "prepare": "speechfair.audit.run",
    "transcribe": "speechfair.audit.run",
    "score": "speechfair.audit.run",
    "verify": "speechfair.audit.verify",
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
    "load_corpus",
    "load_model",
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

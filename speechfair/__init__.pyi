"""What the package offers; the one list of its public names. A name is imported when it is first used."""

from .auditing.result import AuditResult
from .auditing.run import audit, prepare, score, transcribe
from .auditing.verify import verify
from .comparing.compare_models import compare
from .corpora import load_corpus
from .exploring.discovery import discover
from .exploring.planning import plan
from .gating.judge import gate
from .models import load_model
from .types import Audio, ErrorCounts, Estimate, Exclusion, Hypothesis, Label, Utterance

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

__version__: str

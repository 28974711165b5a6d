"""`demo`: an audit whose answer is known in advance, because the accents were planted by rule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.corpora import load_corpus
from speechfair.verbs.audit import audit

if TYPE_CHECKING:
    from speechfair.auditing.result import AuditResult
    from speechfair.running.transcription import Observer
    from speechfair.types import Recognizer

__all__ = ["demo"]

FIRST_LANGUAGES = ("jpn", "spa", "deu", "fra")
STRENGTHS = (0.5, 1.0)
VOICES = 8
TEXTS = 10


def demo(model: Recognizer, *, out: str | Path, observe: Observer | None = None) -> AuditResult:
    """Audit `model` on synthetic accents at two strengths and on the unaccented reference.

    Parameters
    ----------
    out : run folder; the synthetic audio goes into the cache, not here.
    """
    corpus = load_corpus(
        "synthetic", first_languages=FIRST_LANGUAGES, strengths=STRENGTHS, voices=VOICES, texts=TEXTS
    )
    return audit(
        corpus, model, ["first_language", "strength", "first_language+strength"], out=out, observe=observe
    )

"""Whisper, faster-whisper and WhisperX JSON: one file a recording, with ``segments`` and mostly ``text``.

The confidence is the geometric mean of the token probabilities, where segments have ``avg_logprob`` and ``tokens``.
WhisperX's word scores are of its alignment, not of the recognition, and are not taken.
"""

from __future__ import annotations

import math
from typing import Any

from speechfair.importing.transcript_documents import Found, document_format

__all__ = ["FORMAT"]


def _find(content: Any) -> Found:
    segments = content if isinstance(content, list) else content["segments"]
    text = content.get("text") if isinstance(content, dict) else None
    if text is None:
        text = " ".join(str(segment["text"]).strip() for segment in segments)
    language = content.get("language") if isinstance(content, dict) else None
    return Found(text, confidence=_confidence(segments), language=language)


def _confidence(segments: list[Any]) -> float | None:
    counts = [len(segment.get("tokens") or ()) for segment in segments]
    logs = [segment.get("avg_logprob") for segment in segments]
    if not sum(counts) or any(value is None for value in logs):
        return None
    return min(1.0, math.exp(sum(n * value for n, value in zip(counts, logs, strict=True)) / sum(counts)))


def _mine(content: Any) -> bool:
    segments = content if isinstance(content, list) else content["segments"]
    return isinstance(segments, list) and all({"start", "end", "text"} <= each.keys() for each in segments)


FORMAT = document_format(
    "whisper",
    "Whisper, faster-whisper or WhisperX JSON",
    "https://github.com/openai/whisper (transcribe.py), https://github.com/m-bain/whisperX",
    _mine,
    _find,
)

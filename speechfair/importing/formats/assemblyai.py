"""AssemblyAI's transcript object: ``text``, ``confidence``, ``status``; the status ``error`` is a failure."""

from __future__ import annotations

from typing import Any

from speechfair.importing.transcript_documents import Found, document_format

__all__ = ["FORMAT"]


def _find(content: Any) -> Found:
    if content["status"] != "completed":
        return Found(
            None,
            error=str(content.get("error") or f"status {content['status']}"),
            id=content.get("audio_url"),
        )
    return Found(content["text"] or "", confidence=content.get("confidence"), id=content.get("audio_url"))


FORMAT = document_format(
    "assemblyai",
    "AssemblyAI transcript JSON",
    "https://www.assemblyai.com/docs/api-reference/transcripts/get",
    lambda content: (
        "status" in content and "text" in content and ("audio_url" in content or "words" in content)
    ),
    _find,
)

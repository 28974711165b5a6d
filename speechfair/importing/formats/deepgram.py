"""Deepgram's answer for a recording: ``results.channels[].alternatives[0].transcript``; channels are joined."""

from __future__ import annotations

from typing import Any

from speechfair.importing.transcript_documents import Found, document_format

__all__ = ["FORMAT"]


def _find(content: Any) -> Found:
    best = [channel["alternatives"][0] for channel in content["results"]["channels"]]
    sure = best[0].get("confidence") if len(best) == 1 else None
    return Found(" ".join(each["transcript"] for each in best), confidence=sure)


FORMAT = document_format(
    "deepgram",
    "Deepgram pre-recorded transcription JSON",
    "https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded",
    lambda content: "alternatives" in content["results"]["channels"][0],
    _find,
)

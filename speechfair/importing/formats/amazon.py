"""Amazon Transcribe: ``results.transcripts[0].transcript``; the recording is named by the job or the file."""

from __future__ import annotations

from typing import Any

from speechfair.importing.transcript_documents import Found, document_format

__all__ = ["FORMAT"]


def _find(content: Any) -> Found:
    if content.get("status", "COMPLETED") != "COMPLETED":
        return Found(None, error=f"status {content['status']}", id=content.get("jobName"))
    return Found(content["results"]["transcripts"][0]["transcript"], id=content.get("jobName"))


FORMAT = document_format(
    "amazon",
    "Amazon Transcribe JSON",
    "https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html",
    lambda content: "transcripts" in content["results"] or "jobName" in content,
    _find,
)

"""Google Speech-to-Text v1 and v2: ``results[].alternatives[0].transcript``, joined in order.

The confidence is that of the only result; several results have no common one. No results is an empty transcript.
"""

from __future__ import annotations

from typing import Any

from speechfair.importing.transcript_documents import Found, document_format

__all__ = ["FORMAT"]


def _find(content: Any) -> Found:
    body = content.get("response", content)
    if "error" in content:
        return Found(None, error=str(content["error"].get("message", content["error"])))
    best = [each["alternatives"][0] for each in body.get("results", []) if each.get("alternatives")]
    sure = best[0].get("confidence") if len(best) == 1 else None
    return Found(" ".join(each.get("transcript", "").strip() for each in best), confidence=sure or None)


def _mine(content: Any) -> bool:
    results = content.get("response", content)["results"]
    return isinstance(results, list) and all("alternatives" in each for each in results)


FORMAT = document_format(
    "google",
    "Google Speech-to-Text recognize JSON",
    "https://cloud.google.com/speech-to-text/docs/reference/rest/v1/speech/recognize",
    _mine,
    _find,
)

"""Azure Speech: the detailed short answer (``NBest``), batch results and fast transcription.

The display form is taken. A status other than ``Success`` is a failure, but ``NoMatch`` and silence are empty texts.
"""

from __future__ import annotations

from typing import Any

from speechfair.importing.transcript_documents import Found, document_format

__all__ = ["FORMAT"]


def _find(content: Any) -> Found:
    if "RecognitionStatus" in content:
        status = content["RecognitionStatus"]
        if status in ("NoMatch", "InitialSilenceTimeout", "BabbleTimeout"):
            return Found("")
        if status != "Success":
            return Found(None, error=f"RecognitionStatus {status}")
        best = content.get("NBest")
        if best:
            return Found(best[0]["Display"], confidence=best[0].get("Confidence"))
        return Found(content["DisplayText"])
    if "combinedRecognizedPhrases" in content:
        texts = [phrase["display"] for phrase in content["combinedRecognizedPhrases"]]
        return Found(" ".join(texts), id=content.get("source"))
    return Found(" ".join(phrase["text"] for phrase in content["combinedPhrases"]))


FORMAT = document_format(
    "azure",
    "Azure Speech JSON: short audio, batch or fast transcription",
    "https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-get",
    lambda content: bool(
        {"RecognitionStatus", "combinedRecognizedPhrases", "combinedPhrases"} & content.keys()
    ),
    _find,
)

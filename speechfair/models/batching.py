"""What every adapter does besides recognising: refuse unusable audio, share out time, keep order.

No model is known here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from speechfair.types import Audio, Hypothesis

__all__ = ["describe", "failed", "one_by_one", "refusal", "share_seconds"]


def refusal(audio: Audio, sample_rate: int) -> str | None:
    """Why `audio` cannot be given to a model that takes `sample_rate` Hz; None where it can."""
    import numpy as np

    if audio.sample_rate != sample_rate:
        return f"audio is at {audio.sample_rate} Hz, the model takes {sample_rate} Hz"
    if audio.samples.ndim != 1:
        return f"audio has shape {audio.samples.shape}, the model takes mono of shape (samples,)"
    if len(audio.samples) == 0:
        return "audio has no samples"
    if not np.isfinite(audio.samples).all():
        return "audio holds samples that are not finite numbers"
    return None


def share_seconds(seconds: float, batch: Sequence[Audio]) -> list[float]:
    """Compute time of a batch, shared out by audio length; adds up to `seconds`."""
    total = sum(len(audio.samples) for audio in batch)
    return [seconds * len(audio.samples) / total for audio in batch] if total else [0.0] * len(batch)


def describe(error: BaseException) -> str:
    """One line for an unforeseen error of a library."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def failed(audio: Audio, error: str, model: str, seconds: float = 0.0) -> Hypothesis:
    """The hypothesis of a row that could not be recognised."""
    return Hypothesis(audio.utterance_id, None, error, seconds, model)


def one_by_one(
    batch: Sequence[Audio], sample_rate: int, model: str, recognize: Callable[[Audio], str]
) -> list[Hypothesis]:
    """Hypotheses of a recogniser that takes one utterance at a time; what it raises fails that row only."""
    results = []
    for audio in batch:
        started = time.perf_counter()
        reason = refusal(audio, sample_rate)
        text = None
        if reason is None:
            try:
                text = recognize(audio)
            except Exception as error:
                reason = describe(error)
        spent = time.perf_counter() - started
        results.append(Hypothesis(audio.utterance_id, text, reason, spent, model))
    return results

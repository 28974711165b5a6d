"""What every adapter does besides recognising: refuse unusable audio, share out time, keep order.

No model is known here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from speechfair.errors import ModelError
from speechfair.types import Audio, Hypothesis

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Heard",
    "at_least",
    "by_length",
    "confidence_of",
    "describe",
    "failed",
    "one_by_one",
    "refusal",
    "require_answers",
    "share_seconds",
    "too_long",
]


class Heard(NamedTuple):
    """A text, and how sure the model says it is (see `Hypothesis`), or None."""

    text: str
    confidence: float | None = None


def confidence_of(log_probability: float) -> float:
    """The geometric mean of probabilities whose logarithms have the mean `log_probability`.

    >>> round(confidence_of(-0.5), 3), confidence_of(1e-7)
    (0.607, 1.0)
    """
    # rounding may lift a certain token a hair over 1
    return min(1.0, math.exp(log_probability))


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


def too_long(audio: Audio, longest_s: float) -> str | None:
    """Why `audio` is refused by a model that hears `longest_s` seconds at most; None where it is not."""
    if audio.duration_s <= longest_s:
        return None
    return (
        f"audio is {audio.duration_s:.1f} s long and this model takes up to {longest_s:g} s at once; nothing is cut "
        f"off: give it in segments (start_s, end_s), let it be cut at pauses (longest_piece_s={longest_s:g}), or raise "
        "the model option longest_s if it can hold more"
    )


def at_least(audio: Audio, seconds: float) -> NDArray[np.float32]:
    """The samples, with silence after them where they are shorter than `seconds`."""
    import numpy as np

    lacking = round(seconds * audio.sample_rate) - len(audio.samples)
    return np.pad(audio.samples, (0, lacking)) if lacking > 0 else audio.samples


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


def require_answers(model: object, asked: Sequence[Audio], answers: Sequence[Hypothesis], what: str) -> None:
    """Raise `ModelError` unless an adapter answered one for one and in order.

    Parameters
    ----------
    what : `asked` is made of, for the message.
    """
    if [answer.utterance_id for answer in answers] != [audio.utterance_id for audio in asked]:
        raise ModelError(
            f"the adapter {type(model).__name__} returned {len(answers)} hypotheses for {len(asked)} {what}, or in "
            "another order; that is a fault of the adapter"
        )


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


def by_length(
    batch: Sequence[Audio],
    sample_rate: int,
    model: str,
    size: int,
    recognize: Callable[[list[Audio]], list[Heard]],
    refuse: Callable[[Audio], str | None] = lambda audio: None,
) -> list[Hypothesis]:
    """Hypotheses of a recogniser that takes several utterances at once, in the order of `batch`.

    Rows of like length go together, `size` at a time. If a pass raises, its rows are tried alone, so that only
    the culprit fails. `refuse` gives a reason for rows that must not be tried.
    """
    results: dict[int, Hypothesis] = {}
    rows = []
    for row, audio in enumerate(batch):
        reason = refusal(audio, sample_rate) or refuse(audio)
        if reason is None:
            rows.append(row)
        else:
            results[row] = failed(audio, reason, model)
    rows.sort(key=lambda row: len(batch[row].samples))
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        done = _together([batch[row] for row in part], model, recognize)
        results.update(zip(part, done, strict=True))
    return [results[row] for row in range(len(batch))]


def _together(
    batch: list[Audio], model: str, recognize: Callable[[list[Audio]], list[Heard]]
) -> list[Hypothesis]:
    started = time.perf_counter()
    try:
        texts = recognize(batch)
    except Exception as error:
        if len(batch) == 1:
            return [failed(batch[0], describe(error), model, time.perf_counter() - started)]
        return [result for audio in batch for result in _together([audio], model, recognize)]
    seconds = share_seconds(time.perf_counter() - started, batch)
    return [
        Hypothesis(audio.utterance_id, text, None, spent, model, confidence=confidence)
        for audio, (text, confidence), spent in zip(batch, texts, seconds, strict=True)
    ]

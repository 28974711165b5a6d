"""Decoded batches become hypotheses, one for each utterance, whatever the adapter does: pure functions of their input.

Every engine calls them, so that a batch gives the same wherever it is recognised.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace

from speechfair.errors import SpeechfairError
from speechfair.models.batching import require_answers
from speechfair.types import Audio, Hypothesis, Recognizer, StreamingRecognizer

__all__ = ["recognize_batch", "recognized"]


def recognized(
    model: Recognizer, loaded: Iterator[tuple[list[int], list[Audio], list[Hypothesis]]]
) -> Generator[tuple[list[int], list[Hypothesis]]]:
    """Rows and hypotheses of each batch, failures included; a `StreamingRecognizer` gets a stream."""
    if not isinstance(model, StreamingRecognizer):
        for rows, audio, failures in loaded:
            yield rows, [*failures, *recognize_batch(model, audio)]
        return
    waiting: deque[tuple[list[int], list[Audio], list[Hypothesis]]] = deque()
    problems: list[Exception] = []

    def sounds() -> Iterator[list[Audio]]:
        try:
            for batch in loaded:
                waiting.append(batch)
                yield batch[1]
        except Exception as problem:  # raised when what was begun before it has been kept
            problems.append(problem)

    with closing(model.transcribe_stream(sounds())) as results:
        for found in results:
            rows, audio, failures = waiting.popleft() if waiting else ([], [], [])
            yield rows, [*failures, *_checked(model, audio, found)]
    if problems:
        raise problems[0]
    if waiting:
        _checked(model, waiting[0][1], [])


def recognize_batch(model: Recognizer, batch: list[Audio]) -> list[Hypothesis]:
    """The batch's hypotheses; if the adapter raises, rows are tried alone so that only the culprit fails."""
    if not batch:
        return []
    started = time.perf_counter()
    try:
        results = model.transcribe(batch)
    except (SpeechfairError, MemoryError):
        raise
    except Exception as error:
        if len(batch) == 1:
            spent = time.perf_counter() - started
            reason = f"{type(error).__name__}: {error}"
            return [Hypothesis(batch[0].utterance_id, None, reason, spent, model.identity.key)]
        return [hypothesis for audio in batch for hypothesis in recognize_batch(model, [audio])]
    return _checked(model, batch, results)


def _checked(model: Recognizer, batch: list[Audio], results: list[Hypothesis]) -> list[Hypothesis]:
    require_answers(model, batch, results, "utterances")
    return [_storable(hypothesis) for hypothesis in results]


def _storable(hypothesis: Hypothesis) -> Hypothesis:
    """`hypothesis`, or a failed one where its text holds half of a surrogate pair, which no table can store."""
    texts = (hypothesis.text, hypothesis.error, hypothesis.rejected)
    if all(text is None or text.isascii() or _is_utf8(text) for text in texts):
        return hypothesis
    error, rejected = (
        None if t is None else t.encode("utf-8", "backslashreplace").decode() for t in texts[1:]
    )
    if hypothesis.text is not None and not _is_utf8(hypothesis.text):
        error = "the model's text holds half of a surrogate pair, which is no character"
        return replace(hypothesis, text=None, error=error, rejected=rejected, confidence=None)
    return replace(hypothesis, error=error, rejected=rejected)


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)

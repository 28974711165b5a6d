"""Audio that is longer than a model holds: cut at pauses, recognised piece by piece, and joined.

A cut at a fixed place goes through words. Here each lies where speech is quietest, in the second half of what the
model may hear at once. Nothing overlaps and nothing is left out.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from speechfair.errors import InputError
from speechfair.models.batching import refusal, require_answers
from speechfair.text.language_tags import mostly_without_spaces
from speechfair.types import Audio, Hypothesis, ModelIdentity, Recognizer, StreamingRecognizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OPTION", "InPieces", "in_pieces", "pauses"]

OPTION = "longest_piece_s"
"""The model option that asks for it, of every family of recognisers."""

SHORTEST_S = 5.0
AT_ONCE_S = 480.0
"""Seconds of audio that the recogniser gets at once."""
_FRAME_S = 0.01
_PAUSE_S = 0.3
_LEAST_TAIL = 0.25


def in_pieces(model: Recognizer, longest_s: object) -> Recognizer:
    """`model`, with audio over `longest_s` seconds cut at pauses.

    Raises
    ------
    InputError
        `longest_s` is no number from 5 on, or the model chooses its window by a trial, which needs whole utterances.
    """
    if isinstance(longest_s, bool) or not isinstance(longest_s, (int, float)) or not longest_s >= SHORTEST_S:
        raise InputError(f"{OPTION} is {longest_s!r}; give seconds from {SHORTEST_S:g} on, such as 28")
    if not math.isfinite(longest_s):
        raise InputError(f"{OPTION} is {longest_s!r}; leave it out if nothing is to be cut")
    if getattr(model, "candidate_window_s", None) is not None:
        raise InputError(f"{OPTION} does not go with window=auto; give window=exact or seconds")
    return InPieces(model, float(longest_s))


@dataclass(frozen=True)
class _Plan:
    """The pieces of a batch, and how many each audio of it was cut into."""

    batch: Sequence[Audio]
    counts: Sequence[int]
    calls: Sequence[Sequence[Audio]]


class InPieces:
    """A `StreamingRecognizer` that gives another no more than `longest_s` seconds of an utterance at once.

    The text is the pieces' texts, joined by spaces unless the language is written without; the confidence the geometric
    mean over time. An utterance of which a piece fails has failed, for the reason of that piece.
    """

    def __init__(self, model: Recognizer, longest_s: float) -> None:
        self._model, self._longest_s = model, longest_s

    @property
    def identity(self) -> ModelIdentity:
        """The model's, with the length of the pieces among the options."""
        inner = self._model.identity
        return replace(inner, options={**inner.options, OPTION: self._longest_s})

    @property
    def sample_rate(self) -> int:
        """Hz that `transcribe` expects."""
        return self._model.sample_rate

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio, in order."""
        plan = self._plan(batch)
        found = [one for call in plan.calls for one in self._checked(call, self._model.transcribe(call))]
        return self._joined(plan, found)

    def transcribe_stream(self, batches: Iterable[Sequence[Audio]]) -> Generator[list[Hypothesis]]:
        """What `transcribe` gives for each batch, in order."""
        if not isinstance(self._model, StreamingRecognizer):
            for batch in batches:
                yield self.transcribe(batch)
            return
        waiting: list[_Plan] = []
        asked: deque[Sequence[Audio]] = deque()

        def calls() -> Generator[Sequence[Audio]]:
            for batch in batches:
                waiting.append(plan := self._plan(batch))
                for call in plan.calls:
                    asked.append(call)
                    yield call

        found: list[Hypothesis] = []
        n_calls = 0
        for answers in self._model.transcribe_stream(calls()):
            found += self._checked(asked.popleft() if asked else (), answers)
            n_calls += 1
            while waiting and len(waiting[0].calls) <= n_calls:
                plan = waiting.pop(0)
                n_calls -= len(plan.calls)
                n_pieces = sum(plan.counts)
                yield self._joined(plan, found[:n_pieces])
                del found[:n_pieces]
        for plan in waiting:
            yield self._joined(plan, [])

    def _checked(self, call: Sequence[Audio], answers: Sequence[Hypothesis]) -> Sequence[Hypothesis]:
        """The answers to a call, which join by position and therefore have to be one for one and in order."""
        require_answers(self._model, call, answers, "pieces")
        return answers

    def _plan(self, batch: Sequence[Audio]) -> _Plan:
        counts, calls, seconds = list[int](), [list[Audio]()], 0.0
        for audio in batch:
            parts = self._cut(audio)
            counts.append(len(parts))
            for part in parts:
                if calls[-1] and seconds + part.duration_s > AT_ONCE_S:
                    calls.append([])
                    seconds = 0.0
                calls[-1].append(part)
                seconds += part.duration_s
        return _Plan(batch, counts, calls if batch else [])

    def _cut(self, audio: Audio) -> list[Audio]:
        """The audio itself where it is short enough, or where the model has to say that it cannot use it."""
        if refusal(audio, self.sample_rate) or audio.duration_s <= self._longest_s:
            return [audio]
        edges = [0, *pauses(audio.samples, audio.sample_rate, self._longest_s), len(audio.samples)]
        return [
            Audio(f"{audio.utterance_id}#{start / audio.sample_rate:.2f}s", audio.samples[start:end], audio.sample_rate)
            for start, end in pairwise(edges)
        ]  # fmt: skip

    def _joined(self, plan: _Plan, found: Sequence[Hypothesis]) -> list[Hypothesis]:
        answers, model = iter(found), self.identity.key
        pieces = (piece for call in plan.calls for piece in call)
        return [
            _whole(audio.utterance_id, [(next(pieces), next(answers)) for _ in range(count)], model)
            for audio, count in zip(plan.batch, plan.counts, strict=True)
        ]


def pauses(samples: NDArray[np.float32], sample_rate: int, longest_s: float) -> list[int]:
    """Where to cut, so that no piece is longer than `longest_s` seconds.

    Parameters
    ----------
    samples : mono, shape (samples,).

    Returns
    -------
    list of int
        Sample numbers, rising. Each is the middle of the quietest 0.3 s between a half and the whole of `longest_s`
        after the one before, and leaves at least a quarter of `longest_s` for the last piece.

    Examples
    --------
    >>> import numpy as np
    >>> speech = np.ones(1000, np.float32)
    >>> speech[560:600] = 0
    >>> pauses(speech, 100, 8.0)
    [580]
    """
    import numpy as np

    frame = max(1, round(_FRAME_S * sample_rate))
    n_frames = len(samples) // frame
    frames = samples[: n_frames * frame].reshape(n_frames, frame)
    energy = np.einsum("ij,ij->i", frames, frames, dtype=np.float64)  # without a copy of an hour of samples
    width = max(1, round(_PAUSE_S / _FRAME_S) | 1)
    quiet = np.convolve(energy, np.ones(width) / width, mode="same")
    longest = int(longest_s * sample_rate) // frame
    edges, start = list[int](), 0
    while len(samples) - start * frame > longest_s * sample_rate:
        first = start + longest // 2
        last = min(start + longest, int(n_frames - _LEAST_TAIL * longest))
        span = quiet[first:last]
        lowest = np.flatnonzero(span <= span.min())
        start = first + int(lowest[len(lowest) // 2])
        edges.append(start * frame)
    return edges


def _whole(utterance_id: str, parts: Sequence[tuple[Audio, Hypothesis]], model: str) -> Hypothesis:
    """One hypothesis of an utterance from those of its pieces."""
    answers = [answer for _, answer in parts]
    seconds = sum(answer.seconds for answer in answers)
    for number, answer in enumerate(answers, 1):
        if answer.error is not None:
            where = "" if len(parts) == 1 else f"piece {number} of {len(parts)}: "
            return Hypothesis(utterance_id, None, f"{where}{answer.error}", seconds, model)
    heard = [answer.text or "" for answer in answers]
    rejected = None
    if any(answer.rejected is not None for answer in answers):
        first = [
            text if answer.rejected is None else answer.rejected
            for text, answer in zip(heard, answers, strict=True)
        ]
        rejected = _text(first)
    return Hypothesis(
        utterance_id, _text(heard), None, seconds, model, rejected=rejected, confidence=_confidence(parts)
    )


def _text(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    said = [text.strip() for text in texts]
    return ("" if mostly_without_spaces(said) else " ").join(text for text in said if text)


def _confidence(parts: Sequence[tuple[Audio, Hypothesis]]) -> float | None:
    """Geometric mean over time; None where a piece has none."""
    if len(parts) == 1:
        return parts[0][1].confidence
    known = [
        (audio.duration_s, answer.confidence) for audio, answer in parts if answer.confidence is not None
    ]
    if len(known) < len(parts):
        return None
    if any(confidence == 0.0 for _, confidence in known):
        return 0.0
    total = sum(seconds for seconds, _ in known)
    return min(1.0, math.exp(sum(seconds * math.log(value) for seconds, value in known) / total))

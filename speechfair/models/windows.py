"""What the Whisper adapters share: windows, batches of like length, and redoing decodes that ran away.

Whisper was trained on 30 s of audio and pads everything to that. A shorter window is several times faster, at a
price that depends on model and speech; so each utterance gets a window from its own length alone, a decode that
looks like a runaway is done again in the slow, careful way, and longer audio goes there at once. What decodes
is the adapter's business.
"""

from __future__ import annotations

import copy
import math
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import NamedTuple

from speechfair.errors import InputError
from speechfair.models import runaway
from speechfair.models.batching import describe, failed, refusal, share_seconds
from speechfair.registry import did_you_mean
from speechfair.types import Audio, Hypothesis, ModelIdentity

__all__ = [
    "AUTO_WINDOW_S",
    "FULL_WINDOW_S",
    "SAMPLE_RATE",
    "SEED",
    "TEMPERATURES",
    "Decode",
    "WindowedWhisper",
    "read_window",
    "spoken_language",
    "token_limit",
    "window_for",
]

SAMPLE_RATE = 16_000
FULL_WINDOW_S = 30.0
AUTO_WINDOW_S = 10.0
"""The short window (seconds) that ``window="auto"`` puts to the test."""
MOST_TOKENS = 224
SEED = 20_231_107
BATCHES_AT_ONCE = 4
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


_Pass = tuple[list[int], float | None]
"""Rows that are decoded together, and their window in seconds (None: the loop)."""


class _Plan(NamedTuple):
    """The passes over a batch, and the hypotheses of rows that need none."""

    passes: list[_Pass]
    refused: dict[int, Hypothesis]

    def collect(self, found: Iterable[list[Hypothesis]]) -> list[Hypothesis]:
        """All hypotheses in the order of the batch, from those of each pass."""
        results = dict(self.refused)
        for (rows, _), done in zip(self.passes, found, strict=True):
            results.update(zip(rows, done, strict=True))
        return [results[row] for row in range(len(results))]


def _collected(plan: _Plan, futures: list[Future[list[Hypothesis]]]) -> list[Hypothesis]:
    return plan.collect([future.result() for future in futures])


class Decode(NamedTuple):
    """What one decode gave.

    Parameters
    ----------
    hit_limit : it stopped only at the greatest length.
    confidence : see `Hypothesis`.
    """

    text: str
    hit_limit: bool = False
    confidence: float | None = None


def window_for(duration_s: float, window_s: float) -> float | None:
    """The window (seconds) that an utterance is padded to; None where it is too long for one.

    The smallest of `window_s`, 20 and 30 that holds the utterance and a second of silence, so that the choice
    depends on the utterance alone. 30 s is the most that Whisper sees at once.

    >>> [window_for(s, 10.0) for s in (4.0, 9.5, 25.0, 30.0, 30.5)]
    [10.0, 20.0, 30.0, 30.0, None]
    """
    for size in sorted({window_s, 20.0, FULL_WINDOW_S}):
        if size >= window_s and duration_s + 1.0 <= size:
            return size
    return FULL_WINDOW_S if duration_s <= FULL_WINDOW_S else None


def read_window(window: str | float) -> tuple[float, float | None]:
    """The window in seconds, and the shorter one to try where ``auto`` is asked for.

    >>> read_window("exact"), read_window("auto"), read_window(12)
    ((30.0, None), (30.0, 10.0), (12.0, None))
    """
    if window in ("exact", "auto"):
        return FULL_WINDOW_S, AUTO_WINDOW_S if window == "auto" else None
    try:
        seconds = float(window)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 2.0 <= seconds <= FULL_WINDOW_S:
        raise InputError(
            f"window={window!r} is not usable: give 'exact', 'auto' or a number of seconds from 2 to 30"
        )
    return seconds, None


def token_limit(window_s: float) -> int:
    """Greatest number of new tokens of a decode: well over the fastest speech, and never over Whisper's own 224.

    What reaches it is decoded again by the loop, so that a tight limit costs time but no words.

    >>> [token_limit(seconds) for seconds in (10.0, 20.0, 30.0)]
    [101, 181, 224]
    """
    return min(MOST_TOKENS, 21 + int(8 * window_s))


def spoken_language(asked: str | None, multilingual: bool, known: Sequence[str], name: str) -> str:
    """The two-letter language to decode in. English-only models need none to be asked for; others do."""
    if asked is None:
        if multilingual:
            raise InputError(
                f"{name} is multilingual: say which language is spoken, such as language=en or language=ja "
                "(on the command line --model-option language=en)"
            )
        return "en"
    if asked not in known:
        raise InputError(f"{name} does not know the language {asked!r}; {did_you_mean(asked, list(known))}")
    return asked


class WindowedWhisper(ABC):
    """A `Recognizer` that decodes utterances of up to 30 s in batches, and anything else alone.

    Parameters
    ----------
    identity : its options hold ``window_s``.
    window_s : window in seconds.
    batch_size : utterances per pass.
    candidate_window_s : a shorter window that an audit may try in place of this one, or None.
    workers : passes that run at once, in threads; `_decode` and `_loop` must be safe for that.
    """

    sample_rate = SAMPLE_RATE

    def __init__(
        self,
        identity: ModelIdentity,
        window_s: float,
        batch_size: int,
        candidate_window_s: float | None = None,
        workers: int = 1,
    ) -> None:
        self._identity = identity
        self._window_s, self._batch_size, self._workers = window_s, batch_size, workers
        self._candidate_window_s = candidate_window_s

    @property
    def identity(self) -> ModelIdentity:
        """Weights, decoding options and library versions."""
        return self._identity

    @property
    def candidate_window_s(self) -> float | None:
        """The shorter window (seconds) that ``window="auto"`` asked to be tried; None where it did not."""
        return self._candidate_window_s

    def with_window(self, window: str | float) -> WindowedWhisper:
        """The same loaded weights with another window; its identity says so."""
        other = copy.copy(self)
        other._window_s, other._candidate_window_s = read_window(window)
        options = {**self._identity.options, "window_s": other._window_s}
        other._identity = replace(self._identity, options=options)
        return other

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio (16 kHz), in order. Whatever goes wrong with one becomes its `error`."""
        (found,) = self.transcribe_stream([batch])
        return found

    def transcribe_stream(self, batches: Iterable[Sequence[Audio]]) -> Generator[list[Hypothesis]]:
        """What `transcribe` gives for each batch, in order; the next batches begin while one ends.

        So no worker waits for a row that takes many times as long as others, until as many batches as
        `BATCHES_AT_ONCE` are under way. Where the stream is left early, what has not begun is not done.
        """
        if self._workers == 1:
            for batch in batches:
                plan = self._plan(batch)
                yield plan.collect([self._run(batch, one) for one in plan.passes])
            return
        under_way: deque[tuple[_Plan, list[Future[list[Hypothesis]]]]] = deque()
        with ThreadPoolExecutor(self._workers) as pool:
            try:
                for batch in batches:
                    plan = self._plan(batch)
                    under_way.append((plan, [pool.submit(self._run, batch, one) for one in plan.passes]))
                    while under_way and self._oldest_is_due(under_way):
                        yield _collected(*under_way.popleft())
                while under_way:
                    yield _collected(*under_way.popleft())
            finally:
                pool.shutdown(cancel_futures=True)

    def _oldest_is_due(self, under_way: deque[tuple[_Plan, list[Future[list[Hypothesis]]]]]) -> bool:
        """Whether the oldest batch is to be given out before another is taken; waits until that is known."""
        while True:
            undone = [future for _, futures in under_way for future in futures if not future.done()]
            if len(under_way) == BATCHES_AT_ONCE or all(future.done() for future in under_way[0][1]):
                return True
            if len(undone) < 2 * self._workers:
                return False
            wait(undone, return_when=FIRST_COMPLETED)

    def _plan(self, batch: Sequence[Audio]) -> _Plan:
        """Which rows of a batch are decoded together, and what is refused."""
        refused: dict[int, Hypothesis] = {}
        groups: dict[float | None, list[int]] = {}
        for row, audio in enumerate(batch):
            reason = refusal(audio, SAMPLE_RATE)
            if reason is not None:
                refused[row] = failed(audio, reason, self.identity.key)
            else:
                groups.setdefault(window_for(audio.duration_s, self._window_s), []).append(row)
        passes: list[_Pass] = []
        for window_s, rows in groups.items():
            # rows of like length finish decoding together, so none waits for a long neighbour
            rows.sort(key=lambda row: len(batch[row].samples))
            size = self._batch_size if window_s else 1
            passes += [(rows[start : start + size], window_s) for start in range(0, len(rows), size)]
        # the costliest begin first, so that none is left alone at the end
        passes.sort(key=lambda one: (one[1] or math.inf, len(batch[one[0][-1]].samples)), reverse=True)
        return _Plan(passes, refused)

    def _run(self, batch: Sequence[Audio], one: _Pass) -> list[Hypothesis]:
        rows, window_s = one
        return self._attempt([batch[row] for row in rows], window_s)

    @abstractmethod
    def _decode(self, batch: list[Audio], window_s: float) -> list[Decode]:
        """What one pass gives."""

    @abstractmethod
    def _loop(self, audio: Audio) -> Decode:
        """The careful way through audio of any length: chunks, temperature fallback."""

    def _attempt(self, batch: list[Audio], window_s: float | None) -> list[Hypothesis]:
        """Decode rows of one window together; if that raises, each alone, so that only the culprit fails."""
        started = time.perf_counter()
        try:
            if window_s is None:
                decodes = [self._loop(audio) for audio in batch]
            else:
                decodes = self._decode(batch, window_s)
        except Exception as error:
            if len(batch) == 1:
                return [failed(batch[0], describe(error), self.identity.key, time.perf_counter() - started)]
            return [result for audio in batch for result in self._attempt([audio], window_s)]
        seconds = share_seconds(time.perf_counter() - started, batch)
        return [
            self._settle(audio, decode, spent, window_s is None)
            for audio, decode, spent in zip(batch, decodes, seconds, strict=True)
        ]

    def _settle(self, audio: Audio, decode: Decode, spent: float, final: bool) -> Hypothesis:
        """Accept a text, or have it redone where it looks like a runaway."""
        key, (text, hit_limit, confidence) = self.identity.key, decode
        if final or runaway.suspicion(text, audio.duration_s, hit_limit=hit_limit) is None:
            return Hypothesis(audio.utterance_id, text, None, spent, key, confidence=confidence)
        started = time.perf_counter()
        redone, error, confidence = None, None, None
        try:
            redone, _, confidence = self._loop(audio)
        except Exception as problem:
            error = f"redoing a runaway decode failed: {describe(problem)}"
        spent += time.perf_counter() - started
        return Hypothesis(audio.utterance_id, redone, error, spent, key, rejected=text, confidence=confidence)

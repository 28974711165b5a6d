"""What happens to the batches around one that goes wrong, with a recogniser that takes a stream."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import ModelError
from speechfair.running.batch_plan import BATCH, BATCH_S, plan_batches
from speechfair.running.recognition import recognized
from speechfair.types import Audio, Hypothesis, ModelIdentity

Batch = tuple[list[int], list[Audio], list[Hypothesis]]


class Streaming:
    """Says each id; takes two batches before it gives the first, and gives `keep` of them."""

    sample_rate = 16_000
    identity = ModelIdentity("streaming", "test", None, {}, {})

    def __init__(self, keep: int = 99) -> None:
        self.keep = keep

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        raise AssertionError("the stream is to be used")

    def transcribe_stream(self, batches: Iterable[Sequence[Audio]]) -> Generator[list[Hypothesis]]:
        waiting: list[Sequence[Audio]] = []
        for batch in batches:
            waiting.append(batch)
            if len(waiting) == 2:
                yield from self._given(waiting.pop(0))
        for batch in waiting:
            yield from self._given(batch)

    def _given(self, batch: Sequence[Audio]) -> Iterator[list[Hypothesis]]:
        self.keep -= 1
        if self.keep >= 0:
            key = self.identity.key
            yield [Hypothesis(a.utterance_id, a.utterance_id, None, 0.1, key) for a in batch]


def loaded(count: int, problem: Exception | None = None) -> Iterator[Batch]:
    for row in range(count):
        yield [row], [Audio(f"u{row}", np.zeros(160, np.float32), 16_000)], []
    if problem:
        raise problem


def keep(kept: list[int], model: Streaming, batches: Iterator[Batch]) -> None:
    for rows, _ in recognized(model, batches):
        kept += rows


def test_every_batch_comes_in_order_with_its_failures() -> None:
    failure = Hypothesis("broken", None, "no audio", 0.0, Streaming.identity.key)
    batches = iter([([7, 8], [Audio("a", np.zeros(160, np.float32), 16_000)], [failure]), *loaded(2)])
    found = [(rows, [h.text for h in hypotheses]) for rows, hypotheses in recognized(Streaming(), batches)]
    assert found == [([7, 8], [None, "a"]), ([0], ["u0"]), ([1], ["u1"])]


def test_what_was_begun_before_loading_failed_is_kept() -> None:
    kept: list[int] = []
    with pytest.raises(MemoryError, match="audio"):
        keep(kept, Streaming(), loaded(3, MemoryError("audio")))
    assert kept == [0, 1, 2]


def test_a_stream_that_leaves_batches_out_is_an_error() -> None:
    kept: list[int] = []
    with pytest.raises(ModelError, match="returned 0 hypotheses for 1 utterances"):
        keep(kept, Streaming(keep=1), loaded(3))
    assert kept == [0]


def test_a_stream_of_another_order_is_an_error() -> None:
    class Confused(Streaming):
        def _given(self, batch: Sequence[Audio]) -> Iterator[list[Hypothesis]]:
            yield [Hypothesis("other", "text", None, 0.1, self.identity.key)]

    with pytest.raises(ModelError, match="Confused"):
        list(recognized(Confused(), loaded(1)))


def manifest_of(durations: Sequence[float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"u{n:04d}" for n in range(len(durations))],
            "duration_s": pl.Series(durations, dtype=pl.Float64),
            "audio_error": ["no audio" if d is None else None for d in durations],
            "excluded": pl.Series([None] * len(durations), dtype=pl.String),
        }
    )


@given(st.lists(st.one_of(st.none(), st.floats(0.01, 5000)), max_size=120))
@settings(max_examples=25, deadline=None)
def test_batches_hold_every_row_once_within_their_limits(durations: list[float | None]) -> None:
    batches = plan_batches(manifest_of(durations))
    assert sorted(row for batch in batches for row in batch) == list(range(len(durations)))
    for batch in batches:
        lengths = [durations[row] or 0.0 for row in batch]
        assert len(batch) <= BATCH
        assert len(batch) == 1 or sum(lengths) <= BATCH_S + 1e-6
        assert lengths == sorted(lengths, reverse=True)


def test_rows_of_ordinary_length_are_batched_by_count() -> None:
    assert [len(batch) for batch in plan_batches(manifest_of([30.0] * 100))] == [32, 32, 32, 4]
    assert [len(batch) for batch in plan_batches(manifest_of([3600.0] * 3 + [1.0] * 10))] == [1, 1, 1, 10]

"""Batches come in the order of the plan whoever dies, and only a batch that ends workers itself is named."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechfair.errors import ModelError
from speechfair.running.batch_dispatch import TRIES, Lost, Stopped, dispatched
from speechfair.running.engine import Work
from speechfair.types import Hypothesis

N = 8


class Pool:
    """Workers that hold two batches; a worker dies when it begins batch `culprit`, or when `accidents` say so."""

    def __init__(self, workers: int, culprit: int | None, accidents: list[bool], picks: list[int]) -> None:
        self.held: list[list[tuple[int, bool]]] = [[] for _ in range(workers)]
        self.culprit, self.accidents, self.picks = culprit, accidents, picks
        self.reported: list[tuple[int, Lost]] = []

    def has_room(self, *, alone: bool) -> bool:
        return any(self._takes(held, alone) for held in self.held)

    def ask(self, number: int, rows: pl.DataFrame, *, alone: bool) -> None:
        assert rows["id"].to_list() == [f"u{number}"]
        next(held for held in self.held if self._takes(held, alone)).append((number, alone))

    def next_answer(self) -> tuple[int, list[Hypothesis] | Stopped | Lost]:
        if self.reported:
            return self.reported.pop(0)
        busy = [held for held in self.held if held]
        held = busy[(self.picks.pop() if self.picks else 0) % len(busy)]
        if held[0][0] == self.culprit or (self.accidents and self.accidents.pop()):
            self.reported += [(number, Lost("killed", alone)) for number, alone in held]
            held.clear()
            return self.reported.pop(0)
        number, _ = held.pop(0)
        return number, [Hypothesis(f"u{number}", "text", None, 0.0, "key")]

    @staticmethod
    def _takes(held: list[tuple[int, bool]], alone: bool) -> bool:
        return not held if alone else len(held) < 2 and not any(other for _, other in held)


WORK = Work(pl.DataFrame({"id": [f"u{n}" for n in range(N)]}), [[n] for n in range(N)], None, Path())


@given(
    st.integers(1, 3),
    st.none() | st.integers(0, N - 1),
    st.lists(st.booleans(), max_size=TRIES - 1),
    st.lists(st.integers(0, 2), max_size=30),
)
def test_every_batch_once_in_order_or_the_culprit_is_named(
    workers: int, culprit: int | None, accidents: list[bool], picks: list[int]
) -> None:
    pool = Pool(workers, culprit, accidents, picks)
    done: list[int] = []

    def all_of_it() -> None:
        for rows, found in dispatched(pool, WORK, 4):
            assert [hypothesis.utterance_id for hypothesis in found] == [f"u{row}" for row in rows]
            done.extend(rows)

    if culprit is None:
        all_of_it()
        assert done == list(range(N))
    else:
        with pytest.raises(ModelError, match=rf"begins with utterance 'u{culprit}' \(killed\)"):
            all_of_it()
        assert done == list(range(len(done)))


def test_a_worker_that_cannot_go_on_ends_the_run() -> None:
    class Ending(Pool):
        def next_answer(self) -> tuple[int, Stopped]:
            return 0, Stopped("no folder /data")

    with pytest.raises(ModelError, match="no folder /data\nFinished work is saved"):
        list(dispatched(Ending(1, None, [], []), WORK, 4))

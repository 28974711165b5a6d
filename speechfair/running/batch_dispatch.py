"""Which batch a pool of workers gets next, what a lost worker costs, and every batch in the order of the plan.

A batch that was lost together with another one is given out alone after that, so that only a batch which ends workers
itself is ever named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from speechfair.errors import ModelError
from speechfair.running.engine import Work
from speechfair.types import Hypothesis

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CONTINUE", "TRIES", "Lost", "Stopped", "WorkerPool", "dispatched"]

TRIES = 3
"""Workers that may be lost with one batch alone in hand before the run stops."""
CONTINUE = "Finished work is saved; run the same command again to continue"


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why no worker can go on: an error for the user, not a failed utterance."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A batch whose worker died: how, and whether the worker held nothing else."""

    how: str
    alone: bool


class WorkerPool(Protocol):
    """Workers that recognise batches."""

    def has_room(self, *, alone: bool) -> bool:
        """Whether a worker that runs can take a batch; `alone`: one that holds none."""

    def ask(self, number: int, rows: pl.DataFrame, *, alone: bool) -> None:
        """Give a batch to a worker; `alone`: it gets no other before it has answered."""

    def next_answer(self) -> tuple[int, list[Hypothesis] | Stopped | Lost] | None:
        """Wait until something happens: a batch's number and what came of it; None where only a worker began."""


def dispatched(pool: WorkerPool, work: Work, ahead: int) -> Iterator[tuple[list[int], list[Hypothesis]]]:
    """Every batch in the order of the plan. At most `ahead` are begun before the first of them is done.

    Raises
    ------
    ModelError
        A worker cannot go on, or `TRIES` workers were lost with the same batch alone in hand.
    """
    finished: dict[int, list[Hypothesis]] = {}
    lost: list[int] = []
    deaths: Counter[int] = Counter()
    following = due = 0
    while due < len(work.batches):
        while lost and pool.has_room(alone=True):
            number = lost.pop(0)
            pool.ask(number, work.manifest[work.batches[number]], alone=True)
        while not lost and following < min(len(work.batches), due + ahead) and pool.has_room(alone=False):
            pool.ask(following, work.manifest[work.batches[following]], alone=False)
            following += 1
        answer = pool.next_answer()
        if answer is None:
            continue
        number, found = answer
        if isinstance(found, Stopped):
            raise ModelError(f"{found.reason}\n{CONTINUE}")
        if isinstance(found, Lost):
            deaths[number] += found.alone
            if deaths[number] == TRIES:
                raise ModelError(_blame(work, number, found))
            lost.append(number)
        else:
            finished[number] = found
        while due in finished:
            yield work.batches[due], finished.pop(due)
            due += 1


def _blame(work: Work, number: int, found: Lost) -> str:
    first = work.manifest["id"][work.batches[number][0]]
    return (
        f"{TRIES} workers were lost while they held only the batch that begins with utterance {first!r} "
        f"({found.how}); find out what ends them, such as too little memory. {CONTINUE}"
    )

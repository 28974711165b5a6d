"""Workers on a Ray cluster, what each of them holds, and what is said while none of them runs."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, ModelError
from speechfair.running.batch_dispatch import CONTINUE, TRIES, Lost, Stopped
from speechfair.running.ray_worker import Task, Worker
from speechfair.types import Hypothesis

if TYPE_CHECKING:
    import polars as pl

__all__ = ["BATCHES_A_WORKER", "RayPool", "room_for"]

BATCHES_A_WORKER = 2
"""One is recognised while the audio of the other is decoded."""
NOTICE_S = 30.0
"""Between two notices of what is waited for while no worker runs."""
_LOG = logging.getLogger(__name__)
Takes = dict[str, float]
"""What a worker takes of a machine, by Ray's names: ``CPU``, ``GPU``."""


def room_for(takes: Takes) -> int:
    """How many workers the machines of the cluster have room for when nothing else runs on them."""
    import ray

    return sum(
        min(math.floor(node["Resources"].get(name, 0) / each) for name, each in takes.items() if each)
        for node in ray.nodes()
        if node["Alive"]
    )


class RayPool:
    """As `speechfair.running.batch_dispatch.WorkerPool`.

    Parameters
    ----------
    task : what every worker is to do.
    size : how many workers.
    takes : what each takes.
    grows : the cluster adds machines when it is asked to, so a worker that fits nowhere yet is waited for.

    Raises
    ------
    InputError
        No machine of the cluster can hold a worker.
    """

    def __init__(self, task: Task, size: int, takes: Takes, *, grows: bool) -> None:
        import ray

        self._takes, self._grows, self._waited_s = takes, grows, 0.0
        self._require_room()
        # A worker that died is replaced here and not by Ray, so that its batches are counted as lost and go elsewhere.
        self._worker = ray.remote(Worker).options(
            max_concurrency=BATCHES_A_WORKER,
            max_restarts=0,
            max_task_retries=0,
            num_cpus=takes["CPU"],
            num_gpus=takes["GPU"],
        )
        self._task = ray.put(task)
        self._starting: dict[Any, Any] = {}
        self._ready: dict[Any, int] = {}
        self._asked: dict[Any, tuple[Any, int, int]] = {}
        self._failed_starts = 0
        for _ in range(size):
            self._start()

    def has_room(self, *, alone: bool) -> bool:
        """As `WorkerPool.has_room`; a worker that the cluster has no room for yet never blocks others."""
        return any(held + _weight(alone) <= BATCHES_A_WORKER for held in self._ready.values())

    def ask(self, number: int, rows: pl.DataFrame, *, alone: bool) -> None:
        """As `WorkerPool.ask`: the worker that holds the fewest gets it."""
        worker = min(self._ready, key=lambda each: self._ready[each])
        self._ready[worker] += _weight(alone)
        self._asked[worker.recognize.remote(rows)] = (worker, number, _weight(alone))

    def next_answer(self) -> tuple[int, list[Hypothesis] | Stopped | Lost] | None:
        """As `WorkerPool.next_answer`.

        Raises
        ------
        InputError
            No machine of the cluster can hold a worker any more.
        ModelError
            `TRIES` workers in a row could not be started.
        """
        import ray
        from ray.exceptions import RayError

        reference = self._wait()
        if (starting := self._starting.pop(reference, None)) is not None:
            return self._begun(starting, reference)
        worker, number, weight = self._asked.pop(reference)
        try:
            found: list[Hypothesis] | Stopped = ray.get(reference)
        except RayError as error:
            if self._ready.pop(worker, None) is not None:  # once, though it may have held two batches
                self._start()
            return number, Lost(_how(error), alone=weight == BATCHES_A_WORKER)
        if worker in self._ready:
            self._ready[worker] -= weight
        return number, found

    def close(self) -> None:
        """End the workers."""
        import ray

        for worker in [*self._ready, *self._starting.values()]:
            ray.kill(worker)

    def _wait(self) -> Any:
        """The next reference that is done; says at intervals what is missing while no worker runs."""
        import ray

        while True:
            done, _ = ray.wait([*self._asked, *self._starting], num_returns=1, timeout=NOTICE_S)
            if done:
                self._waited_s = 0.0
                return done[0]
            if not self._ready:
                self._require_room()
                self._waited_s += NOTICE_S
                _LOG.warning(_notice(self._takes, self._waited_s))

    def _begun(self, worker: Any, reference: Any) -> tuple[int, Stopped] | None:
        import ray
        from ray.exceptions import RayError

        try:
            stopped: Stopped | None = ray.get(reference)
        except RayError as error:
            self._failed_starts += 1
            if self._failed_starts == TRIES:
                raise ModelError(
                    f"{TRIES} workers in a row died before they had loaded the model ({_how(error)}); find out what "
                    f"ends them, such as too little memory. {CONTINUE}"
                ) from None
            self._start()
            return None
        self._ready[worker] = self._failed_starts = 0
        return None if stopped is None else (-1, stopped)

    def _start(self) -> None:
        worker = self._worker.remote(self._task)
        self._starting[worker.ready.remote()] = worker

    def _require_room(self) -> None:
        if self._grows or room_for(self._takes):
            return
        raise InputError(
            f"a worker takes {_listed(self._takes)}, and no machine of the Ray cluster has that: {_machines()}; name "
            "less with --engine-option cpus=N or gpus=N, or grows=true if the cluster adds machines when it is asked to"
        )


def _weight(alone: bool) -> int:
    return BATCHES_A_WORKER if alone else 1


def _how(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _listed(amounts: Takes) -> str:
    return " and ".join(f"{amounts.get(name, 0):g} {name}s" for name in ("CPU", "GPU"))


def _machines() -> str:
    import ray

    alive = [_listed(node["Resources"]) for node in ray.nodes() if node["Alive"]]
    return "; ".join(f"one with {each}" for each in alive) or "it has none"


def _notice(takes: Takes, waited_s: float) -> str:
    """What is waited for."""
    import ray

    free = ray.available_resources()
    fits = all(free.get(name, 0) >= each for name, each in takes.items())
    what = (
        "the first worker to load the model"
        if fits
        else f"room: each worker takes {_listed(takes)}, and {_listed(free)} of the cluster are free"
    )
    return f"no worker runs yet after {waited_s:,.0f} s; waiting for {what}. Ctrl-C stops; finished work is saved"

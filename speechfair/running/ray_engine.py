"""The engine ``ray``: a pool of workers on a Ray cluster, each with the model, which recognise the batches of the plan.

No more batches are under way than the workers need, so memory is bounded. A worker that is lost costs the batches that
it held; they go to another one. Batches are given in the order of the plan, so that the parts are those of one process.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, MissingExtraError, ModelError
from speechfair.models.specification import ModelSpecification, specification_of
from speechfair.running.audio_root import audio_root
from speechfair.running.engine import Work
from speechfair.running.ray_worker import Stopped, Task, Worker
from speechfair.running.run_manifest import is_stored
from speechfair.types import Hypothesis, Recognizer

if TYPE_CHECKING:
    import polars as pl

__all__ = ["RayEngine"]

BATCHES_A_WORKER = 2
"""One is recognised while the audio of the other is decoded."""
BATCHES_AHEAD = 4
"""Batches a worker that may be finished before one that comes first in the plan: what a killed driver loses."""
TRIES = 3
"""Workers that may be lost with the same batch in hand before the run stops."""
_CONTINUE = "Finished work is saved; run the same command again to continue"


class RayEngine:
    """Workers of a Ray cluster.

    Parameters
    ----------
    address : of the cluster, such as ``auto`` or ``head:6379``; ``local`` starts one on this machine for this
        call. None: the cluster of this program, of ``RAY_ADDRESS`` or of this machine, else ``local``.
    workers : how many; None is as many as the cluster has room for.
    cpus, gpus : what each worker takes of the cluster; a fraction of a GPU lets workers share one.

    Raises
    ------
    MissingExtraError
        Ray is not installed.
    InputError
        A number is not usable.
    """

    def __init__(
        self, address: str | None = None, workers: int | None = None, cpus: float = 1, gpus: float = 0
    ) -> None:
        if util.find_spec("ray") is None:
            raise MissingExtraError("the engine ray", "ray", "ray")
        whole = workers is None or (isinstance(workers, int) and workers >= 1)
        if not whole or not _is_share(cpus) or not _is_share(gpus) or cpus + gpus <= 0:
            raise InputError(
                f"the engine ray cannot run workers={workers!r} with cpus={cpus!r} and gpus={gpus!r}: workers is a "
                "whole number from 1, cpus and gpus are what each takes, from 0, not both 0"
            )
        self.address, self.workers, self.cpus, self.gpus = address, workers, cpus, gpus

    def recognize(self, model: Recognizer, work: Work) -> Generator[tuple[list[int], list[Hypothesis]]]:
        """As `speechfair.running.engine.Engine.recognize`.

        Raises
        ------
        InputError
            The cluster cannot be reached, has no room for a worker, or the model cannot be sent to one.
        ModelError
            A worker cannot load the model or read the audio, or one batch was lost with `TRIES` workers.
        """
        if not work.batches:
            return
        task = Task(
            model=_sendable(model),
            key=model.identity.key,
            sample_rate=model.sample_rate,
            root=_root(work),
            folder=work.folder.absolute(),
            working_folder=Path.cwd(),
            processors=max(1, math.floor(self.cpus)),
        )
        with _cluster(self.address):
            size = min(self._room(), len(work.batches))
            pool = _Pool(task, size, {"num_cpus": self.cpus, "num_gpus": self.gpus})
            try:
                yield from _in_order(pool, work, size * BATCHES_AHEAD)
            finally:
                pool.close()

    def _room(self) -> int:
        """How many workers to run."""
        if self.workers is not None:
            return self.workers
        import ray

        there = ray.cluster_resources()
        wanted = {"CPU": self.cpus, "GPU": self.gpus}
        room: int = min(math.floor(there.get(name, 0) / each) for name, each in wanted.items() if each)
        if room < 1:
            raise InputError(
                f"a worker takes {self.cpus:g} CPUs and {self.gpus:g} GPUs, and the Ray cluster has "
                f"{there.get('CPU', 0):g} and {there.get('GPU', 0):g}; name less with --engine-option, or "
                "workers=N if the cluster grows when it is asked to"
            )
        return room


class _Pool:
    """Workers, and the batches that each of them holds."""

    def __init__(self, task: Task, size: int, takes: dict[str, float]) -> None:
        import ray

        # A worker that died is replaced here and not by Ray, so that its batches are counted as lost and go elsewhere.
        self._worker = ray.remote(Worker).options(
            max_concurrency=BATCHES_A_WORKER, max_restarts=0, max_task_retries=0, **takes
        )
        self._task = ray.put(task)
        self._starting: dict[Any, Any] = {}
        self._ready: dict[Any, int] = {}
        self._asked: dict[Any, tuple[Any, int]] = {}
        self._failed_starts = 0
        for _ in range(size):
            self._start()

    @property
    def has_room(self) -> bool:
        """Whether a worker that runs can take a batch; one that the cluster has no room for yet never blocks others."""
        return any(held < BATCHES_A_WORKER for held in self._ready.values())

    def ask(self, number: int, rows: pl.DataFrame) -> None:
        """Give a batch to the worker that holds the fewest."""
        worker = min(self._ready, key=lambda each: self._ready[each])
        self._ready[worker] += 1
        self._asked[worker.recognize.remote(rows)] = (worker, number)

    def next_answer(self) -> tuple[int, list[Hypothesis] | Stopped | _Lost] | None:
        """Wait until something happens: a batch's number and what came of it; None where a worker began."""
        import ray
        from ray.exceptions import RayError

        (reference,), _ = ray.wait([*self._asked, *self._starting], num_returns=1)
        starting = self._starting.pop(reference, None)
        worker, number = self._asked.pop(reference, (starting, -1))
        try:
            found = ray.get(reference)
        except RayError as error:
            how = str(error).strip().partition("\n")[0]
            if starting:
                self._failed_starts += 1
                if self._failed_starts == TRIES:
                    raise ModelError(f"{TRIES} workers could not be started ({how}). {_CONTINUE}") from None
                self._start()
                return None
            self._replace(worker)
            return number, _Lost(how)
        if starting:
            self._ready[starting] = self._failed_starts = 0
            return None
        if worker in self._ready:
            self._ready[worker] -= 1
        return number, found

    def close(self) -> None:
        """End the workers."""
        import ray

        for worker in [*self._ready, *self._starting.values()]:
            ray.kill(worker)

    def _start(self) -> None:
        worker = self._worker.remote(self._task)
        self._starting[worker.ready.remote()] = worker

    def _replace(self, worker: Any) -> None:
        """Start another worker in the place of one that died, once, though it may have held two batches."""
        if self._ready.pop(worker, None) is not None:
            self._start()


@dataclass(frozen=True, slots=True)
class _Lost:
    """A batch whose worker died, and how."""

    how: str


def _in_order(pool: _Pool, work: Work, ahead: int) -> Iterator[tuple[list[int], list[Hypothesis]]]:
    """Every batch in the order of the plan. At most `ahead` are begun before the first of them is done."""
    finished: dict[int, list[Hypothesis]] = {}
    again: list[int] = []
    losses: Counter[int] = Counter()
    following = due = 0
    while due < len(work.batches):
        while pool.has_room and (again or following < min(len(work.batches), due + ahead)):
            if again:
                number = again.pop(0)
            else:
                number, following = following, following + 1
            pool.ask(number, work.manifest[work.batches[number]])
        answer = pool.next_answer()
        if answer is None:
            continue
        number, found = answer
        if isinstance(found, Stopped):
            raise ModelError(f"{found.reason}\n{_CONTINUE}")
        if isinstance(found, _Lost):
            losses[number] += 1
            if losses[number] == TRIES:
                first = work.manifest["id"][work.batches[number][0]]
                raise ModelError(
                    f"{TRIES} workers were lost with the same batch in hand, which begins with utterance {first!r} "
                    f"({found.how}); find out what ends them, such as too little memory. {_CONTINUE}"
                )
            again.append(number)
        else:
            finished[number] = found
        while due in finished:
            yield work.batches[due], finished.pop(due)
            due += 1


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Within the block this process is connected to the cluster; one that was started here ends with it."""
    # Ray reports its use to its makers unless this is set; nothing of an audit is reported to anybody
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if ray.is_initialized():  # the program has chosen its cluster
        yield
        return
    try:
        _connect(address)
    except Exception as error:  # Ray raises plain ones too
        raise InputError(
            f"the Ray cluster {address or 'of this machine'} cannot be used: {str(error).strip()}; check --address, "
            "or leave it out for one on this machine"
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


def _connect(address: str | None) -> None:
    import ray

    known = address or os.environ.get("RAY_ADDRESS")
    try:
        if known != "local":
            ray.init(address=known or "auto", log_to_driver=False, logging_level="ERROR")
            return
    except ConnectionError:
        if known:
            raise
    ray.init(address="local", include_dashboard=False, log_to_driver=False, logging_level="ERROR")


def _sendable(model: Recognizer) -> ModelSpecification | Recognizer:
    """How workers get `model`: by what it was asked for as, else as an object.

    Raises
    ------
    InputError
        It was made in this program and cannot be pickled.
    """
    asked = specification_of(model)
    if asked is not None:
        return asked
    from ray import cloudpickle

    try:
        cloudpickle.dumps(model)
    except Exception as error:
        raise InputError(
            f"the model {model.identity.name} cannot be sent to other processes ({type(error).__name__}: {error}); "
            "load it with speechfair.load_model, such as python:MODULE:FUNCTION, so that workers can load it by name"
        ) from None
    return model


def _root(work: Work) -> Path | None:
    """The folder of the audio that the user named; asked here, since workers cannot know who named it."""
    needed = any(not is_stored(audio) for audio in work.manifest["audio"].drop_nulls())
    return audio_root(work.root, work.folder).absolute() if work.root is not None and needed else None


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf

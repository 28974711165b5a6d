"""The engine ``ray``: a pool of workers on a Ray cluster, each with the model, which recognise the batches of the plan.

No more batches are under way than the workers need, so memory is bounded. A worker that is lost costs the batches that
it held; they go to another one (`speechfair.running.batch_dispatch`). Batches are given in the order of the plan, so
that the parts are those of one process.
"""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path

from speechfair.errors import InputError, MissingExtraError
from speechfair.models.specification import ModelSpecification, specification_of
from speechfair.running.audio_root import audio_root
from speechfair.running.batch_dispatch import dispatched
from speechfair.running.engine import Work
from speechfair.running.ray_pool import RayPool, room_for
from speechfair.running.ray_worker import Task
from speechfair.running.run_manifest import is_stored
from speechfair.types import Hypothesis, Recognizer

__all__ = ["RayEngine"]

BATCHES_AHEAD = 4
"""Batches a worker that may be finished before one that comes first in the plan: what a killed driver loses."""


class RayEngine:
    """Workers of a Ray cluster.

    Parameters
    ----------
    address : of the cluster, such as ``auto`` or ``head:6379``; ``local`` starts one on this machine for this
        call. None: the cluster of this program, of ``RAY_ADDRESS`` or of this machine, else ``local``.
    workers : how many; None is as many as the cluster has room for, or one where it has none yet and `grows`.
    cpus, gpus : what each worker takes of a machine; a fraction of a GPU lets workers share one.
    grows : the cluster adds machines when it is asked to, so a worker that fits on none of them is waited for.

    Raises
    ------
    MissingExtraError
        Ray is not installed.
    InputError
        A number is not usable.
    """

    def __init__(
        self,
        address: str | None = None,
        workers: int | None = None,
        cpus: float = 1,
        gpus: float = 0,
        grows: bool = False,
    ) -> None:
        if util.find_spec("ray") is None:
            raise MissingExtraError("the engine ray", "ray", "ray")
        whole = workers is None or (isinstance(workers, int) and workers >= 1)
        if not whole or not _is_share(cpus) or not _is_share(gpus) or cpus + gpus <= 0:
            raise InputError(
                f"the engine ray cannot run workers={workers!r} with cpus={cpus!r} and gpus={gpus!r}: workers is a "
                "whole number from 1, cpus and gpus are what each takes, from 0, not both 0"
            )
        if not isinstance(grows, bool):
            raise InputError(f"the engine ray: grows={grows!r} is not usable: give true or false")
        self.address, self.workers, self.cpus, self.gpus, self.grows = address, workers, cpus, gpus, grows

    def recognize(self, model: Recognizer, work: Work) -> Generator[tuple[list[int], list[Hypothesis]]]:
        """As `speechfair.running.engine.Engine.recognize`.

        Raises
        ------
        InputError
            The cluster cannot be reached, none of its machines can hold a worker, or the model cannot be sent to one.
        ModelError
            A worker cannot load the model or read the audio, or one batch alone ended several workers.
        """
        if not work.batches:
            return
        task = Task(
            model=_sendable(model),
            identity=model.identity,
            sample_rate=model.sample_rate,
            root=_root(work),
            folder=work.folder.absolute(),
            working_folder=Path.cwd(),
            processors=max(1, math.floor(self.cpus)),
        )
        takes = {"CPU": float(self.cpus), "GPU": float(self.gpus)}
        with _cluster(self.address):
            size = min(self.workers or max(1, room_for(takes)), len(work.batches))
            pool = RayPool(task, size, takes, grows=self.grows)
            try:
                yield from dispatched(pool, work, size * BATCHES_AHEAD)
            finally:
                pool.close()


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

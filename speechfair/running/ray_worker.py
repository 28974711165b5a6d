"""One worker of the engine ``ray``: loads the model once, then decodes and recognises the batches that it is given."""

from __future__ import annotations

import os
import socket
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.errors import ModelError, SpeechfairError, StorageError
from speechfair.models import load_model
from speechfair.models.processors import SHARE
from speechfair.models.specification import ModelSpecification
from speechfair.running.batch_dispatch import Stopped
from speechfair.running.batch_plan import load_batch
from speechfair.running.recognition import recognize_batch
from speechfair.running.run_manifest import locate_under
from speechfair.types import Hypothesis, ModelIdentity, Recognizer

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Task", "Worker"]


@dataclass(frozen=True, slots=True)
class Task:
    """What every worker of a run is to do.

    Parameters
    ----------
    model : how the model is loaded, or the model itself.
    identity : that the model must have, so that no worker recognises with other weights, options or versions.
    sample_rate : Hz of the audio.
    root : folder of the audio that the user named; None where all audio is in `folder`.
    folder : run folder that keeps audio which came as bytes.
    working_folder : where the command was given; relative names of models mean it.
    processors : how many the model may take.
    """

    model: ModelSpecification | Recognizer
    identity: ModelIdentity
    sample_rate: int
    root: Path | None
    folder: Path
    working_folder: Path
    processors: int

    def locate(self, audio: str) -> Path:
        """The file that the manifest's `audio` means."""
        return locate_under(audio, self.root, self.folder)


class Worker:
    """Recognises one batch at a time; while it does, the audio of the next one is decoded in another thread."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._model: Recognizer | None = None
        self._turn = threading.Lock()

    def ready(self) -> Stopped | None:
        """Load the model. A worker that the cluster has no room for yet does not answer."""
        try:
            self._loaded()
        except Exception as error:
            return _stopped(error)
        return None

    def recognize(self, rows: pl.DataFrame) -> list[Hypothesis] | Stopped:
        """Hypotheses of a batch of rows of the manifest, failures included."""
        task = self._task
        try:
            for place in (task.root, task.folder):
                if place is not None and not place.is_dir():
                    raise StorageError(
                        f"there is no folder {place}; every machine must see it under this name"
                    )
            audio, failures = load_batch(rows, task.locate, task.sample_rate, task.identity.key)
            with self._turn:
                return [*failures, *recognize_batch(self._loaded(), audio)]
        except Exception as error:  # Ray would take it for the death of this worker
            return _stopped(error)

    def _loaded(self) -> Recognizer:
        if self._model is None:
            task = self._task
            os.environ[SHARE] = str(task.processors)
            with suppress(
                OSError
            ):  # another machine, without that folder: relative names are not found there
                os.chdir(task.working_folder)
            asked = task.model
            model = (
                load_model(asked.spec, **asked.options) if isinstance(asked, ModelSpecification) else asked
            )
            if model.identity.key != task.identity.key:
                raise ModelError(_other_model(model.identity, task.identity))
            self._model = model
        return self._model


def _stopped(error: Exception) -> Stopped:
    """The words of an error of speechfair; of another one also its kind and place."""
    what = str(error)
    if not isinstance(error, SpeechfairError):
        frames = traceback.extract_tb(error.__traceback__)
        place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
        what = f"{type(error).__name__}: {error}{place}"
    return Stopped(f"the worker on {socket.gethostname()} stopped: {what}")


def _other_model(here: ModelIdentity, planned: ModelIdentity) -> str:
    """What differs between the model that a worker has and the one that the run was planned with."""
    mine, theirs = _facts(here), _facts(planned)
    differing = [name for name in {**theirs, **mine} if mine.get(name) != theirs.get(name)]
    listed = ", ".join(f"{name} ({mine.get(name)} instead of {theirs.get(name)})" for name in differing)
    step = (
        "a model on another device is another model: run the command on a machine with the device that workers have, "
        "and give workers what they need with --engine-option gpus=N, or load the model with --model-option device=cpu"
        if "option device" in differing
        else "install the same on every machine"
    )
    return f"{planned.name} is another model here than where the command was given: {listed}; {step}"


def _facts(identity: ModelIdentity) -> dict[str, str]:
    """Everything that is part of the identity's key, by name."""
    return {
        "its family": identity.family,
        "its weights": identity.digest[:16],
        **{f"option {name}": str(value) for name, value in identity.options.items()},
        **identity.versions,
    }

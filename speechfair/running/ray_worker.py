"""One worker of the engine ``ray``: loads the model once, then decodes and recognises the batches that it is given."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.errors import ModelError, SpeechfairError, StorageError
from speechfair.models import load_model
from speechfair.models.processors import SHARE
from speechfair.models.specification import ModelSpecification
from speechfair.running.batch_plan import load_batch
from speechfair.running.recognition import recognize_batch
from speechfair.running.run_manifest import locate_under
from speechfair.types import Hypothesis, Recognizer

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Stopped", "Task", "Worker"]


@dataclass(frozen=True, slots=True)
class Task:
    """What every worker of a run is to do.

    Parameters
    ----------
    model : how the model is loaded, or the model itself.
    key : of the identity that the model must have, so that no worker recognises with other weights or versions.
    sample_rate : Hz of the audio.
    root : folder of the audio that the user named; None where all audio is in `folder`.
    folder : run folder that keeps audio which came as bytes.
    working_folder : where the command was given; relative names of models mean it.
    processors : how many the model may take.
    """

    model: ModelSpecification | Recognizer
    key: str
    sample_rate: int
    root: Path | None
    folder: Path
    working_folder: Path
    processors: int

    def locate(self, audio: str) -> Path:
        """The file that the manifest's `audio` means."""
        return locate_under(audio, self.root, self.folder)


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why no worker can go on: an error for the user, not a failed utterance."""

    reason: str


class Worker:
    """Recognises one batch at a time; while it does, the audio of the next one is decoded in another thread."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._model: Recognizer | None = None
        self._turn = threading.Lock()

    def ready(self) -> None:
        """Say that this worker runs; one that the cluster has no room for yet says nothing."""

    def recognize(self, rows: pl.DataFrame) -> list[Hypothesis] | Stopped:
        """Hypotheses of a batch of rows of the manifest, failures included."""
        task = self._task
        try:
            for place in (task.root, task.folder):
                if place is not None and not place.is_dir():
                    raise StorageError(
                        f"there is no folder {place}; every machine must see it under this name"
                    )
            audio, failures = load_batch(rows, task.locate, task.sample_rate, task.key)
            with self._turn:
                return [*failures, *recognize_batch(self._loaded(), audio)]
        except SpeechfairError as error:
            return Stopped(f"the worker on {socket.gethostname()} stopped: {error}")

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
            if model.identity.key != task.key:
                raise ModelError(
                    f"{model.identity.name} is another model here ({model.identity.key} instead of {task.key}): other "
                    "weights, or other versions of "
                    + (
                        ", ".join(f"{name} ({version})" for name, version in model.identity.versions.items())
                        or "the code"
                    )
                    + "; install the same on every machine"
                )
            self._model = model
        return self._model

"""Where the batches of a plan are recognised: one protocol, and this process as an engine (`LocalEngine`).

An engine gives every batch in the order of the plan, whoever recognised it, so all engines write the same parts.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from speechfair.running.batch_plan import loaded_batches
from speechfair.running.recognition import recognized
from speechfair.types import Hypothesis, Recognizer

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Engine", "LocalEngine", "Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be recognised of a run.

    Parameters
    ----------
    manifest : all rows of the run.
    batches : numbers of the rows that are recognised together, in the order of the plan.
    root : folder that relative audio paths of the manifest lie under, as ``run.yaml`` names it.
    folder : run folder that keeps audio which came as bytes.
    """

    manifest: pl.DataFrame
    batches: list[list[int]]
    root: str | None
    folder: Path


class Engine(Protocol):
    """Recognises batches."""

    def recognize(self, model: Recognizer, work: Work) -> Generator[tuple[list[int], list[Hypothesis]]]:
        """Rows of each batch and their hypotheses, failures included, in the order of `work.batches`."""


class LocalEngine:
    """This process: audio is decoded a batch ahead of the recogniser."""

    def recognize(self, model: Recognizer, work: Work) -> Generator[tuple[list[int], list[Hypothesis]]]:
        """As `Engine.recognize`; a `StreamingRecognizer` gets the batches as a stream."""
        loaded = loaded_batches(
            work.manifest, work.batches, work.root, work.folder, model.sample_rate, model.identity.key
        )
        return recognized(model, loaded)

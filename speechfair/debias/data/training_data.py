"""The rows that a model is trained on, and the rows of the development speakers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speechfair.debias.data.same_person import Person

__all__ = ["EarlierModel", "Row", "TrainingData"]


@dataclass(frozen=True, slots=True)
class Row:
    """An utterance of a training or development speaker. `text` is verbatim; `group` is its value on the axis.

    `corpus` is the one that named the speaker; None for a table of the user's own.
    """

    id: str
    audio: Path
    audio_sha256: str
    start_s: float | None
    end_s: float | None
    duration_s: float
    text: str
    language: str
    speaker: str
    group: str
    channel: int | None = None
    corpus: str | None = None

    @property
    def person(self) -> Person:
        """The speaker, apart from those whom other corpora call the same."""
        return Person(self.corpus, self.speaker)


@dataclass(frozen=True)
class EarlierModel:
    """A finished model of another run.

    Parameters
    ----------
    folder : as the recipe names it.
    trained : speakers it was trained on, those of the models that it was combined from included.
    development : speakers it was chosen by.
    complete : False where no record tells, or that of a model that it was combined from is missing.
    """

    folder: Path
    trained: frozenset[Person] = frozenset()
    development: frozenset[Person] = frozenset()
    complete: bool = False


@dataclass(frozen=True)
class TrainingData:
    """Training rows, rows of the development speakers, and what was left out and why.

    Parameters
    ----------
    unused : number of rows by reason.
    digests : sha256 of each source's manifest, and of the rows that a method added.
    added : what a method added to `train`, counted; empty where it did not.
    permissions : those that the recipe names: ``corpus``, ``licence`` and, in the user's words, ``permission``.
    guard : rows of the protected development speakers, who are watched and not trained on.
    earlier : finished models that the method combines.
    side : rows that a method uses apart from the training rows; they belong to no group, and texts may be empty.
    """

    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    unused: Mapping[str, int]
    digests: tuple[str, ...]
    added: Mapping[str, Any] = field(default_factory=dict)
    permissions: tuple[Mapping[str, str], ...] = ()
    guard: tuple[Row, ...] = ()
    side: tuple[Row, ...] = ()
    earlier: tuple[EarlierModel, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that are trained on, sorted; a group's number is its place here."""
        return tuple(sorted({row.group for row in self.train}))

    def table(self) -> list[dict[str, Any]]:
        """Per group: utterances, speakers and hours of the training and of the development set."""
        return [
            {
                "group": group,
                **{f"train_{key}": value for key, value in _amounts(self.train, group).items()},
                **{f"dev_{key}": value for key, value in _amounts(self.dev, group).items()},
            }
            for group in self.groups
        ]


def _amounts(rows: Sequence[Row], group: str) -> dict[str, float]:
    ours = [row for row in rows if row.group == group]
    return {
        "utterances": len(ours),
        "speakers": len({row.person for row in ours}),
        "hours": sum(row.duration_s for row in ours) / 3600,
    }

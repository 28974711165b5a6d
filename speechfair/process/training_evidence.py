"""The record of one training run: ``training.json``, written by whoever trains, failures included."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from speechfair.errors import InputError
from speechfair.records import StrictRecord
from speechfair.store import write_atomically

__all__ = [
    "PLAIN_METHODS",
    "Candidate",
    "Selection",
    "Teacher",
    "TrainingRecord",
    "read_training",
    "write_training",
]

PLAIN_METHODS = frozenset({"erm", "none", "plain"})
"""Methods that use no group labels."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]


class Candidate(StrictRecord):
    """A checkpoint or setting, with its error rates (fractions) on the development set."""

    name: str
    overall: float = Field(ge=0)
    groups: dict[str, float] = Field(min_length=1)

    @property
    def worst(self) -> float:
        """Error rate of the worst group."""
        return max(self.groups.values())


class Selection(StrictRecord):
    """How the released candidate was chosen among all that were tried."""

    rule: Literal["lowest_worst_group", "lowest_mean_of_overall_and_worst", "lowest_overall"]
    development_manifest_sha256: Digest
    candidates: list[Candidate] = Field(min_length=1)
    chosen: str
    chosen_at: Time

    def by_rule(self) -> str:
        """The candidate that the rule gives; the first of equals."""
        score = {
            "lowest_worst_group": lambda c: c.worst,
            "lowest_mean_of_overall_and_worst": lambda c: (c.overall + c.worst) / 2,
            "lowest_overall": lambda c: c.overall,
        }[self.rule]
        return min(self.candidates, key=score).name


class Base(StrictRecord):
    """The weights that training started from."""

    name: str
    sha256: Digest


class Teacher(StrictRecord):
    """The model whose transcripts were trained on."""

    name: str
    sha256: Digest | None = Field(description="of its weights; None where it has none of its own here")


class TrainingRecord(StrictRecord):
    """One run of training."""

    schema_: Literal["speechfair/training/1"] = Field(default="speechfair/training/1", alias="schema")
    id: str = Field(min_length=1)
    outcome: Literal["completed", "failed"]
    started: Time
    ended: Time
    trainer: str = Field(min_length=1, description="id in roles.yaml")
    commit: str = Field(min_length=7, description="of the training code")
    method: str = Field(min_length=1, description="such as erm or group_dro")
    settings: dict[str, Any] = Field(min_length=1)
    seed: int
    data: dict[str, Digest] = Field(min_length=1, description="manifest digest by role")
    base: Base | None
    averaged: list[Digest] = Field(
        default_factory=list, description="weights trained before that this was combined from"
    )
    teacher: Teacher | None = None
    versions: dict[str, str] = Field(min_length=1)
    hardware: str = Field(min_length=1)
    output_sha256: Digest | None = Field(description="of the weights; None for a failed run")
    selection: Selection | None = None

    @property
    def training_sources(self) -> list[dict[str, Any]]:
        """The corpora in the settings that speech was trained on from: `train`, and those that the method names."""
        method = self.settings.get("method")
        options = method.get("options") if isinstance(method, dict) else None
        named = options if isinstance(options, dict) else {}
        lists = [self.settings.get("train"), *(named.get(key) for key in ("speech", "source"))]
        return [one for part in lists if isinstance(part, list) for one in part if isinstance(one, dict)]

    @property
    def permissions(self) -> dict[str, str]:
        """What the settings say, by corpus, of permissions to train on what its licence does not allow."""
        return {
            str(source.get("corpus")): str(source["permission"])
            for source in self.training_sources
            if source.get("permission")
        }


def read_training(path: Path) -> TrainingRecord:
    """Read a record; `InputError` names the field that is missing or wrong."""
    try:
        return TrainingRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the top level"
        raise InputError(f"{path}: at {where}: {first['msg']}") from None


def write_training(path: Path, record: TrainingRecord) -> None:
    """Write a record whole."""
    text = record.model_dump_json(by_alias=True, indent=2)
    write_atomically(path, f"{text}\n".encode())

"""The record of one training run: ``training.json``, written by whoever trains, failures included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from speechfair.errors import InputError
from speechfair.records import StrictRecord
from speechfair.store import write_atomically

__all__ = [
    "PLAIN_METHODS",
    "Candidate",
    "Selection",
    "Teacher",
    "TrainingRecord",
    "limit_for_protected",
    "named_sources",
    "read_training",
    "write_training",
]

PLAIN_METHODS = frozenset({"erm", "none", "plain"})
"""Methods that use no group labels."""

PROTECTED = "protected"
"""How the corpora of protected development speakers, who are not trained on, are called in `TrainingRecord.data`."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]


class Candidate(StrictRecord):
    """A checkpoint or setting, with its error rates (fractions) on the development set."""

    name: str
    overall: float = Field(ge=0)
    groups: dict[str, float] = Field(min_length=1)
    protected: float | None = Field(default=None, ge=0, description="rate of the protected speakers")

    @property
    def worst(self) -> float:
        """Error rate of the worst group."""
        return max(self.groups.values())


def limit_for_protected(before: float, margin: Mapping[str, float]) -> float:
    """The highest rate that protected speakers may have after the training: their rate before, and the larger margin.

    Parameters
    ----------
    before : their error rate (fraction) before.
    margin : ``relative`` to that rate, and ``absolute``.

    >>> limit_for_protected(0.25, {"relative": 0.5, "absolute": 0.0625})
    0.375
    """
    return before + max(margin["relative"] * before, margin["absolute"])


class Selection(StrictRecord):
    """How the released candidate was chosen among all that were tried."""

    rule: Literal["lowest_worst_group", "lowest_mean_of_overall_and_worst", "lowest_overall"]
    development_manifest_sha256: Digest
    candidates: list[Candidate] = Field(min_length=1)
    protected_limit: float | None = Field(
        default=None, ge=0, description="highest rate of the protected speakers that a candidate may have"
    )
    protected_before: float | None = Field(
        default=None,
        ge=0,
        description="their rate before the training, from which the limit follows; None: not known",
    )
    chosen: str
    chosen_at: Time

    @model_validator(mode="after")
    def _protected_have_rates(self) -> Self:
        if self.protected_limit is not None:
            for one in self.candidates:
                if one.protected is None:
                    raise ValueError(
                        f"candidate {one.name!r} has no rate of the protected speakers, which protected_limit needs"
                    )
        return self

    def by_rule(self) -> str:
        """The candidate that the rule gives; the first of equals.

        With a limit, the rule applies to the candidates that keep the protected speakers within it. If none does, the
        candidate with the smallest rate of the protected speakers wins, and among equals the rule decides.
        """
        scores: dict[str, Callable[[Candidate], float]] = {
            "lowest_worst_group": lambda c: c.worst,
            "lowest_mean_of_overall_and_worst": lambda c: (c.overall + c.worst) / 2,
            "lowest_overall": lambda c: c.overall,
        }
        score = scores[self.rule]
        return min(self.candidates, key=lambda c: (self._excess(c), score(c))).name

    def _excess(self, candidate: Candidate) -> float:
        if self.protected_limit is None or candidate.protected is None:
            return 0.0
        return max(0.0, candidate.protected - self.protected_limit)


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
    def trained_on(self) -> dict[str, dict[str, Any]]:
        """The corpora in the settings that speech was trained on from, by name: `train`, and those of the method."""
        named = named_sources(self.settings)
        return {name: source for name, source in named.items() if not name.startswith(f"{PROTECTED}-")}

    @property
    def protected(self) -> list[str]:
        """Names in `data` of the corpora whose speakers must not be degraded, and which decide what is chosen."""
        return [name for name in named_sources(self.settings) if name.startswith(f"{PROTECTED}-")]

    @property
    def unnamed_data(self) -> list[str]:
        """Corpora in the settings whose manifest digest is not in `data`, such as ``speech-0 (corpus others)``."""
        return [
            f"{name} (corpus {source.get('corpus')})"
            for name, source in named_sources(self.settings).items()
            if name not in self.data
        ]

    @property
    def permissions(self) -> dict[str, str]:
        """What the settings say, by corpus, of permissions to train on what its licence does not allow."""
        return {
            str(source.get("corpus")): str(source["permission"])
            for source in self.trained_on.values()
            if source.get("permission")
        }


def named_sources(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The corpora that a recipe's settings name, in the order in which a run reads them, by their name in `data`.

    ``training-N`` are those of `train`, ``protected-N`` those of ``dev.protected``, and ``OPTION-N`` those of an option
    of the method, such as ``speech-0`` of the method ``anchor``. Settings that are no recipe give nothing.
    """
    lists = {"training": settings.get("train"), PROTECTED: _mapping(settings.get("dev")).get("protected")}
    lists |= _mapping(_mapping(settings.get("method")).get("options"))
    return {
        f"{name}-{place}": source
        for name, part in lists.items()
        if isinstance(part, list)
        for place, source in enumerate(part)
        if isinstance(source, dict) and "corpus" in source
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


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

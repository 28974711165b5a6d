"""All that the checks may look at: plan, forms, runs, training records and the ledger, each read once.

Reading never decides anything. What cannot be read is kept as a problem with its place, and the item that needs it
sees it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from speechfair.auditing.result import AuditResult, read_audit
from speechfair.errors import SpeechfairError
from speechfair.process.catalogue import Catalogue
from speechfair.process.finding import Source
from speechfair.process.forms import FormState, form_specs, read_form
from speechfair.process.ledger import Ledger, Reading
from speechfair.process.process_plan import Plan, catalogue_of, read_plan
from speechfair.process.training_evidence import TrainingRecord, read_training
from speechfair.records import StrictRecord
from speechfair.running.run_record import RunRecord, read_record, scores_name
from speechfair.running.stored_manifest import read_manifest
from speechfair.store import RunFolder, file_digest
from speechfair.strict_yaml import read_model

if TYPE_CHECKING:
    import polars as pl

    from speechfair.gating.gate_result import GateResult

__all__ = ["ROLES", "Material", "Role", "Run", "RunEntry", "RunList", "read_material"]

Role = Literal[
    "training",
    "test_set",
    "development",
    "baseline_development",
    "baseline",
    "evaluation",
    "serving",
    "perturbed",
    "speechless",
]
ROLES: dict[Role, str] = {
    "training": "the rows that were trained on (a prepared folder is enough)",
    "test_set": "the evaluation data before any model was asked (a prepared folder)",
    "development": "the candidate on development data",
    "baseline_development": "the model without mitigation on the same development data",
    "baseline": "the model before adaptation on the evaluation data",
    "evaluation": "the candidate on the evaluation data",
    "serving": "the candidate as it is served, on the evaluation data",
    "perturbed": "the candidate on the evaluation speech with noise, codec, …",
    "speechless": "the candidate on audio without speech",
}
"""What a run is for."""


class RunEntry(StrictRecord):
    """One line of ``runs.yaml``."""

    role: Role
    folder: str = Field(description="relative to the process folder")
    condition: str | None = Field(default=None, description="of a perturbed run, such as babble at 10 dB")


class RunList(StrictRecord):
    """The content of ``runs.yaml``."""

    schema_: Literal["speechfair/process-runs/1"] = Field(alias="schema")
    training_records: list[str] = Field(default_factory=list)
    measurements: list[str] = Field(default_factory=list)
    runs: list[RunEntry] = Field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """A run folder and what it is for. Its parts are read when they are first asked for."""

    entry: RunEntry
    path: Path
    base: Path

    @property
    def role(self) -> Role:
        """What it is for."""
        return self.entry.role

    @property
    def name(self) -> str:
        """The folder's name, for messages."""
        return self.path.name

    @cached_property
    def content(self) -> RunRecord | str:
        """``run.yaml``, or what is wrong with it."""
        try:
            return read_record(RunFolder(self.path))
        except SpeechfairError as error:
            return str(error)

    @cached_property
    def manifest(self) -> pl.DataFrame | str:
        """The manifest, checked against its digest, or what is wrong."""
        try:
            return read_manifest(RunFolder(self.path))
        except (SpeechfairError, KeyError) as error:
            return str(error)

    @cached_property
    def audit(self) -> AuditResult | str:
        """``audit.json``, or what is wrong."""
        try:
            return read_audit(self.path / "audit.json")
        except SpeechfairError as error:
            return str(error)

    @cached_property
    def scores(self) -> pl.DataFrame | str:
        """Counts per utterance, or what is wrong."""
        if isinstance(self.content, str):
            return self.content
        try:
            return RunFolder(self.path).read_table(scores_name(self.content.recipe), "score the folder first")
        except SpeechfairError as error:
            return str(error)

    @cached_property
    def recomputed(self) -> tuple[str, ...]:
        """What differs when the folder's digests and audit are computed again; empty if nothing does."""
        from speechfair.auditing.verify import verify

        try:
            return verify(self.path, audio=False).differences
        except SpeechfairError as error:
            return (str(error),)

    @cached_property
    def verdicts(self) -> GateResult | str:
        """The verdict of the run by ``criteria.yaml`` of the process folder, or why there is none."""
        from speechfair.gating.judge import gate

        try:
            return gate(self.path, self.base / "criteria.yaml")
        except SpeechfairError as error:
            return str(error)

    @property
    def manifest_sha256(self) -> str | None:
        """Content digest of the manifest, as ``run.yaml`` records it."""
        if isinstance(self.content, str):
            return None
        return self.content.recipe.corpus.manifest_sha256

    @property
    def model_sha256(self) -> str | None:
        """Digest of the weights, as ``run.yaml`` records it."""
        if isinstance(self.content, str):
            return None
        model = self.content.recipe.model
        return model.digest if model is not None else None

    @property
    def evaluated(self) -> str | None:
        """When the run first gave an utterance to its model, or None where that is not recorded."""
        if isinstance(self.content, str):
            return None
        return self.content.history.evaluated

    @property
    def begun(self) -> bool:
        """Whether a model was asked for anything, by the record or by what lies in the folder."""
        return self.evaluated is not None or any((self.path / "hypotheses").rglob("part-*"))

    def source(self, name: str, pointer: str = "") -> Source:
        """One of the run's files as a source."""
        return source_of(self.path / name, self.base, pointer)


@dataclass(frozen=True)
class Material:
    """Everything of one process folder."""

    folder: Path
    plan: Plan
    catalogue: Catalogue
    catalogue_parts: Sequence[Mapping[str, str]]
    forms: Mapping[str, FormState]
    run_list: RunList
    runs: tuple[Run, ...]
    training: tuple[TrainingRecord, ...]
    training_problems: tuple[str, ...]
    training_missing: tuple[str, ...]
    reading: Reading
    given_now: datetime | None = None

    @cached_property
    def now(self) -> datetime:
        """The time that was given, or that of the first look at it."""
        return self.given_now or datetime.now(UTC)

    def of_role(self, *roles: Role) -> list[Run]:
        """Runs of these roles, in the order of ``runs.yaml``."""
        return [run for run in self.runs if run.role in roles]

    @property
    def today(self) -> date:
        """The day (UTC)."""
        return self.now.date()

    @property
    def trainers(self) -> frozenset[str]:
        """Everyone who trained, by the form and by the records."""
        return frozenset([*self.forms["roles.yaml"].values["trainer"], *(r.trainer for r in self.training)])

    @property
    def people(self) -> frozenset[str]:
        """Ids of everyone in ``roles.yaml``."""
        return frozenset(row["id"] for row in self.forms["roles.yaml"].values["people"] if row["id"])

    @property
    def gated_axes(self) -> list[str]:
        """Label axes that a verdict rests on, as ``attributes.yaml`` says."""
        rows = self.forms["attributes.yaml"].values["axes"]
        return [row["axis"] for row in rows if row["gated"] and row["axis"]]

    def source(self, name: str, pointer: str = "") -> Source:
        """A file of the process folder as a source."""
        return source_of(self.folder / name, self.folder, pointer)

    @cached_property
    def exported(self) -> Mapping[str, str]:
        """The digest of every export as the ledger last noted it, by path in the folder."""
        return {entry.body["file"]: entry.body["sha256"] for entry in self.reading.of_kind("export")}

    def sources(self, *names: str) -> tuple[Source, ...]:
        """Those of some files of the process folder that are there."""
        return tuple(self.source(name) for name in names if (self.folder / name).is_file())


def source_of(path: Path, base: Path, pointer: str = "") -> Source:
    """A file as a source, its path relative to `base`. One that is not there has no digest, and is found missing."""
    digest = file_digest(path) if path.is_file() else ""
    return Source(Path(os.path.relpath(path, base)).as_posix(), digest, pointer)


def read_material(folder: Path, now: datetime | None = None) -> Material:
    """Read a process folder; forms and lists that are not as they should be raise `InputError`."""
    plan = read_plan(folder)
    catalogue, parts = catalogue_of(folder, plan)
    listed = read_model(folder / "runs.yaml", RunList)
    records: list[TrainingRecord] = []
    problems: list[str] = []
    missing = [name for name in listed.training_records if not (folder / name).is_file()]
    for name in listed.training_records:
        if name in missing:
            continue
        try:
            records.append(read_training(folder / name))
        except SpeechfairError as error:
            problems.append(str(error))
    return Material(
        folder=folder,
        plan=plan,
        catalogue=catalogue,
        catalogue_parts=parts,
        forms={name: read_form(folder, name) for name in form_specs()},
        run_list=listed,
        runs=tuple(Run(entry, folder / entry.folder, folder) for entry in listed.runs),
        training=tuple(records),
        training_problems=tuple(problems),
        training_missing=tuple(missing),
        reading=Ledger(folder).read(),
        given_now=now,
    )

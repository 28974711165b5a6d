"""The content of a leaderboard as strict records: what was found, and nothing about how it is shown."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from speechfair.auditing.audit_record import ModelRecord, NormalizerRecord
from speechfair.records import Record
from speechfair.types import Estimate

__all__ = [
    "SCHEMA",
    "Criterion",
    "GroupLeftOut",
    "LeaderboardAxis",
    "LeaderboardGroup",
    "LeaderboardModel",
    "LeaderboardRecord",
    "RankedEstimate",
    "Standing",
    "ToldApart",
]

SCHEMA = "speechfair/leaderboard/1"

Criterion = Literal["worst", "gap", "overall"]


class RankedEstimate(Record):
    """A figure of one model, and the ranks that it may have: models in one range cannot be told apart."""

    estimate: Estimate
    rank_from: int = Field(description="1 + the number of models that are shown to be better")
    rank_to: int = Field(description="the number of models less those that are shown to be worse")


class LeaderboardModel(Record):
    """One of the runs, and its error rate over all utterances."""

    name: str = Field(description="of the model; with the run folder where two runs have one name")
    folder: str = Field(description="name of the run folder, without its place")
    corpus: str
    model_record: ModelRecord
    manifest_sha256: str
    audit_sha256: str = Field(description="of the audit.json that was read")
    speechfair: str
    overall: RankedEstimate
    n_failed: int = Field(description="compared utterances without a text; they count as all deleted")
    n_runaway: int = Field(description="compared hypotheses with more insertions than reference tokens")


class Standing(Record):
    """One model on one axis."""

    model: str
    worst_group: str
    worst: RankedEstimate = Field(
        description="rate of the worst group; the interval is of the highest true rate"
    )
    gap: RankedEstimate = Field(description="highest less lowest rate")


class LeaderboardGroup(Record):
    """A group that the ranks rest on."""

    group: str
    n_speakers: int


class GroupLeftOut(Record):
    """A group that no rank rests on, and why."""

    group: str
    reason: str


class ToldApart(Record):
    """Two models that differ, with a p-value adjusted for the number of pairs (Holm)."""

    criterion: Criterion
    better: str
    worse: str
    p_value: float


class LeaderboardAxis(Record):
    """The ranking on one axis."""

    axis: str
    groups: list[LeaderboardGroup] = Field(description="those that the ranks rest on")
    left_out: list[GroupLeftOut]
    standings: list[Standing]
    told_apart: list[ToldApart]
    reason: str | None = Field(description="why nothing is ranked, or None")


class LeaderboardRecord(Record):
    """Models on the same utterances, ranked."""

    schema_: Literal["speechfair/leaderboard/1"] = Field(default="speechfair/leaderboard/1", alias="schema")
    speechfair: str
    title: str | None = Field(
        default=None,
        description="what the models were tried on: as given, or the name of the table or corpus",
    )
    by: Criterion = Field(description="what the order rests on")
    match: Literal["identical", "common"]
    n_utterances: int = Field(description="compared: scored or failed in every run")
    n_speakers: int
    n_left_out: dict[str, int] = Field(
        description="by name of the model, scored utterances that are not compared, since not all runs have them alike"
    )
    n_excluded: int = Field(description="without a reference; in no rate")
    normalizer: NormalizerRecord
    tokens: Literal["words", "characters", "mixed"]
    level: float
    seed: int
    min_speakers: int
    models: list[LeaderboardModel]
    told_apart: list[ToldApart] = Field(description="by the error rate over all utterances")
    axes: list[LeaderboardAxis]
    notes: list[str]

"""The content of a comparison of two runs as strict records: what was found, and nothing about how it is shown."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from speechfair.auditing.audit_record import ModelRecord, NormalizerRecord
from speechfair.comparing.metric_change import MetricChange
from speechfair.records import Record
from speechfair.types import Estimate

__all__ = [
    "SCHEMA",
    "AxisChange",
    "ComparisonRecord",
    "GroupChange",
    "MapssweRecord",
    "Matching",
    "NoHarm",
    "RunSide",
    "Side",
    "Verdict",
]

SCHEMA = "speechfair/compare/1"

Verdict = Literal["pass", "fail", "undetermined"]


class RunSide(Record):
    """One of the two runs, exactly."""

    folder: str = Field(description="name of the run folder, without its place")
    corpus: str
    model: str
    model_record: ModelRecord
    manifest_sha256: str
    audit_sha256: str = Field(description="of the audit.json that was read")
    speechfair: str


class Matching(Record):
    """Which utterances were compared.

    Every utterance of either run is in exactly one place: compared, excluded from scoring on both sides, in one run
    only, or in both and changed. One that changed in several ways counts under the first of text, speaker, audio,
    labels.
    """

    match: Literal["identical", "common"]
    compared: int
    excluded: int = Field(description="without a reference, on both sides")
    only_before: int
    only_after: int
    changed_text: int
    changed_speaker: int
    changed_audio: int = Field(description="another file content, or another stretch of it")
    changed_labels: int = Field(description="on an axis that is compared")
    examples: dict[str, list[str]] = Field(description="the first few ids of each kind that was left out")


class Side(Record):
    """One group under one of the two models."""

    rate: Estimate
    substitutions: int | None
    deletions: int | None
    insertions: int | None
    n_failed: int
    n_redone: int = Field(description="runaway first decodes that were thrown away and decoded again")
    n_runaway: int = Field(description="final hypotheses with more insertions than reference tokens")
    runaway_error_share: float | None


class NoHarm(Record):
    """Whether the group's rate got worse by no more than the margin."""

    verdict: Verdict
    reason: str
    scale: Literal["ratio", "difference"] | None = Field(
        description="of `difference` and `ratio`, what is judged"
    )
    limit: float | None = Field(description="what its upper limit must not exceed")
    change: Estimate | None = Field(
        default=None, description="what was judged; its upper limit also allows for harm to few speakers"
    )
    more_speakers: int | None = Field(
        default=None, description="speakers to add so that an undetermined test would settle"
    )
    more_speakers_reason: str | None = Field(
        default=None, description="what that figure assumes, or why there is none"
    )
    smallest_visible_share: float | None = Field(
        default=None,
        description="the smallest share of broken speakers of whom this many speakers show one with 95 %; harm to "
        "fewer cannot be seen",
    )


class GroupChange(Record):
    """One group of utterances (or, as `overall`, all of them) under both models.

    `difference` is after - before, `ratio` after / before, `ratio_change` the group's ratio to the reference group
    after / the same before. All three are paired by speaker. None next to `no_harm.reason` where the group is on one
    side only.
    """

    axis: str
    value: str
    is_reference: bool
    n_utterances: int
    n_speakers: int
    reference_length: int
    before: Side | None
    after: Side | None
    difference: Estimate | None
    ratio: Estimate | None
    ratio_change: Estimate | None
    no_harm: NoHarm


class AxisChange(Record):
    """What holds for all groups of one axis together."""

    axis: str
    reference: str | None
    reference_reason: str
    gap_before: Estimate
    gap_after: Estimate
    gap_change: Estimate = Field(description="gap after - gap before, paired; below 0, the gap shrank")
    gap_groups: list[str] = Field(description="groups with enough speakers, which the gaps are of")
    notes: list[str]


class MapssweRecord(Record):
    """NIST's matched-pairs test over all utterances, for the literature; no verdict rests on it."""

    n_segments: int
    errors_before: int
    errors_after: int
    mean: float | None = Field(description="errors before - errors after, per segment")
    sd: float | None
    z: float | None
    p_value: float | None
    p_value_sclite: float | None = Field(
        description="as sclite prints it, from a table in steps of 0.01 of z"
    )
    reason: str | None


class ComparisonRecord(Record):
    """Two models on the same audio."""

    schema_: Literal["speechfair/compare/1"] = Field(default="speechfair/compare/1", alias="schema")
    speechfair: str
    before: RunSide
    after: RunSide
    matching: Matching
    normalizer: NormalizerRecord
    tokens: Literal["words", "characters", "mixed"]
    level: float
    seed: int
    relative: float = Field(description="margin as a share of the group's rate before")
    absolute: float = Field(description="margin as a rate; the larger of the two holds")
    verdict: Verdict
    reason: str
    overall: GroupChange
    groups: list[GroupChange]
    axes: list[AxisChange]
    mapsswe: MapssweRecord
    metrics: list[MetricChange] = Field(default=[], description="the metrics that were asked for")
    notes: list[str]

    def groups_of(self, axis: str) -> list[GroupChange]:
        """The groups of one axis, the most worsened first."""
        return [group for group in self.groups if group.axis == axis]

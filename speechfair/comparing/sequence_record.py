"""The content of a sequence of releases as strict records: what was found, and nothing about how it is shown."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from speechfair.auditing.audit_record import ModelRecord, NormalizerRecord
from speechfair.comparing.comparison_record import NoHarm, Verdict
from speechfair.records import Record
from speechfair.types import Estimate

__all__ = [
    "SCHEMA",
    "Drift",
    "GroupRate",
    "JudgedChange",
    "JudgedRelease",
    "LostGroup",
    "Release",
    "SequenceRecord",
]

SCHEMA = "speechfair/sequence/1"


class GroupRate(Record):
    """The error rate of one group (or, as `overall`, of everybody) in one release."""

    axis: str
    value: str
    n_speakers: int
    rate: Estimate


class JudgedChange(Record):
    """One group in a release against the same speakers in an earlier one."""

    axis: str
    value: str
    against: str = Field(description="name of the earlier release")
    difference: Estimate = Field(
        description="rate in the release - rate in the earlier one, paired by speaker"
    )
    no_harm: NoHarm = Field(description="of this test alone, at the level of the sequence")
    passes_adjusted: bool = Field(description="whether it also passes at `adjusted_level`")


class JudgedRelease(Record):
    """One release against an earlier one: a pass is corrected for all such claims of the sequence (Holm)."""

    against: str | None = Field(description="null where each change says it: its group's lowest earlier rate")
    verdict: Verdict
    reason: str
    adjusted_level: float = Field(description="of the intervals at which a pass was decided")
    changes: list[JudgedChange]


class Release(Record):
    """One of the runs, in its place. The first is judged against nothing."""

    name: str = Field(description="of the model; with the run folder where two runs have one name")
    folder: str = Field(description="name of the run folder, without its place")
    model_record: ModelRecord
    manifest_sha256: str
    audit_sha256: str = Field(description="of the audit.json that was read")
    speechfair: str
    n_failed: int = Field(description="compared utterances without a text; they count as all deleted")
    rates: list[GroupRate]
    since_previous: JudgedRelease | None
    since_first: JudgedRelease | None = Field(
        description="of the second release the same as `since_previous`"
    )
    since_lowest: JudgedRelease | None = Field(
        description="each group against the earlier release with its lowest observed rate, which is too low by luck: "
        "this errs against the later release; null where all earlier releases are the first and the one before"
    )


class Drift(Record):
    """A group that the last release degrades against an earlier one, or may, although no step to it was shown to."""

    axis: str
    value: str
    since: str | None = Field(description="the release with the group's lowest rate; null: the first release")
    shown: bool = Field(description="beyond the margin; else harm can only not be excluded")
    difference: Estimate = Field(
        description="rate in the last release - rate in the earlier one, paired by speaker"
    )
    steps: list[float | None] = Field(description="the same of each release against the one before")


class LostGroup(Record):
    """A group of some release of which no utterance is compared: a release lacks it, or labels it otherwise."""

    axis: str
    value: str
    releases: list[str] = Field(description="by name, those that scored utterances of it")


class SequenceRecord(Record):
    """Releases of a model in their order, on the same utterances."""

    schema_: Literal["speechfair/sequence/1"] = Field(default="speechfair/sequence/1", alias="schema")
    speechfair: str
    corpus: str
    match: Literal["identical", "common"]
    n_utterances: int = Field(description="compared: scored or failed in every run")
    n_speakers: int
    n_left_out: dict[str, int] = Field(
        description="by release, scored utterances that are not compared, since not all runs have them alike"
    )
    n_excluded: int = Field(
        description="in every manifest, but without a usable reference or not asked of a model; in no rate"
    )
    normalizer: NormalizerRecord
    tokens: Literal["words", "characters", "mixed"]
    level: float
    relative: float = Field(description="margin as a share of the rate in the earlier release")
    absolute: float = Field(description="margin as a rate; the larger of the two holds")
    n_claims: int = Field(
        description="that a pass is corrected for: each release against the one before, the first and the lowest rates"
    )
    verdict: Verdict = Field(
        description="of the last release, against the one before, the first and the lowest earlier rates"
    )
    reason: str
    axes: list[str]
    releases: list[Release]
    drifts: list[Drift]
    lost_groups: list[LostGroup] = Field(description="not compared; while there is one, nothing passes")
    notes: list[str]

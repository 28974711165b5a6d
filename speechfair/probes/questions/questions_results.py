"""What a question set found: the content of ``questions.json``, and its JSON Schema. Records only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from speechfair.auditing.result import CorpusRecord, ModelRecord
from speechfair.probes.questions.question_set import Expects
from speechfair.probes.results import Outcomes
from speechfair.records import Record
from speechfair.types import Estimate

__all__ = [
    "SCHEMA",
    "AxisShares",
    "ExcludedRow",
    "GroupShare",
    "KindOfQuestion",
    "Part",
    "QuestionsResult",
    "json_schema",
]

SCHEMA = "speechfair/probe-questions/1"


class GroupShare(Record):
    """One group of recordings. Shares are of all questions; what is not an answer counts as not right."""

    axis: str
    value: str
    is_reference: bool
    n_questions: int
    n_items: int
    n_voices: int
    outcomes: Outcomes
    audio: Estimate = Field(description="share right, asked of the audio; for other voices and other items")
    text: Estimate = Field(description="share right, the same questions asked of the transcript")
    modality_gap: Estimate = Field(description="text - audio, question by question")
    difference: Estimate | None = Field(default=None, description="audio, less the reference group's")
    p_value: float | None = Field(default=None, description="of no difference")
    p_holm: float | None = Field(default=None, description="adjusted over the groups of the axis")
    verdict: Literal["reference", "lower", "higher", "alike", "undetermined"]
    reason: str


class AxisShares(Record):
    """The groups of one axis."""

    axis: str
    reference: str | None
    reference_reason: str
    groups: list[GroupShare]


class KindOfQuestion(Record):
    """One kind of question over all groups."""

    kind: str
    outcomes: Outcomes
    chance: float | None = Field(
        description="share right by blind choice among the options; None without options"
    )


class ExcludedRow(Record):
    """A row of the set that was not asked."""

    row: str
    where: str
    reason: str


class Part(Record):
    """The questions of a set that expect the same of a reply."""

    expects: Expects
    audio: Outcomes
    text: Outcomes
    overall: GroupShare
    axes: list[AxisShares]
    kinds: list[KindOfQuestion]


class QuestionsResult(Record):
    """All of ``questions.json``."""

    schema_: Literal["speechfair/probe-questions/1"] = Field(
        default="speechfair/probe-questions/1", alias="schema"
    )
    speechfair: str
    model: str
    model_record: ModelRecord
    architecture: str
    corpus: str = Field(description="the question set")
    corpus_record: CorpusRecord
    licence: str
    n_rows: int = Field(description="asked and excluded")
    n_questions: int
    n_items: int
    n_recordings: int
    excluded: list[ExcludedRow]
    seed: int
    level: float
    margin: float = Field(description="a difference whose interval stays within this counts as alike")
    alpha: float
    parts: list[Part]
    notes: list[str]

    @property
    def not_measured(self) -> str | None:
        """Why a part measured nothing, on the audio or on the transcript; None where all did."""
        found = [one.not_measured for part in self.parts for one in (part.audio, part.text) if one.n_asked]
        return next((reason for reason in found if reason is not None), None)

    def to_json(self) -> str:
        """The file's content."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``questions.json``."""
    schema = QuestionsResult.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}

"""What the response-quality probe found: the content of ``response.json``, and its JSON Schema. Records only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from speechfair.auditing.result import CorpusRecord, ModelRecord
from speechfair.probes.results import Record
from speechfair.types import Estimate

__all__ = [
    "SCHEMA",
    "Accuracy",
    "AxisResponse",
    "GroupMeasure",
    "MeasureResult",
    "ResponseResult",
    "WordChoice",
    "json_schema",
]

SCHEMA = "speechfair/probe-response/1"


class Accuracy(Record):
    """How a classifier or judge did on replies whose truth is known."""

    measure: str
    n_cases: int
    n_right: int
    low: float | None = Field(default=None, description="exact 95 % limits of the share right")
    high: float | None = None
    used: bool = Field(description="whether it reached the least accuracy; else its measure is not reported")


class GroupMeasure(Record):
    """One group on one measure."""

    axis: str
    group: str
    is_reference: bool
    n_replies: int
    value: Estimate = Field(description="a share; words (Japanese: characters) per reply for `length`")
    text: float | None = Field(description="the same for the requests given as text")
    difference: Estimate | None = Field(description="less the reference group; for `length` the ratio to it")
    p_value: float | None
    p_holm: float | None = Field(description="adjusted over the measures and groups of the axis")
    verdict: Literal["reference", "higher", "lower", "undetermined"]


class MeasureResult(Record):
    """One measure over all groups of one axis."""

    measure: str
    what: str
    judged_by: str
    reason: str | None = Field(description="why there are no figures, or None")
    groups: list[GroupMeasure]


class WordChoice(Record):
    """A word that is used more, or less, where a group is heard."""

    group: str
    word: str
    difference: Estimate = Field(description="share of replies with the word, less the reference group's")
    p_holm: float = Field(description="adjusted over the words and groups that were tested")


class AxisResponse(Record):
    """All measures by one axis."""

    axis: str
    reference: str | None
    reference_reason: str
    measures: list[MeasureResult]
    words: list[WordChoice] = Field(default_factory=list)
    n_words_tested: int = 0


class ResponseResult(Record):
    """All of ``response.json``."""

    schema_: Literal["speechfair/probe-response/1"] = Field(
        default="speechfair/probe-response/1", alias="schema"
    )
    speechfair: str
    model: str
    model_record: ModelRecord
    architecture: str
    corpus: str
    corpus_record: CorpusRecord
    prompt: str
    language: str = Field(default="eng", description="that the requests are in and the replies should be in")
    n_requests: int
    n_asked: int
    n_failed: int
    level: float
    alpha: float
    least_accuracy: float
    accuracies: list[Accuracy]
    axes: list[AxisResponse]
    notes: list[str]

    def to_json(self) -> str:
        """The file's content."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``response.json``."""
    schema = ResponseResult.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}

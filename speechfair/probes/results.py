"""What the grounding probes found: the content of ``grounding.json``, and its JSON Schema.

Records only; `grounding_estimates` fills them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from speechfair.auditing.result import CorpusRecord, ModelRecord
from speechfair.records import Record
from speechfair.types import Estimate
from speechfair.wording import given_percent

__all__ = [
    "SCHEMA",
    "UNREADABLE",
    "AxisGrounding",
    "Diagnosis",
    "GroundingResult",
    "GroupGrounding",
    "HeardKind",
    "KindContrast",
    "KindShare",
    "LevelShare",
    "Outcomes",
    "Record",
    "Silence",
    "json_schema",
]

SCHEMA = "speechfair/probe-grounding/1"
UNREADABLE = 0.2
"""Above this share of replies that cannot be read, nothing is measured."""


class Outcomes(Record):
    """What became of every question that was asked; the sum is `n_asked`."""

    right: int = 0
    wrong: int = 0
    refusal: int = Field(default=0, description="says that it will not")
    unsure: int = Field(default=0, description="says that it cannot tell")
    format: int = Field(default=0, description="no answer can be read")
    empty: int = 0
    error: int = Field(default=0, description="the model gave no reply")

    @property
    def n_asked(self) -> int:
        """Questions."""
        return self.right + self.wrong + self.refusal + self.unsure + self.format + self.empty + self.error

    @property
    def not_measured(self) -> str | None:
        """Why the whole probe measured nothing: too many replies that could not be read; None where it did."""
        bad = self.format + self.empty
        if bad <= UNREADABLE * self.n_asked:
            return None
        return f"{bad} of {self.n_asked} replies could not be read, more than {given_percent(UNREADABLE)}"

    @property
    def n_unreadable(self) -> int:
        """Questions without an answer that could be right or wrong."""
        return self.n_asked - self.right - self.wrong


class LevelShare(Record):
    """One level of one group. Shares are of all questions; what is not an answer counts as not right."""

    level: Literal[1, 2, 3, 4]
    name: str
    outcomes: Outcomes
    audio: Estimate = Field(description="share right, asked of the audio")
    given_below: Estimate = Field(
        description="share right where all questions of the level below were right about the same utterance; "
        "at level 1 the same as `audio`"
    )
    text: Estimate = Field(description="share right, the same questions asked of the verbatim transcript")
    modality_gap: Estimate = Field(description="text - audio, question by question")
    difference: Estimate | None = Field(description="audio, less the reference group's")
    deficit: Estimate | None = Field(
        description="the reference group's given_below, less this group's: above 0, the group falls behind here"
    )
    p_value: float | None = Field(default=None, description="of no deficit")
    p_holm: float | None = Field(default=None, description="adjusted over all groups and levels of the axis")
    state: Literal["reference", "behind", "even", "undetermined"]


class Diagnosis(Record):
    """The level at which a group falls behind the reference group."""

    verdict: Literal["reference", "behind", "even", "undetermined"]
    level: Literal[1, 2, 3, 4] | None = Field(default=None, description="the lowest level that is behind")
    behind: list[int] = Field(
        default_factory=list, description="every level that is behind, given the one below"
    )
    reason: str


class GroupGrounding(Record):
    """One group of utterances."""

    axis: str
    value: str
    is_reference: bool
    n_utterances: int
    n_speakers: int
    levels: list[LevelShare]
    diagnosis: Diagnosis


class KindContrast(Record):
    """One kind of question in one group, among the replies that answer; or how often there is no answer."""

    group: str
    kind: str = Field(description="a kind of question, or `no answer`: the share refused or not known")
    difference: Estimate = Field(
        description="share right, less the reference group's; of `no answer` the share"
    )
    p_holm: float | None = Field(description="adjusted over the groups and kinds of the axis")
    verdict: Literal["higher", "lower", "undetermined"]


class AxisGrounding(Record):
    """The groups of one axis."""

    axis: str
    reference: str | None
    reference_reason: str
    groups: list[GroupGrounding]
    kinds: list[KindContrast] = Field(
        default_factory=list, description="each group against the reference group"
    )


class KindShare(Record):
    """One kind of question over all utterances."""

    level: Literal[1, 2, 3, 4]
    kind: str
    outcomes: Outcomes
    text_right: int = Field(description="of the same questions, those that were right about the transcript")
    chance: float = Field(description="share right by blind choice among the options")


class HeardKind(Record):
    """One kind of question about sound over all groups: is it heard at all?"""

    kind: str
    level: Literal[1, 2, 3, 4]
    bound: float = Field(
        description="lower bound: what the words, the answer that is right most often, or blind choice reach"
    )
    gain: Estimate = Field(description="share right about the audio, less the lower bound")
    p_holm: float | None = Field(description="of no gain, adjusted over the kinds")
    verdict: Literal["heard", "not heard", "undetermined"]


class Silence(Record):
    """Audio in which nothing is said, asked for words that are not there."""

    outcomes: Outcomes
    share: Estimate = Field(description="share right; each recording is a unit of its own")


class GroundingResult(Record):
    """All of ``grounding.json``."""

    schema_: Literal["speechfair/probe-grounding/1"] = Field(
        default="speechfair/probe-grounding/1", alias="schema"
    )
    speechfair: str
    model: str
    model_record: ModelRecord
    architecture: str
    corpus: str
    corpus_record: CorpusRecord
    items: str = Field(
        description="grammar: made from typed slots; corpus: derived from the corpus's own texts; "
        "sound: what the words do not tell, so that `text` is the lower bound and not the upper one"
    )
    n_scenes: int
    n_utterances: int
    n_excluded: int = Field(description="utterances without a question, each with a reason in the manifest")
    form: Literal["choice", "open"]
    seed: int
    level: float
    margin: float = Field(description="a deficit whose interval stays below this counts as even")
    alpha: float
    audio: Outcomes
    text: Outcomes
    overall: GroupGrounding
    axes: list[AxisGrounding]
    kinds: list[KindShare]
    heard: list[HeardKind] = Field(
        default_factory=list, description="of items `sound`: whether each kind of sound is heard at all"
    )
    silence: Silence | None
    notes: list[str]

    def to_json(self) -> str:
        """The file's content."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``grounding.json``."""
    schema = GroundingResult.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}

"""The content of ``audit.json`` as strict records: what was found, and nothing about how it is shown."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Literal

from pydantic import Field

from speechfair.auditing.metric_result import MetricResult
from speechfair.records import Record
from speechfair.types import Estimate

__all__ = [
    "SCHEMA",
    "AdjustedRatio",
    "AdjustmentModel",
    "AuditRecord",
    "Axis",
    "CorpusRecord",
    "Group",
    "LanguageRecord",
    "ModelRecord",
    "NormalizerRecord",
    "ReasonCount",
    "Shrinkage",
    "ShrunkenCellRecord",
    "Silence",
    "Totals",
    "UnitRecord",
]

SCHEMA = "speechfair/audit/1"


class Totals(Record):
    """Every row of the corpus, each in exactly one place: `in` = `scored` + `failed` + `excluded`."""

    n_in: int = Field(alias="in")
    scored: int
    failed: int
    excluded: int


class ReasonCount(Record):
    """How many rows share a reason, and the first few of their ids."""

    reason: str
    n: int
    examples: list[str]


class Group(Record):
    """One group of utterances (or, as `overall`, all of them), with its error rates.

    `n_utterances` are those in the main rate: scored and failed ones, failures counted as all deleted.
    `ratio` and `difference` compare `rate` with the axis's reference group; None for the reference itself.
    """

    axis: str
    value: str
    is_reference: bool
    sources: list[str] = Field(
        description="who assigned the label: self_reported, corpus, annotator, inferred"
    )
    n_utterances: int
    n_speakers: int
    n_failed: int
    n_redone: int = Field(description="runaway first decodes that were thrown away and decoded again")
    n_runaway: int = Field(description="final hypotheses with more insertions than reference tokens")
    runaway_error_share: float | None = Field(description="share of the group's errors made by runaways")
    reference_length: int
    substitutions: int | None = Field(description="null where counts were imported without kinds")
    deletions: int | None
    insertions: int | None
    rate: Estimate
    speaker_mean_rate: Estimate
    rate_without_failures: Estimate
    rate_without_runaways: Estimate
    ratio: Estimate | None
    difference: Estimate | None
    ratio_simultaneous: Estimate | None = Field(
        default=None,
        description="`ratio` with an interval that holds together with those of all other groups of the axis; null "
        "where fewer than two groups are compared",
    )
    kind_ratios: dict[str, Estimate] | None = Field(
        default=None,
        description="substitutions, deletions and insertions apart: the group's rate of each over the reference's",
    )
    kind_differences: dict[str, Estimate] | None = Field(
        default=None, description="of each kind of error, the group's rate minus the reference's"
    )
    rate_other_texts: Estimate | None = Field(
        default=None,
        description="the rate with an interval for other speakers and other texts; null where texts are hardly shared",
    )
    ratio_other_texts: Estimate | None = Field(
        default=None, description="the ratio for other speakers and texts"
    )
    answers: dict[str, int] | None = Field(
        default=None,
        description="of a speech-LLM, its answers by wording: answer, refusal, not_heard, empty and error; null for a "
        "recogniser",
    )


class AdjustedRatio(Record):
    """A group's rate ratio to the axis's reference at equal covariates, next to the raw one."""

    group: str
    adjusted: Estimate
    raw: Estimate
    contributions: dict[str, float] = Field(
        description="by covariate, the factor on the rate ratio that its different distribution makes by the model"
    )
    explanation: str


class AdjustmentModel(Record):
    """The mixed-effects model behind an axis's adjusted ratios."""

    covariates: list[str]
    formula: str | None = None
    family: str | None = Field(default=None, description="poisson or negative_binomial; null where refused")
    family_reason: str | None = None
    n_utterances: int = 0
    n_speakers: int = 0
    speaker_sd: float | None = Field(default=None, description="of the speakers' effects on the log rate")
    text_sd: float | None = None
    dispersion: float | None = None
    shape: float | None = None
    degrees_of_freedom: float | None = None
    notes: list[str] = Field(default_factory=list, description="what was done to the data, and left out")
    reason: str | None = Field(default=None, description="why no group has an adjusted ratio")


class ShrunkenCellRecord(Record):
    """One cell of a crossing before (`rate`) and after partial pooling (`ratio` to the mean of the cells)."""

    group: str
    rate: float | None
    ratio: Estimate
    weight: float | None = Field(description="share of the cell's own log rate; the rest is the mean's")


class Shrinkage(Record):
    """The cells of a crossing, partially pooled, so that a cell of few speakers is not headlined."""

    cells: list[ShrunkenCellRecord]
    mean_rate: float | None
    between_sd: float | None = Field(description="of the true log rates between cells")
    gap: Estimate
    n_left_out: int
    reason: str | None


class Axis(Record):
    """What holds for all groups of one axis together."""

    axis: str
    reference: str | None
    reference_reason: str
    gap: Estimate = Field(description="largest minus smallest rate among groups with enough speakers")
    worst_best_ratio: Estimate
    between_group_sd: Estimate
    gap_expected_without_difference: float | None = Field(
        description="mean gap when labels are permuted at random, as `gap_null` says"
    )
    gap_p_value: float | None = Field(
        description="that all rates are equal: the least of all pairs' t tests, times the number of pairs"
    )
    gap_null: str | None = Field(default=None, description="what was permuted, in words")
    gap_null_reason: str | None = Field(description="why nothing was permuted, or why there is no p-value")
    notes: list[str]
    adjusted: list[AdjustedRatio] | None = Field(default=None, description="null where not asked for")
    adjustment: AdjustmentModel | None = Field(default=None, description="the model behind `adjusted`")
    shrunken: Shrinkage | None = Field(default=None, description="of a crossing; null for a single axis")


class Silence(Record):
    """What was recognised in one group's utterances (or, as `overall`, in all) whose reference holds no word."""

    axis: str
    value: str
    n_utterances: int
    n_failed: int = Field(description="left out of the measure: a failure invents nothing")
    n_with_words: int
    words: int = Field(description="invented tokens, after normalising")
    words_per_utterance: Estimate


class CorpusRecord(Record):
    """Which corpus, exactly."""

    name: str
    version: str
    options: dict[str, Any]
    manifest_sha256: str
    statement: str | None = Field(default=None, description="what must be said wherever the corpus is used")

    @property
    def title(self) -> str | None:
        """What was audited, for a heading: a table of one's own is called by its file, not by its loader.

        None for utterances that were given in memory, which have no name.
        """
        table = next(
            (str(self.options[key]) for key in ("file", "manifest", "path") if self.options.get(key)), ""
        )
        if table == "in memory":
            return None
        stem = PurePath(table.replace("\\", "/")).stem if self.name in ("manifest", "transcripts") else ""
        return stem or self.name


class ModelRecord(Record):
    """Which model, exactly."""

    name: str
    key: str
    family: str
    digest: str
    options: dict[str, Any]
    versions: dict[str, str]
    architecture: str | None = Field(
        default=None,
        description="of a speech-LLM, how speech reaches the language model: modular (as text), native or hybrid",
    )


class NormalizerRecord(Record):
    """How texts were normalised before they were compared."""

    name: str
    version: str


class LanguageRecord(Record):
    """How the rows of one language were counted, and their rate in that unit."""

    language: str = Field(description="as the corpus writes it; und where it names none")
    name: str = Field(description="in English words")
    normalizer: str
    version: str
    tokens: Literal["words", "characters", "mixed"]
    n_utterances: int
    reference_length: int
    rate: Estimate


class UnitRecord(Record):
    """The rate over all languages that are counted in one unit."""

    tokens: str
    languages: list[str]
    n_utterances: int
    rate: Estimate


class AuditRecord(Record):
    """One audit: one corpus, one model, one normaliser, any number of axes."""

    schema_: Literal["speechfair/audit/1"] = Field(default="speechfair/audit/1", alias="schema")
    speechfair: str
    corpus: str
    model: str
    corpus_record: CorpusRecord
    model_record: ModelRecord
    normalizer: NormalizerRecord
    tokens: Literal["words", "characters", "mixed", "several"]
    level: float
    seed: int
    totals: Totals
    excluded: list[ReasonCount]
    failed: list[ReasonCount]
    overall: Group
    groups: list[Group]
    axes: list[Axis]
    notes: list[str]
    metrics: list[MetricResult] = Field(
        default=[], description="the metrics that were asked for, next to the error rate above"
    )
    empty_references: Literal["exclude", "errors", "errors-and-words"] = Field(
        default="exclude",
        description="whether what was recognised where the reference holds no word counts into the rates: not "
        "at all, as errors, or as errors and as reference words",
    )
    silence: list[Silence] | None = Field(
        default=None, description="words invented where nobody spoke; null where no reference is empty"
    )
    audio_seconds: float
    languages: list[LanguageRecord] | None = Field(
        default=None, description="how each language was counted; null in results of versions before 0.3"
    )
    units: list[UnitRecord] | None = Field(
        default=None,
        description="rates by unit where languages are counted in several; null where there is one",
    )
    times: dict[str, float] = Field(description="seconds of compute by stage; the only part that may differ")

    def groups_of(self, axis: str) -> list[Group]:
        """The groups of one axis, in the order of the file."""
        return [group for group in self.groups if group.axis == axis]

"""``criteria.yaml``: what an audit must show for a release to pass, written down before the test set is touched.

Only the file and its meaning are here. When it was frozen is in `freeze`; whether a run meets it is in `gate`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from speechfair.errors import InputError
from speechfair.records import StrictRecord
from speechfair.registry import did_you_mean
from speechfair.resources import data_folder
from speechfair.strict_yaml import read_model
from speechfair.types import UNKNOWN
from speechfair.wording import given_percent

if TYPE_CHECKING:
    from speechfair.metrics.metric import Kind

__all__ = ["SCHEMA", "CriteriaFile", "Criterion", "Metric", "read_criteria", "shipped_criteria"]

SCHEMA = "speechfair/criteria/1"

Metric = Literal[
    "rate",
    "speaker_mean_rate",
    "failure_rate",
    "runaway_rate",
    "runaway_share",
    "rate_ratio",
    "rate_difference",
    "gap",
    "worst_best_ratio",
    "post_stratified_rate",
]

_PERCENT = 100
"""A ratio's limit from here on is taken for percent: nobody means that one group may have 100 times the errors."""

AGAINST_REFERENCE = frozenset({"rate_ratio", "rate_difference"})
"""Metrics of one group next to the reference group."""

OVER_ALL_GROUPS = frozenset({"gap", "worst_best_ratio"})
"""Metrics of how far all groups are apart."""

JOINT = OVER_ALL_GROUPS | {"post_stratified_rate"}
"""Metrics with one value for several groups together."""

RATIOS = frozenset({"rate_ratio", "worst_best_ratio"})
"""Metrics whose value is 1 where there is no difference."""

NAMED = frozenset({"failure_rate", "runaway_rate", "runaway_share"})
"""Rates of the registered metric of the same name: ``failure_rate`` is the ``rate`` with ``of: failure_rate``."""

_WORDS = {
    "rate": "error rate (sum of errors / sum of reference tokens)",
    "speaker_mean_rate": "mean of the speakers' error rates",
    "failure_rate": "share of utterances that gave no hypothesis",
    "runaway_rate": "share of utterances with more insertions than reference tokens",
    "runaway_share": "share of the errors that runaway hypotheses make",
    "rate_ratio": "error rate / reference group's",
    "rate_difference": "error rate - reference group's",
    "gap": "largest error rate - smallest",
    "worst_best_ratio": "largest error rate / smallest",
    "post_stratified_rate": "mean of the groups' error rates, weighted",
}


class Criterion(StrictRecord):
    """One statement that a run can keep or break: `metric` of each group is at most `limit`."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="name of the criterion in results")
    metric: Metric = Field(description="the statistic that is limited")
    of: str | None = Field(
        default=None, description="registered metric that it is a statistic of; None is the run's error rate"
    )
    axis: str = Field(pattern=r"^[^+\s]+(\+[^+\s]+)*$", description="label axis; a+b is a crossing")
    groups: list[str] | Literal["all"] = Field(
        default="all", min_length=1, description="all, or the names of those that are judged"
    )
    weights: dict[str, float] | None = Field(
        default=None,
        min_length=1,
        description="of post_stratified_rate: each group's share of the population",
    )
    reference: str | None = Field(default=None, description="None takes the corpus card's")
    limit: float = Field(allow_inf_nan=False, ge=0, description="as a fraction, never percent")
    level: float = Field(default=0.95, ge=0.5, lt=1, description="coverage of the interval")
    min_speakers: int = Field(default=35, description="in each group, the reference too")
    multiplicity: Literal["holm", "none"] = Field(
        default="holm", description="holm judges all comparisons of one level together"
    )
    accept_confounded: bool = Field(
        default=False, description="compare groups that differ completely in corpus, channel or texts too"
    )
    accept_unlabelled: bool = Field(
        default=False, description="judge the labelled groups although some utterances have no label"
    )
    accept_repeated_answers: bool = Field(
        default=False,
        description="judge although all texts and answers of two speakers agree, or one speaker's repeat",
    )
    accept_alike_speakers: bool = Field(
        default=False,
        description="judge although speaker ids differ from each other only in case, width or repeated blanks",
    )

    @field_validator("groups", mode="before")
    @classmethod
    def _all_or_list(cls, value: Any) -> Any:
        if value != "all" and not isinstance(value, list):
            raise ValueError(f"write all, or a list such as [cmn, spa]; not {value!r}")
        return value

    @field_validator("min_speakers")
    @classmethod
    def _enough_for_an_interval(cls, value: int) -> int:
        from speechfair.metrics import MIN_SPEAKERS

        if value < MIN_SPEAKERS:
            raise ValueError(f"at least {MIN_SPEAKERS}: with fewer speakers there is no interval")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        named = self.named_groups or []
        if twice := {name for name in named if named.count(name) > 1}:
            raise ValueError(f"groups names {sorted(twice)[0]!r} twice")
        for name in [*named, self.reference or ""]:
            if UNKNOWN in name.split("+"):
                raise ValueError(
                    f"{UNKNOWN!r} is where a label is missing; no criterion can judge that group"
                )
        if self.reference is not None and self.metric not in AGAINST_REFERENCE:
            raise ValueError(f"the metric {self.metric} compares with no reference; leave 'reference' out")
        if self.reference in named:
            raise ValueError(f"the reference {self.reference!r} cannot be compared with itself")
        if self.metric in OVER_ALL_GROUPS and len(named) == 1:
            raise ValueError(f"the metric {self.metric} needs at least two groups")
        if problem := self._weights_problem():
            raise ValueError(problem)
        kind = self._kind_of()
        if problem := _limit_problem(self.metric, self.limit, kind):
            raise ValueError(problem)
        return self

    def _weights_problem(self) -> str | None:
        if (self.metric == "post_stratified_rate") != (self.weights is not None):
            return "weights and the metric post_stratified_rate belong together: give both or neither"
        if self.weights is not None and self.groups != "all":
            return "the weights name the groups; leave 'groups' out"
        for name, weight in (self.weights or {}).items():
            if not 0 < weight < math.inf:
                return f"the weight of {name!r} is {weight:g}; write a share of the population above 0, such as 0.2"
        return None

    def _kind_of(self) -> Kind | None:
        """Kind of the metric of `of`, which must be one that a limit from above makes sense for."""
        if self.of is None:
            return None
        from speechfair.metrics.metric import load_metric

        if self.metric in NAMED:
            raise ValueError(f"the metric {self.metric} is one itself; leave 'of' out, or write metric: rate")
        try:
            metric = load_metric(self.of)
        except InputError as error:
            raise ValueError(f"of: {error}") from None
        if not metric.higher_is_worse:
            raise ValueError(f"of: more of the {metric.title} is better, and a criterion limits from above")
        return metric.kind

    @property
    def named_groups(self) -> list[str] | None:
        """The groups that the criterion names, as those of its weights; None for all."""
        if self.weights is not None:
            return list(self.weights)
        return None if self.groups == "all" else list(self.groups)

    @property
    def measured(self) -> str:
        """Statistic and metric by name, such as ``rate_ratio of latency``; ``rate_ratio`` alone is the error rate's."""
        return self.metric if self.of is None else f"{self.metric} of {self.of}"

    @property
    def _words(self) -> str:
        if self.of is None:
            return _WORDS[self.metric]
        from speechfair.metrics.metric import load_metric

        metric = load_metric(self.of)
        text = _WORDS[self.metric].replace(
            "error rate (sum of errors / sum of reference tokens)", "error rate"
        )
        text = text.replace("error rates", f"values of the {metric.title}").replace(
            "error rate", metric.title
        )
        return (
            f"{text} ({metric.event} among {metric.trial}{'' if metric.unit == '%' else ', ' + metric.unit})"
        )

    @property
    def sentence(self) -> str:
        """The criterion for a person, in one line."""
        shares = self.weights or {}
        named = [f"{name} ({shares[name]:g})" if shares else name for name in self.named_groups or []]
        every = ", ".join(named) or "every group"
        over = " over " if self.metric in JOINT else " of "
        text = f"{self._words}{over}{every} on {self.axis} is at most {self.limit:g}"
        if self.metric in AGAINST_REFERENCE:
            text += f"; reference: {self.reference or 'as the corpus card names it'}"
        text += f"; {given_percent(self.level)} interval, {self.min_speakers} speakers a group, "
        text += (
            "Holm over the file" if self.multiplicity == "holm" else "no correction for several comparisons"
        )
        for name in ("confounded", "unlabelled", "repeated_answers", "alike_speakers"):
            text += f"; {name.replace('_', ' ')} accepted" if getattr(self, f"accept_{name}") else ""
        return text


class CriteriaFile(StrictRecord):
    """The content of ``criteria.yaml``."""

    schema_: Literal["speechfair/criteria/1"] = Field(
        alias="schema", description="name and version of this format"
    )
    description: str | None = Field(default=None, description="what the file is for, in words")
    normalizer: str = Field(description="the run must have been scored with it")
    tokens: Literal["words", "characters"] = Field(description="what the run's errors are counted in")
    corpus: str | None = Field(default=None, description="name of the corpus they are for; None is any")
    manifest_sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{8,64}$",
        description="digest of the manifest, or its first 8 or more digits",
    )
    model: str | None = Field(default=None, description="name, key or digest of the model they are for")
    strip_prefix: list[str] = Field(
        default=[], description="the run must have left out these beginnings of hypotheses, and no others"
    )
    strip_suffix: list[str] = Field(
        default=[], description="the run must have left out these ends of hypotheses, and no others"
    )
    accept_excluded: float = Field(
        default=0.1, ge=0, lt=0.5, description="largest share of a group's rows that may be excluded"
    )
    without_absolute: str | None = Field(
        default=None, min_length=10, description="why no criterion limits the error rate itself"
    )
    without_failure_rate: str | None = Field(
        default=None, min_length=10, description="why no criterion limits the share of failures"
    )
    criteria: list[Criterion] = Field(min_length=1, description="the criteria, see below")

    @field_validator("normalizer")
    @classmethod
    def _known(cls, value: str) -> str:
        from speechfair.text.normalizers import COUNTED_ELSEWHERE, NORMALIZERS

        if value not in (*NORMALIZERS, COUNTED_ELSEWHERE):
            raise ValueError(f"unknown normalizer {value!r}; {did_you_mean(value, list(NORMALIZERS))}")
        return value

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [criterion.id for criterion in self.criteria]
        if twice := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"two criteria have the id {sorted(twice)[0]!r}")
        return self


def read_criteria(path: Path) -> CriteriaFile:
    """Read a criteria file; `InputError` names file, line and key of what is wrong with it."""
    return read_model(path, CriteriaFile)


def shipped_criteria() -> Path:
    """The ready ``recipes/audit/criteria.yaml``, to be copied and edited."""
    return data_folder("recipes") / "audit" / "criteria.yaml"


def _limit_problem(metric: Metric, limit: float, kind: Kind | None) -> str | None:
    if metric in RATIOS:
        if 1 <= limit < _PERCENT:
            return None
        return f"limit {limit:g}: a ratio's limit is at least 1, a factor and not percent, such as 1.25"
    if not math.isfinite(limit) or (limit > 1 and kind not in ("count", "amount")):
        return f"limit {limit:g}: write a fraction and not percent, such as 0.15 for 15 %"
    if limit == 0 and metric != "rate_difference":
        return "limit 0: no finite test can show that something never happens; write the largest share you accept"
    return None

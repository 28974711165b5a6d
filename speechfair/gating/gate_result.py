"""What a gate decided: a verdict for every comparison, with reason, and the published JSON Schema ``gate-1.json``."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from speechfair.records import Record
from speechfair.types import Estimate

__all__ = [
    "EXIT_CODES",
    "SCHEMA",
    "Comparison",
    "GateResult",
    "GroupShares",
    "Requirement",
    "Verdict",
    "above_limit",
    "json_schema",
    "overall",
]

SCHEMA = "speechfair/gate/1"

Verdict = Literal["pass", "fail", "undetermined", "error"]

EXIT_CODES: dict[Verdict, int] = {"pass": 0, "fail": 1, "error": 2, "undetermined": 3}
"""Exit code of the command line by verdict."""

_WORST_FIRST: tuple[Verdict, ...] = ("fail", "error", "undetermined", "pass")


class CriteriaRecord(Record):
    """Which criteria, and what is recorded of when they were fixed."""

    file: str
    sha256: str
    frozen: str | None = Field(description="when this version was frozen (UTC), by its machine's clock")
    recorded_in: Literal["run folder", "sidecar"] | None
    evaluated: str | None = Field(description="when the run first gave an utterance to its model (UTC)")


class RunRecord(Record):
    """Which run, exactly."""

    corpus: str
    manifest_sha256: str
    model: str | None
    model_key: str | None
    normalizer: str | None
    tokens: str | None


class Comparison(Record):
    """One criterion for one group, or for all groups together where its metric is one of all groups."""

    criterion: str
    metric: str = Field(
        description="the statistic, and after 'of' the registered metric if it is not the error rate"
    )
    axis: str
    group: str = Field(description="a label value, or 'all groups'")
    reference: str | None
    verdict: Verdict
    reason: str
    guard: str | None = Field(description="name of the guard that forbade a pass and a fail; else None")
    would_fail: bool = Field(
        default=False, description="undetermined only because of when the criteria were frozen; else a fail"
    )
    estimate: Estimate | None = Field(description="with the interval at the level it was judged at")
    limit: float
    level: float = Field(description="coverage that the criterion asks for, before Holm")
    n_speakers: int | None = Field(description="speakers of the group, or of all groups together")
    n_reference_speakers: int | None
    min_speakers: int
    more_speakers: int | None = Field(
        description="speakers to add so that the verdict would settle if the estimate stayed as it is; "
        "where there is a reference group it grows in proportion"
    )
    more_speakers_reason: str | None = Field(description="what that figure assumes, or why there is none")
    probability_above: float | None = Field(
        default=None,
        description="of an error rate's ratio: probability that it is above the limit, by the mixed model; decides "
        "nothing",
    )
    probability_reason: str | None = Field(default=None, description="why there is no such probability")


class Requirement(Record):
    """What a pass of the whole file rests on besides its comparisons."""

    name: Literal["absolute_criterion", "failure_criterion", "answers"]
    verdict: Verdict
    reason: str


class GroupShares(Record):
    """One group of an axis that a criterion names: its rows, what was lost of them, and who judges it."""

    axis: str
    group: str
    n_rows: int = Field(description="of the manifest, the excluded ones too")
    n_speakers: int = Field(description="known speakers of the rows that were not excluded")
    excluded: int = Field(description="rows that are not scored, each with its reason in the run folder")
    failed: int = Field(description="rows without a hypothesis")
    empty: int = Field(description="rows whose hypothesis is empty")
    judged_by: list[str] = Field(
        description="ids of the criteria that look at the group; none if it is not judged"
    )


class GateResult(Record):
    """Every comparison of a criteria file with a run, and the verdict on all of them."""

    schema_: Literal["speechfair/gate/1"] = Field(default="speechfair/gate/1", alias="schema")
    speechfair: str
    verdict: Verdict = Field(
        description="the worst of all comparisons and requirements: fail, then error, then undetermined, then pass"
    )
    counts: dict[Verdict, int]
    criteria: CriteriaRecord
    run: RunRecord
    comparisons: list[Comparison]
    requirements: list[Requirement] = Field(default_factory=list)
    groups: list[GroupShares] = Field(default_factory=list)
    notes: list[str]

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 2 error, 3 undetermined."""
        return EXIT_CODES[self.verdict]

    def to_json(self) -> str:
        """UTF-8 JSON with two-space indent and a newline at the end."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False) + "\n"


def overall(verdicts: list[Verdict]) -> Verdict:
    """The worst verdict; no verdict at all is an error.

    >>> overall(["pass", "undetermined"]), overall(["error", "fail"]), overall([])
    ('undetermined', 'fail', 'error')
    """
    return next((verdict for verdict in _WORST_FIRST if verdict in verdicts), "error")


def above_limit(comparison: Comparison) -> str:
    """In words, how probable it is that the true ratio is above the limit."""
    chance = 100 * (comparison.probability_above or 0.0)
    said = "less than 0.1 %" if chance < 0.1 else "more than 99.9 %" if chance > 99.9 else f"{chance:.1f} %"
    return f"by the mixed model the ratio is above {comparison.limit:g} with a probability of {said}"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a gate's result."""
    schema = GateResult.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}

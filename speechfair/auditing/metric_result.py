"""What an audit found for each metric that was asked for: the section ``metrics`` of ``audit.json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from speechfair.records import Record
from speechfair.types import Estimate

__all__ = ["MetricAxis", "MetricGroup", "MetricResult"]


class MetricGroup(Record):
    """One group of utterances (or, as `overall`, all of them) by one metric.

    `rate` is the sum of the events over the sum of the trials: a fraction, or an amount in the metric's unit.
    `ratio` and `difference` compare it with the axis's reference group; None for the reference itself.
    """

    axis: str
    value: str
    is_reference: bool
    n_utterances: int = Field(description="utterances that the metric counts")
    n_speakers: int
    events: float
    trials: float
    rate: Estimate
    ratio: Estimate | None
    difference: Estimate | None


class MetricAxis(Record):
    """What holds for all groups of one axis together, by one metric."""

    axis: str
    reference: str | None
    gap: Estimate = Field(description="largest minus smallest rate among groups with enough speakers")
    worst_best_ratio: Estimate


class MetricResult(Record):
    """One metric: what it counts, and its rates by group."""

    name: str
    title: str
    short: str = Field(description="heading of a narrow column")
    event: str = Field(description="what is counted, as a plural noun")
    trial: str = Field(description="among what")
    kind: Literal["proportion", "count", "amount"]
    unit: str = Field(
        description="of a shown rate: %, for which a stored rate is multiplied by 100, or s or ×"
    )
    higher_is_worse: bool
    about: str
    overall: MetricGroup
    groups: list[MetricGroup]
    axes: list[MetricAxis]

    def groups_of(self, axis: str) -> list[MetricGroup]:
        """The groups of one axis, worst first; those without a rate come last."""
        sign = -1 if self.higher_is_worse else 1
        found = [group for group in self.groups if group.axis == axis]
        return sorted(found, key=lambda g: (g.rate.value is None, sign * (g.rate.value or 0.0), g.value))

"""Reweighting: the rows come as the data are, and a rare group's loss counts for more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from speechfair.debias.method import Method
from speechfair.debias.method_options import NoOptions

if TYPE_CHECKING:
    from speechfair.debias.training.objectives import Objective

__all__ = ["Reweight", "ReweightOptions"]


class ReweightOptions(NoOptions):
    """`power`: 1 is the inverse of the group's frequency, 0 is no weighting."""

    power: float = Field(default=1.0, ge=0, le=1)


class Reweight(Method):
    """An utterance counts in proportion to (share of its group) ** -power; over the data the mean weight is 1."""

    name = "reweight"
    summary = "loss weighted by inverse group frequency"
    source = "Byrd and Lipton, What is the effect of importance weighting in deep learning?, ICML 2019"
    Options = ReweightOptions

    def objective(self, groups: Sequence[str], rows_per_group: Sequence[int]) -> Objective:
        """Fixed group weights."""
        from speechfair.debias.training.objectives import GroupWeighted

        total = sum(rows_per_group)
        raw = [(rows / total) ** -self.options.power for rows in rows_per_group]
        mean = sum(weight * rows for weight, rows in zip(raw, rows_per_group, strict=True)) / total
        return GroupWeighted([weight / mean for weight in raw])

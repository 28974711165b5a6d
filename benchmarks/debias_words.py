"""How the debiasing pages put figures into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from speechfair import wording
from speechfair.debias.judging.before_after import DebiasResult, GroupChange
from speechfair.types import Estimate


def relative_changes(result: DebiasResult) -> tuple[float, float]:
    """Relative change of the mean of the genders and of the worst gender."""
    axis = next(axis.axis for axis in result.axes if axis.evaluation == "target")
    mine = [g for g in result.groups if g.evaluation == "target" and g.axis == axis]
    before, after = ([g.rate_before or 0 for g in mine], [g.rate_after or 0 for g in mine])
    return (sum(after) - sum(before)) / sum(before), (max(after) - max(before)) / max(before)


def gains_a_quarter(result: DebiasResult) -> bool:
    """At least 25 % less in the mean of the genders and in the worst gender."""
    return max(relative_changes(result)) <= -0.25


def everyone_protected(result: DebiasResult) -> GroupChange:
    """The change of the protected speakers as a whole."""
    return next(group for group in result.groups if group.protected and group.axis is None)


def shown_unharmed(result: DebiasResult) -> bool:
    """The protected speakers as a whole are shown unharmed by the interval."""
    return everyone_protected(result).harmed is False


def names_of(names: Sequence[str]) -> str:
    """The names as code, in a line."""
    return ", ".join(f"`{name}`" for name in names) or "none"


def shares_of(shares: Mapping[str, float]) -> str:
    """Shares by group, in a line."""
    return ", ".join(f"{group} {share:.2f}" for group, share in shares.items())


def group_name(group: GroupChange) -> str:
    """What a group is called."""
    return f"{group.axis}: {group.group}" if group.axis else group.group


def harmed(group: GroupChange) -> str:
    """Whether it was harmed, in a word."""
    return {True: "**yes**", False: "no", None: "unclear"}[group.harmed]


def interval(estimate: Estimate) -> str:
    """An interval in points, or why there is none."""
    return wording.interval(estimate, "points") or f"none: {estimate.reason}"

"""What an audit found, in plain sentences that say no more than the numbers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speechfair.auditing.result import AuditResult, Group

__all__ = ["findings"]


def findings(result: AuditResult, axis: str) -> list[str]:
    """One sentence per group of an axis that is not the reference, worst first."""
    reference = next((g for g in result.groups_of(axis) if g.is_reference), None)
    if reference is None:
        return ["There is no reference group to compare with."]
    return [_sentence(group, reference, result) for group in result.groups_of(axis) if not group.is_reference]


def _sentence(group: Group, reference: Group, result: AuditResult) -> str:
    unit = "word" if result.tokens == "words" else "character"
    ratio = group.ratio
    if ratio is None or ratio.value is None:
        why = (ratio.reason if ratio else None) or "undefined"
        return f"{group.value} against {reference.value}: no comparison is possible ({why})."
    size = f"{ratio.value:.2f} times the {unit} error rate of {reference.value}"
    if ratio.low is None or ratio.high is None:
        return f"{group.value} had {size}, but how sure that is cannot be said: {ratio.reason}."
    span = f"{result.level:.0%} interval {ratio.low:.2f} to {ratio.high:.2f}"
    if ratio.low > 1 or ratio.high < 1:
        return f"{group.value} had {size} ({span})."
    return f"{group.value} had {size}, but the interval includes no difference ({span})."

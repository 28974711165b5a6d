"""What a pass needs besides comparisons that pass: a limit on errors and on failures for every group, and answers.

A ratio says nothing of a model that fails everybody alike, and a criterion nothing of a group that it does not name.
Each requirement has a verdict of its own, and the gate's verdict is the worst of these and of all comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from speechfair.gating.cases import RunFacts
from speechfair.gating.criteria import AGAINST_REFERENCE, CriteriaFile, Criterion
from speechfair.gating.gate_result import GroupShares, Requirement
from speechfair.running.scoring import add_axis, axes_of
from speechfair.types import UNKNOWN
from speechfair.wording import given_percent

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ABSOLUTE", "LOST_SHARE", "group_shares", "requirements"]

ABSOLUTE = frozenset({"rate", "speaker_mean_rate"})
"""Metrics that limit how large an error rate may be, whatever other groups' are."""

LOST_SHARE = 0.5
"""A group of which this share of the rows was excluded, failed or got an empty answer settles nothing."""


def requirements(file: CriteriaFile, facts: RunFacts, shares: list[GroupShares]) -> list[Requirement]:
    """The requirements that a pass of `file` rests on besides its comparisons, each with its verdict.

    Parameters
    ----------
    shares : of `group_shares`, for the same file and run.
    """
    if facts.counted.is_empty() or bool(facts.counted["failed"].all()):  # every comparison says so already
        return []
    return [
        _limited("absolute_criterion", "error rate", ABSOLUTE, file.without_absolute, file, facts),
        _limited(
            "failure_criterion", "failure rate", {"failure_rate"}, file.without_failure_rate, file, facts
        ),
        _answers(file, facts, shares),
    ]


def group_shares(file: CriteriaFile, facts: RunFacts) -> list[GroupShares]:
    """Every group of every axis that a criterion names, with what was lost of it and which criteria judge it.

    Rows without a label on the axis are the group ``unknown``. Excluded rows count under the labels that they have;
    those of a row that could not be read are not known.
    """
    import polars as pl

    if facts.scores is None:
        return []
    known = set(axes_of(facts.scores))
    found = []
    for axis in sorted({criterion.axis for criterion in file.criteria}):
        if not set(axis.split("+")) <= known:
            continue
        labelled = add_axis(facts.scores, axis)
        for group in sorted(labelled["group"].unique().to_list()):
            rows = labelled.filter(pl.col("group") == group)
            found.append(_shares(axis, group, rows, _judging(file, facts, axis, group)))
    return found


def _shares(axis: str, group: str, rows: pl.DataFrame, judged_by: list[str]) -> GroupShares:
    import polars as pl

    excluded = pl.col("excluded").is_not_null()
    empty = pl.lit(False)
    if "hypothesis" in rows.columns:
        empty = ~excluded & ~pl.col("failed") & (pl.col("hypothesis").fill_null("").str.len_chars() == 0)
    return GroupShares(
        axis=axis,
        group=group,
        n_rows=rows.height,
        n_speakers=rows.filter(~excluded)["speaker"].drop_nulls().n_unique(),
        excluded=rows.filter(excluded).height,
        failed=rows.filter(~excluded & pl.col("failed")).height,
        empty=rows.filter(empty).height,
        judged_by=judged_by,
    )


def _judging(file: CriteriaFile, facts: RunFacts, axis: str, group: str) -> list[str]:
    """Ids of the criteria that judge the group, as the reference too."""
    if UNKNOWN in group.split("+"):
        return []
    return [c.id for c in file.criteria if c.axis == axis and group in _names(c, facts, [group])]


def _names(criterion: Criterion, facts: RunFacts, known: list[str]) -> set[str]:
    """Of the `known` groups, those that a criterion looks at."""
    if criterion.named_groups is None:
        return set(known)
    named = set(criterion.named_groups)
    if criterion.metric in AGAINST_REFERENCE:
        named.add(criterion.reference or facts.card_reference.get(criterion.axis, ""))
    return named & set(known)


def _limited(
    name: str,
    what: str,
    metrics: set[str] | frozenset[str],
    waived: str | None,
    file: CriteriaFile,
    facts: RunFacts,
) -> Requirement:
    """Whether some axis has criteria with one of `metrics` for every one of its groups."""
    if waived is not None:
        return Requirement(
            name=name, verdict="pass", reason=f"no criterion limits the {what}, by choice: {waived}"
        )
    fitting = [criterion for criterion in file.criteria if criterion.measured in metrics]
    option = "without_absolute" if name == "absolute_criterion" else "without_failure_rate"
    if not fitting:
        return Requirement(
            name=name,
            verdict="undetermined",
            reason=f"no criterion limits the {what}, so that a model that fails everybody alike could pass; add one "
            f"with the metric {min(metrics)}, or give the reason why none is needed as {option}",
        )
    unnamed: list[str] = []
    for axis in sorted({criterion.axis for criterion in fitting}):
        of_axis = [criterion for criterion in fitting if criterion.axis == axis]
        groups = [g for g in facts.members(axis) if UNKNOWN not in g.split("+")]
        unlabelled = [g for g in facts.members(axis) if g not in groups]
        named = {g for c in of_axis for g in _names(c, facts, groups)}
        if any(c.named_groups is None or c.accept_unlabelled for c in of_axis):
            unlabelled = []  # accepted, or open as a comparison of their own
        left = [f"{axis}={group}" for group in [*groups, *unlabelled] if group not in named]
        if groups and not left:
            return Requirement(
                name=name, verdict="pass", reason=f"the {what} of every group on {axis} has a limit"
            )
        unnamed = unnamed or left
    if not unnamed:
        return Requirement(
            name=name, verdict="undetermined", reason=f"no group of the run has a limit on its {what}"
        )
    return Requirement(
        name=name,
        verdict="undetermined",
        reason=f"no criterion limits the {what} of {', '.join(unnamed)}; write groups: all, or name them",
    )


def _answers(file: CriteriaFile, facts: RunFacts, shares: list[GroupShares]) -> Requirement:
    """A model that says nothing fails; a group most of whose rows were lost settles nothing."""
    import polars as pl

    counted = facts.counted
    if "hypothesis" in counted.columns:
        silent = counted.filter(pl.col("hypothesis").fill_null("").str.len_chars() == 0).height
        if silent == counted.height:
            return Requirement(
                name="answers",
                verdict="fail",
                reason=f"the model returned nothing for all {silent} utterances",
            )
    most = file.accept_excluded
    lost = [*_lost(shares), *_excluded(shares, most), *_unknown_excluded(shares, most)]
    if lost:
        return Requirement(name="answers", verdict="undetermined", reason="; ".join(lost))
    answered = "answers to" if "hypothesis" in counted.columns else "counts, made elsewhere, of"
    return Requirement(name="answers", verdict="pass", reason=f"every group has {answered} most of its rows")


def _lost(shares: list[GroupShares]) -> Iterator[str]:
    for one in shares:
        excluded = (
            0 if _without_label(one) else one.excluded
        )  # of those without a label `_unknown_excluded` speaks
        n_rows, lost = one.n_rows - one.excluded + excluded, excluded + one.failed + one.empty
        if n_rows and lost >= LOST_SHARE * n_rows:
            yield (
                f"{one.axis}={one.group}: {lost} of {n_rows} rows have no answer that could be judged "
                f"({excluded} excluded, {one.failed} failed, {one.empty} empty)"
            )


def _excluded(shares: list[GroupShares], most: float) -> Iterator[str]:
    """Judged groups too many of whose rows no criterion sees; of half a group or more `_lost` speaks."""
    for one in shares:
        lost = one.excluded + one.failed + one.empty
        if one.judged_by and one.excluded > most * one.n_rows and lost < LOST_SHARE * one.n_rows:
            yield (
                f"{one.axis}={one.group}: {one.excluded} of {one.n_rows} rows were excluded, and "
                f"{given_percent(most)} are accepted (accept_excluded in the criteria file)"
            )


def _unknown_excluded(shares: list[GroupShares], most: float) -> Iterator[str]:
    """Axes on which too many rows of the whole run were excluded without a label: they may be of any group."""
    for axis in sorted({one.axis for one in shares}):
        of_axis = [one for one in shares if one.axis == axis]
        n_rows = sum(one.n_rows for one in of_axis)
        excluded = sum(one.excluded for one in of_axis if _without_label(one))
        if excluded > most * n_rows:
            yield (
                f"{axis}: {excluded} of {n_rows} rows were excluded and have no label, and "
                f"{given_percent(most)} are accepted (accept_excluded in the criteria file)"
            )


def _without_label(one: GroupShares) -> bool:
    return UNKNOWN in one.group.split("+")

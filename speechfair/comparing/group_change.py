"""One group, and one axis of groups, under two models: rates, paired changes, and the verdict on harm.

Gets tables of the same utterances; which those are is settled in `matching`, what all groups amount to in `compare`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from speechfair.auditing.estimates import reference_group
from speechfair.comparing.comparison import AxisChange, GroupChange, NoHarm, Side
from speechfair.comparing.no_harm import Margins, judge_no_harm
from speechfair.metrics.error_counts import errors_of, kind_counts
from speechfair.running.scoring import add_axis
from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl

    from speechfair.comparing.matching import ScoredRun
    from speechfair.metrics.pairing import Pair

__all__ = ["Judge", "axis_change"]


class Judge:
    """Compares one group at a time under fixed margins and level."""

    def __init__(self, margins: Margins) -> None:
        self.margins, self.level = margins, margins.level

    def group(
        self,
        axis: str,
        value: str,
        tables: tuple[pl.DataFrame, pl.DataFrame],
        reference: Pair | None,
        is_reference: bool,
        pair: Pair | None = None,
    ) -> GroupChange:
        """One group, whose scores `tables` are, against the `reference` group's pair; `pair` is its own, if known."""
        from speechfair.metrics.paired import paired_difference, paired_ratio, ratio_change
        from speechfair.metrics.pairing import pair_up

        pair = pair if pair is not None else pair_up(*tables)
        return GroupChange(
            axis=axis,
            value=value,
            is_reference=is_reference,
            n_utterances=pair.n_utterances,
            n_speakers=pair.n_speakers,
            reference_length=int(tables[0]["reference_length"].sum()),
            before=_one_side(tables[0], self.level),
            after=_one_side(tables[1], self.level),
            difference=paired_difference(pair, self.level),
            ratio=paired_ratio(pair, self.level),
            ratio_change=ratio_change(pair, reference, self.level) if reference else None,
            no_harm=judge_no_harm(pair, self.margins),
        )


def _missing(axis: str, value: str, sides: tuple[bool, bool], is_reference: bool) -> GroupChange:
    """A group of which no utterance could be compared. It can never pass."""
    where = "before" if sides == (True, False) else "after" if sides == (False, True) else "in both runs"
    reason = (
        f"the group occurs only {where}: nothing to compare"
        if where != "in both runs"
        else "the runs have no utterance of the group in common: nothing to compare"
    )
    return GroupChange(
        axis=axis, value=value, is_reference=is_reference, n_utterances=0, n_speakers=0, reference_length=0,
        before=None, after=None, difference=None, ratio=None, ratio_change=None,
        no_harm=NoHarm(verdict="undetermined", reason=reason, scale=None, limit=None),
    )  # fmt: skip


def axis_change(
    axis: str,
    tables: tuple[pl.DataFrame, pl.DataFrame],
    runs: tuple[ScoredRun, ScoredRun],
    judge: Judge,
    seed: int,
) -> tuple[list[GroupChange], AxisChange]:
    """All groups of an axis, those that were compared most worsened first, and how their gap changed."""
    import polars as pl

    from speechfair.metrics.pairing import pair_by_group

    old, new = (add_axis(table, axis) for table in tables)
    pairs = pair_by_group(old, new, "group")
    present = [
        set(add_axis(run.scores.filter(pl.col("excluded").is_null()), axis)["group"].unique().to_list())
        for run in runs
    ]
    reference, why = _reference(axis, pairs, runs)
    groups = []
    for value in sorted(pairs):
        parts = old.filter(pl.col("group") == value), new.filter(pl.col("group") == value)
        against = pairs[reference] if reference is not None and value != reference else None
        groups.append(judge.group(axis, value, parts, against, value == reference, pairs[value]))
    groups.sort(key=_most_worsened)
    for value in sorted(set.union(*present) - set(pairs)):
        sides = value in present[0], value in present[1]
        groups.append(_missing(axis, value, sides, is_reference=value == reference))
    return groups, _gap(axis, groups, pairs, reference, why, judge.level, seed)


def _most_worsened(group: GroupChange) -> tuple[bool, float, str]:
    value = group.difference.value if group.difference else None
    return value is None, -(value or 0.0), group.value


def _reference(
    axis: str, pairs: Mapping[str, Pair], runs: tuple[ScoredRun, ScoredRun]
) -> tuple[str | None, str]:
    """The reference group of the run before, else that of the run after, else chosen as an audit does."""
    for run, side in zip(runs, ("before", "after"), strict=True):
        for record in run.result.axes:
            if record.axis == axis and record.reference is not None:
                if record.reference in pairs:
                    return record.reference, f"the reference of the run {side}"
                return (
                    None,
                    f"the reference group {record.reference!r} of the run {side} has nothing to compare",
                )
    sums = {name: pair.before for name, pair in pairs.items()}
    return reference_group(axis, sums, None, runs[0].recipe.card.reference)


def _gap(
    axis: str,
    groups: Sequence[GroupChange],
    pairs: Mapping[str, Pair],
    reference: str | None,
    why: str,
    level: float,
    seed: int,
) -> AxisChange:
    import numpy as np

    from speechfair.metrics import max_min_gap
    from speechfair.metrics.paired_gap import gap_change

    usable = {
        name: pair
        for name, pair in pairs.items()
        if pair.no_rate is None and pair.no_interval is None and UNKNOWN not in name.split("+")
    }
    left_out = sorted({group.value for group in groups} - set(usable))
    rng = np.random.default_rng(seed)
    gaps = [
        max_min_gap(side, level=level, rng=rng)
        for side in ([pair.before for pair in usable.values()], [pair.after for pair in usable.values()])
    ]
    named = ", ".join(f"{axis}={value}" for value in left_out)
    notes = [f"not part of the gap (unlabelled, or too few speakers): {named}"] if left_out else []
    return AxisChange(
        axis=axis,
        reference=reference,
        reference_reason=why,
        gap_before=gaps[0],
        gap_after=gaps[1],
        gap_change=gap_change(usable, level=level, rng=rng),
        gap_groups=list(usable),
        notes=notes,
    )


def _one_side(table: pl.DataFrame, level: float) -> Side:
    import polars as pl

    from speechfair.metrics import pooled_rate, speaker_sums

    runaway = table.filter(pl.col("runaway"))
    from_runaways = int(runaway.select(errors_of(runaway)).to_series().sum())
    errors = int(table.select(errors_of(table)).to_series().sum())
    return Side(
        rate=pooled_rate(speaker_sums(table), level),
        **kind_counts(table),
        n_failed=int(table["failed"].sum()),
        n_redone=int(table["redone"].sum()),
        n_runaway=runaway.height,
        runaway_error_share=from_runaways / errors if errors else None,
    )

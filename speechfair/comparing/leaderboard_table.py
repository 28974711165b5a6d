"""A leaderboard as tables a person reads: one row a model, the best first. It only words what the record holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from speechfair.auditing.audit_table import axis_title
from speechfair.metrics.error_counts import rate_name
from speechfair.result_table import Cell, Column, Table
from speechfair.wording import count, given_percent

if TYPE_CHECKING:
    from speechfair.comparing.leaderboard_record import (
        LeaderboardAxis,
        LeaderboardModel,
        LeaderboardRecord,
        RankedEstimate,
    )

__all__ = ["groups_words", "leaderboard_tables", "ranks", "ranks_words"]

_MOST_NAMED = 8


def leaderboard_tables(board: LeaderboardRecord) -> list[Table]:
    """One table for each axis; the overall rates alone where no axis was compared."""
    if not board.axes:
        return [_overall_table(board)]
    return [_axis_table(board, axis) for axis in board.axes]


def ranks(score: RankedEstimate) -> str:
    """A rank, or the range of ranks within which models cannot be told apart: ``3`` or ``2–5``."""
    first, last = score.rank_from, score.rank_to
    return str(first) if first == last else f"{first}–{last}"


def ranks_words(board: LeaderboardRecord) -> str:
    """What a range of ranks means."""
    pairs = len(board.models) * (len(board.models) - 1) // 2
    return (
        f"Ranks are ranges: models whose ranges overlap may be equally good. Paired over "
        f"{count(board.n_speakers, 'speaker')}, corrected for {count(pairs, 'pair')}; "
        f"intervals at {given_percent(board.level)}."
    )


def groups_words(
    axis: LeaderboardAxis, named: Callable[[str, str], str] = lambda _, value: value
) -> list[str]:
    """Which groups the ranks rest on, and which were left out and why; the latter by reason.

    Parameters
    ----------
    named : the name of a group of an axis.
    """
    names = [named(axis.axis, one.group) for one in axis.groups]
    lines = [f"Ranks rest on {count(len(names), 'group')}: {_named(names)}."] if names else []
    if fewest := min((one.n_speakers for one in axis.groups), default=0):
        lines.append(
            f"The smallest of them has {count(fewest, 'speaker')}. Ranges are wide where a group is small: any of them "
            "might be a model's worst."
        )
    by_reason: dict[str, list[str]] = {}
    for one in axis.left_out:
        # "fewer than 5 speakers (3): no interval" is one reason for all numbers.
        by_reason.setdefault(_short(one.reason), []).append(named(axis.axis, one.group))
    for reason, groups in by_reason.items():
        lines.append(f"{count(len(groups), 'group')} left out, {reason}: {_named(groups)}.")
    return lines


def _short(reason: str) -> str:
    """A reason without what differs between groups, and without what follows from it."""
    return reason.partition(" (")[0].partition(": no ")[0]


def _named(groups: list[str]) -> str:
    more = len(groups) - _MOST_NAMED
    return ", ".join(groups[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _axis_table(board: LeaderboardRecord, axis: LeaderboardAxis) -> Table:
    rate = rate_name(board.tokens)
    columns = (
        Column("rank", "rank"),
        Column("model", "model"),
        Column("worst", f"worst {rate} %", "percent"),
        Column("worst_group", "in group"),
        Column("gap", "gap (points)", "percent", priority=3),
        Column("gap_rank", "rank by gap", priority=4),
        Column("overall", f"overall {rate} %", "percent", priority=1),
        Column("overall_rank", "rank overall", priority=2),
        Column("failed", "failed", "count", priority=5),
    )
    models = {model.name: model for model in board.models}
    rows: list[tuple[Cell, ...]] = []
    for one in axis.standings:
        model = models[one.model]
        rows.append(
            (
                ranks(one.worst),
                one.model,
                one.worst.estimate,
                one.worst_group,
                one.gap.estimate,
                ranks(one.gap),
                model.overall.estimate,
                ranks(model.overall),
                model.n_failed,
            )
        )
    notes = (
        ranks_words(board),
        *((axis.reason + ".",) if axis.reason else ()),
        *groups_words(axis),
        *board.notes,
    )
    return Table(f"Leaderboard by {axis_title(axis.axis)}", columns, tuple(rows), notes)


def _overall_table(board: LeaderboardRecord) -> Table:
    columns = (
        Column("rank", "rank"),
        Column("model", "model"),
        Column("overall", f"overall {rate_name(board.tokens)} %", "percent"),
        Column("failed", "failed", "count", priority=1),
    )
    rows = tuple(_overall_row(model) for model in board.models)
    return Table("Leaderboard", columns, rows, (ranks_words(board), *board.notes))


def _overall_row(model: LeaderboardModel) -> tuple[Cell, ...]:
    return ranks(model.overall), model.name, model.overall.estimate, model.n_failed

"""The results of debiasing as tables that a person reads. They only show numbers that the results hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from speechfair.messages.translation import ENGLISH, Translator
from speechfair.result_table import Column, Noted, Table, Tone
from speechfair.types import Estimate
from speechfair.wording import interval, points, times

if TYPE_CHECKING:
    from speechfair.debias.judging.before_after import DebiasResult, GroupChange
    from speechfair.debias.judging.method_table import MethodTable, SeedFigures
    from speechfair.debias.leakage.leakage import Leakage
    from speechfair.debias.leakage.leakage_report import LeakageReport
    from speechfair.debias.training.dry_run import DebiasPlan
    from speechfair.result_table import Cell

__all__ = ["change_table", "leakage_table", "method_tables", "plan_table", "power_table"]


def change_table(result: DebiasResult, tell: Translator = ENGLISH) -> Table:
    """Each group of each evaluation before and after, with what changed for all groups of an axis together."""
    columns = (
        Column("evaluation", "evaluation"),
        Column("axis", "axis", priority=3),
        Column("group", "group"),
        Column("n_speakers", "speakers", "count", 4),
        Column("before", "before, %", "percent"),
        Column("after", "after, %", "percent"),
        Column("change", "change in points", "points"),
        Column("degraded", "degraded", "number"),
        Column("margin", "margin", "number", 1),
    )
    rows = tuple(
        (
            group.evaluation + (f" ({tell('protected')})" if group.protected else ""),
            tell.axis(group.axis) if group.axis else "",
            tell.group(group.axis, group.group) if group.axis else tell(group.group),
            group.n_speakers,
            group.rate_before,
            group.rate_after,
            group.change,
            _degraded(group, tell),
            times(group.limit) if group.scale == "ratio" else points(group.limit),
        )
        for group in result.groups
    )
    tones: tuple[Tone, ...] = tuple("worse" if group.harmed else "" for group in result.groups)
    title = "word error rate on speakers that were not trained on"
    return Table(title, columns, rows, tuple(_axes(result, tell)), tones)


def method_tables(table: MethodTable) -> tuple[Table, Table]:
    """The rates of each recipe and seed, and the changes against the baseline over common seeds."""
    protected = table.protected or "protected"
    rates = Table(
        f"word error rates after, {table.evaluation} by {table.axis}, in %",
        (
            Column("recipe", "recipe"),
            Column("seed", "seed", "number"),
            Column("mean", "mean", "percent"),
            Column("worst", "worst", "percent"),
            Column("gap", "gap", "percent"),
            Column("protected", protected, "percent"),
            Column("runaway", "runaway", "percent"),
            Column("verdict", "verdict"),
        ),
        (
            _figures("before", None, table.before),
            *(_figures(row.name, one.seed, one) for row in table.rows for one in row.seeds),
        ),
    )
    changes = Table(
        f"change against {table.baseline} in points, over common seeds; below 0 is better",
        (
            Column("recipe", "recipe"),
            Column("mean_change", "mean", "points"),
            Column("worst_change", "worst", "points"),
            Column("gap_change", "gap", "points"),
            Column("protected_change", protected, "points"),
            Column("minutes", "minutes", "number", 2),
            Column("megabytes", "MB", "number", 3),
            Column("answer", "answer"),
        ),
        tuple(
            (row.name, row.macro, row.worst, row.gap, row.protected, row.seconds / 60, row.peak_megabytes, row.answer)
            for row in table.rows
        ),
    )  # fmt: skip
    return rates, changes


def plan_table(found: DebiasPlan) -> Table:
    """What would be trained on, by group."""
    columns = (
        Column("group", "group"),
        Column("train_utterances", "utterances", "count"),
        Column("train_speakers", "speakers", "count"),
        Column("train_hours", "hours", "number"),
        Column("draws", "draws", "count", 1),
        Column("dev_utterances", "utterances of the development set", "count"),
        Column("dev_speakers", "speakers of the development set", "count"),
    )
    rows = tuple(tuple(row[column.name] for column in columns) for row in found.groups)
    return Table(f"{found.method}: what would be trained on", columns, rows)


def power_table(found: DebiasPlan) -> Table:
    """What each group of each evaluation could show."""
    columns = (
        Column("evaluation", "evaluation"),
        Column("group", "group"),
        Column("n_speakers", "speakers", "count"),
        Column("words", "words each", "number", 2),
        Column("rate", "rate before, %", "percent"),
        Column("source", "rate from", priority=3),
        Column("smallest_gain", "smallest gain seen, % of the rate", "percent"),
        Column("unchanged", "chance of 'not degraded' if unchanged, %", "percent"),
        Column("better", "if a quarter better, %", "percent", 1),
    )
    rows = tuple(
        (
            row.evaluation + (" (protected)" if row.protected else ""),
            f"{row.axis}={row.group}" if row.axis else row.group,
            row.n_speakers,
            row.words_per_speaker,
            row.pilot.rate,
            row.pilot.source,
            row.smallest_gain,
            row.chance_unchanged,
            row.chance_better,
        )
        for row in found.power
    )
    tones: tuple[Tone, ...] = tuple("worse" if row.hopeless else "" for row in found.power)
    notes = (
        "chances are shares of 100 simulated audits; words are those of the corpus, before normalising",
        "where figures are assumed: a rate of 20 %, half of the errors exchanged, own changes varying by 20 %",
    )
    return Table("what the evaluations could show", columns, rows, notes, tones)


def leakage_table(found: LeakageReport) -> Table:
    """The accuracy of each probe next to chance."""
    columns = (
        Column("model", "model"),
        Column("axis", "axis"),
        Column("layer", "layer", "number"),
        Column("accuracy", "accuracy, % with interval", "percent"),
        Column("chance", "chance, %", "percent"),
        Column("chance_high", "95 % of chance below, %", "percent", 1),
        Column("p", "p", "number"),
    )
    rows = tuple(
        (
            row.model,
            row.axis,
            f"{row.layer}{' (last)' if row.last else ''}",
            _accuracy(row.leakage),
            row.leakage.chance,
            row.leakage.chance_high,
            row.leakage.p,
        )
        for row in found.layers
    )
    title = f"balanced accuracy of a linear probe on speakers of {found.corpus} that it was not fitted on"
    return Table(title, columns, rows)


def _degraded(group: GroupChange, tell: Translator) -> Cell:
    word = tell({True: "yes", False: "no", None: "unclear"}[group.harmed])
    return word if group.harmed is not None or not group.reason else Noted(word, group.reason)


def _axes(result: DebiasResult, tell: Translator) -> Iterator[str]:
    for axis in result.axes:
        parts = [
            f"{tell(name)} {points(e.value)} {interval(e, 'points') or tell('no interval')}"
            for name, e in (("mean of groups", axis.macro), ("worst group", axis.worst), ("gap", axis.gap))
        ]
        yield tell.said(
            "{evaluation}, {axis}: change in {parts}",
            evaluation=axis.evaluation,
            axis=tell.axis(axis.axis),
            parts="; ".join(parts),
        )


def _figures(name: str, seed: int | None, one: SeedFigures) -> tuple[Cell, ...]:
    number = "" if seed is None else str(seed)
    return name, number, one.macro, one.worst, one.gap, one.protected, one.runaway_share, one.verdict


def _accuracy(one: Leakage) -> Estimate:
    """The accuracy with its interval, for a cell."""
    why = one.reason if one.accuracy is None else one.no_interval
    return Estimate(
        one.accuracy, one.low, one.high, one.level, one.n_utterances, one.n_speakers, "held-out speakers", why
    )

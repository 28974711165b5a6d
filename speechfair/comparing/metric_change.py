"""How registered metrics change from one model to another on the same audio. No verdict rests on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from speechfair.auditing.metric_table import MetricBlock
from speechfair.errors import InputError
from speechfair.records import Record
from speechfair.running.scoring import add_axis
from speechfair.types import Estimate
from speechfair.wording import NOTHING, interval, printable, worded

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics.metric import Metric
    from speechfair.running.scoring import Tokens
    from speechfair.wording import Unit

__all__ = ["MetricChange", "MetricGroupChange", "change_blocks", "metric_changes"]


class MetricGroupChange(Record):
    """One group of utterances (or, as `overall`, all of them) by one metric under both models.

    `difference` is after - before and `ratio` after / before, both paired by speaker.
    """

    axis: str
    value: str
    before: Estimate
    after: Estimate
    difference: Estimate
    ratio: Estimate


class MetricChange(Record):
    """One metric under both models, by group."""

    name: str
    title: str
    short: str
    event: str = Field(description="what is counted, as a plural noun")
    trial: str = Field(description="among what")
    kind: Literal["proportion", "count", "amount"]
    unit: str
    about: str
    overall: MetricGroupChange
    groups: list[MetricGroupChange]


def metric_changes(
    names: Sequence[str],
    tables: tuple[pl.DataFrame, pl.DataFrame],
    axes: Sequence[str],
    tokens: Tokens,
    level: float,
) -> list[MetricChange]:
    """The changes of some metrics, in the order given.

    Parameters
    ----------
    tables : scores before and after of the same utterances, none of them excluded.

    Raises
    ------
    InputError : an unknown metric, or one of utterances that are not compared.
    """
    from speechfair.metrics.metric import load_metric

    return [_change(load_metric(name), tables, axes, tokens, level) for name in names]


def _change(
    metric: Metric,
    tables: tuple[pl.DataFrame, pl.DataFrame],
    axes: Sequence[str],
    tokens: Tokens,
    level: float,
) -> MetricChange:
    import polars as pl

    if metric.rows != "scored":
        raise InputError(
            f"the metric {metric.name} counts utterances with an empty reference, which are not compared; "
            "look at the two audits"
        )
    event, trial = (word.replace("tokens", tokens) for word in (metric.event, metric.trial))
    metric = replace(metric, event=event, trial=trial)
    groups = []
    for axis in axes:
        old, new = (add_axis(table, axis) for table in tables)
        for value in sorted({*old["group"].to_list()}):
            parts = old.filter(pl.col("group") == value), new.filter(pl.col("group") == value)
            groups.append(_group(metric, axis, value, parts, tokens, level))
    return MetricChange(
        name=metric.name,
        title=metric.title,
        short=metric.short,
        event=event,
        trial=trial,
        kind=metric.kind,
        unit=metric.unit,
        about=metric.about.replace("tokens", tokens).replace("token", tokens[:-1]),
        overall=_group(metric, "overall", "all", tables, tokens, level),
        groups=groups,
    )


def _group(
    metric: Metric,
    axis: str,
    value: str,
    tables: tuple[pl.DataFrame, pl.DataFrame],
    tokens: Tokens,
    level: float,
) -> MetricGroupChange:
    from speechfair.metrics.metric import measure, metric_sums
    from speechfair.metrics.metric_estimates import metric_change, metric_rate

    old, new = (metric_sums(measure(metric, table, tokens).table) for table in tables)
    difference, ratio = metric_change(metric, old, new, level)
    return MetricGroupChange(
        axis=axis,
        value=value,
        before=metric_rate(metric, old, level),
        after=metric_rate(metric, new, level),
        difference=difference,
        ratio=ratio,
    )


def change_blocks(metrics: Sequence[MetricChange], axes: Sequence[str], level: float) -> list[MetricBlock]:
    """The changes in words, axis by axis, as `speechfair.auditing.metric_table.metric_blocks` words an audit's."""
    return [_block(metric, axis, level) for axis in ["overall", *axes] for metric in metrics]


def _block(metric: MetricChange, axis: str, level: float) -> MetricBlock:
    groups = [metric.overall] if axis == "overall" else [g for g in metric.groups if g.axis == axis]
    unit: Unit = "percent" if metric.unit == "%" else "number"
    change: Unit = "points" if metric.unit == "%" else "number"
    by = "" if axis == "overall" else f" by {printable(axis).replace('_', ' ').replace('+', ' + ')}"
    reasons = dict.fromkeys(
        f"{group.value}: {estimate.reason}"
        for group in groups
        for estimate in (group.before, group.after, group.difference)
        if estimate.reason
    )
    named = "points" if metric.unit == "%" else metric.unit
    return MetricBlock(
        axis=axis,
        title=f"{metric.title[:1].upper()}{metric.title[1:]}{by}",
        titles=(
            "group",
            f"before {metric.unit}",
            f"after {metric.unit}",
            f"change, {named}",
            f"{100 * level:g} % interval",
        ),
        cells=tuple(
            (
                printable(group.value),
                worded(group.before.value, unit),
                worded(group.after.value, unit),
                worded(group.difference.value, change),
                interval(group.difference, change) or NOTHING,
            )
            for group in groups
        ),
        lines=(f"{metric.about} No verdict rests on it.",),
        reasons=tuple(map(printable, reasons)),
    )

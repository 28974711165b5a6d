"""How registered metrics change from one model to another on the same audio. No verdict rests on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from speechfair.auditing.metric_table import kind_of, metric_title
from speechfair.errors import InputError
from speechfair.records import Record
from speechfair.result_table import Column, Kind, Table
from speechfair.running.scoring import add_axis
from speechfair.types import Estimate
from speechfair.wording import given_percent

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics.metric import Metric
    from speechfair.running.scoring import Tokens

__all__ = ["MetricChange", "MetricGroupChange", "change_tables", "metric_changes"]


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


def change_tables(metrics: Sequence[MetricChange], axes: Sequence[str], level: float) -> list[Table]:
    """The changes as tables, axis by axis, as `speechfair.auditing.metric_table.metric_tables` shows an audit's."""
    return [_table(metric, axis, level) for axis in ["overall", *axes] for metric in metrics]


def _table(metric: MetricChange, axis: str, level: float) -> Table:
    groups = [metric.overall] if axis == "overall" else [g for g in metric.groups if g.axis == axis]
    kind = kind_of(metric.unit)
    change: Kind = "points" if kind == "percent" else kind
    named = "points" if kind == "percent" else metric.unit
    columns = (
        Column("group", "group"),
        Column("before", f"before, {metric.unit}", kind),
        Column("after", f"after, {metric.unit}", kind),
        Column("change", f"change in {named}, {given_percent(level)} interval", change),
    )
    rows = tuple((g.value, g.before, g.after, g.difference) for g in groups)
    return Table(
        metric_title(metric.title, axis), columns, rows, (f"{metric.about} No verdict rests on it.",)
    )

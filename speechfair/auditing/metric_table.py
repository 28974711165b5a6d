"""The metrics of an audit as tables: one per axis and metric. They only word numbers that the `MetricResult` holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from speechfair.result_table import Column, Table
from speechfair.wording import given_percent, interval, worded

if TYPE_CHECKING:
    from speechfair.auditing.metric_result import MetricGroup, MetricResult
    from speechfair.result_table import Cell
    from speechfair.wording import Unit

__all__ = ["kind_of", "metric_tables", "metric_title"]


def metric_tables(metrics: Sequence[MetricResult], axes: Sequence[str], level: float) -> list[Table]:
    """The tables of some metrics, axis by axis; without an axis, one table of all utterances for each.

    Parameters
    ----------
    level : coverage of the intervals.
    """
    return [_table(metric, axis, level) for axis in axes or ["overall"] for metric in metrics]


def metric_title(title: str, axis: str) -> str:
    """The title of the table of one metric.

    >>> metric_title("sentence error rate", "first_language"), metric_title("latency", "overall")
    ('Sentence error rate by first language', 'Latency')
    """
    by = "" if axis == "overall" else f" by {axis.replace('_', ' ').replace('+', ' + ')}"
    return f"{title[:1].upper()}{title[1:]}{by}"


def kind_of(unit: str) -> Unit:
    """How the rates of a metric are worded, by its unit."""
    return "percent" if unit == "%" else "number"


def _table(metric: MetricResult, axis: str, level: float) -> Table:
    groups = metric.groups_of(axis) if axis != "overall" else [metric.overall]
    covers = f"{given_percent(level)} interval"
    columns = (
        Column("group", "group"),
        Column("n_speakers", "speakers", "count", 3, "spk"),
        Column("events", metric.event, "count", 2),
        Column("trials", f"among {metric.trial}", "count", 2),
        Column("rate", f"{metric.short} {metric.unit}, {covers}", kind_of(metric.unit)),
        Column("ratio", f"ratio, {covers}", "ratio", 1),
    )
    return Table(
        metric_title(metric.title, axis), columns, tuple(map(_row, groups)), tuple(_lines(metric, axis))
    )


def _row(group: MetricGroup) -> tuple[Cell, ...]:
    return (
        group.value + (" (ref.)" if group.is_reference else ""),
        group.n_speakers,
        _whole(group.events),
        _whole(group.trials),
        group.rate,
        "1 (reference)" if group.is_reference and group.ratio is None else group.ratio,
    )


def _whole(amount: float) -> float:
    """An amount as a count where it is one."""
    return int(amount) if amount == int(amount) else amount


def _lines(metric: MetricResult, axis: str) -> Iterator[str]:
    unit = "points" if metric.unit == "%" else metric.unit
    for summary in metric.axes:
        if summary.axis == axis:
            gap, kind = summary.gap, kind_of(metric.unit)
            said = " ".join(filter(None, (worded(gap.value, kind), unit, interval(gap, kind))))
            yield f"Gap, largest minus smallest: {said}" + (f" ({gap.reason})" if gap.reason else "")
    yield metric.about

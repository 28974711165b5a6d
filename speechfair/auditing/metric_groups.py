"""From the score table to a `MetricResult`: one metric, the same groups and reference groups as the error rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from speechfair.auditing.metric_result import MetricAxis, MetricGroup, MetricResult
from speechfair.metrics.metric import load_metric, measure, metric_sums
from speechfair.running.scoring import add_axis
from speechfair.types import UNKNOWN, Estimate

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics import SpeakerSums
    from speechfair.metrics.metric import Measured, Metric
    from speechfair.running.scoring import Tokens

__all__ = ["metric_results"]


def metric_results(
    names: Sequence[str],
    scores: pl.DataFrame,
    tokens: Tokens,
    references: Mapping[str, str | None],
    *,
    level: float,
    seed: int,
) -> list[MetricResult]:
    """The results of some metrics, in the order given.

    Parameters
    ----------
    names : of registered metrics.
    scores : the score table with the excluded rows, which some metrics are about.
    tokens : what its counts are of.
    references : reference group, or None, of each axis to group by.
    level : coverage of the intervals.
    seed : of the bootstrap of the gaps; it moves no figure of the error rate.

    Raises
    ------
    InputError : an unknown metric, or scores that a metric cannot read.
    """
    return [_result(load_metric(name), scores, tokens, references, level, seed) for name in names]


def _result(
    metric: Metric,
    scores: pl.DataFrame,
    tokens: Tokens,
    references: Mapping[str, str | None],
    level: float,
    seed: int,
) -> MetricResult:
    unit = "tokens" if tokens == "mixed" else tokens
    event, trial = (word.replace("tokens", unit) for word in (metric.event, metric.trial))
    metric = replace(metric, event=event, trial=trial)
    measured = measure(metric, scores, tokens)
    groups: list[MetricGroup] = []
    axes: list[MetricAxis] = []
    for axis, reference in references.items():
        sums = _sums_by_group(measured, scores, axis)
        against = sums.get(reference) if reference is not None else None
        found = [
            _group(metric, measured, axis, value, sums[value], against, level, value == reference)
            for value in sums
        ]
        groups.extend(found)
        axes.append(_axis(metric, axis, reference, found, sums, level, seed))
    return MetricResult(
        name=metric.name,
        title=metric.title,
        short=metric.short,
        event=event,
        trial=trial,
        kind=metric.kind,
        unit=metric.unit,
        higher_is_worse=metric.higher_is_worse,
        about=metric.about.replace("tokens", unit).replace("token", unit.removesuffix("s")),
        overall=_group(metric, measured, "overall", "all", metric_sums(measured.table), None, level, False),
        groups=groups,
        axes=axes,
    )


def _sums_by_group(measured: Measured, scores: pl.DataFrame, axis: str) -> dict[str, SpeakerSums]:
    """Sums of every group of the axis, those without a row that the metric counts too."""
    import polars as pl

    counted = scores.filter(pl.col("excluded").is_null())
    values = {*add_axis(counted, axis)["group"].to_list()}
    labelled = add_axis(measured.table, axis)
    values |= {*labelled["group"].to_list()}
    return {value: metric_sums(labelled.filter(pl.col("group") == value)) for value in sorted(values)}


def _group(
    metric: Metric,
    measured: Measured,
    axis: str,
    value: str,
    sums: SpeakerSums,
    reference: SpeakerSums | None,
    level: float,
    is_reference: bool,
) -> MetricGroup:
    from speechfair.metrics.metric_estimates import metric_difference, metric_rate, metric_ratio

    compared = None if is_reference else reference
    return MetricGroup(
        axis=axis,
        value=value,
        is_reference=is_reference,
        n_utterances=sums.n_utterances,
        n_speakers=sums.n_speakers,
        events=sums.total_errors,
        trials=sums.total_words,
        rate=_because(measured, metric_rate(metric, sums, level)),
        ratio=None if compared is None else _because(measured, metric_ratio(metric, sums, compared, level)),
        difference=None
        if compared is None
        else _because(measured, metric_difference(metric, sums, compared, level)),
    )


def _axis(
    metric: Metric,
    axis: str,
    reference: str | None,
    groups: Sequence[MetricGroup],
    sums: Mapping[str, SpeakerSums],
    level: float,
    seed: int,
) -> MetricAxis:
    import numpy as np

    from speechfair.metrics.metric_estimates import metric_gap, metric_worst_best

    usable = [sums[g.value] for g in groups if g.rate.low is not None and UNKNOWN not in g.value.split("+")]
    gap, worst = (
        statistic(metric, usable, rng=np.random.default_rng([seed, 2]), level=level)
        for statistic in (metric_gap, metric_worst_best)
    )
    return MetricAxis(axis=axis, reference=reference, gap=gap, worst_best_ratio=worst)


def _because(measured: Measured, found: Estimate) -> Estimate:
    """`found` with the reason why the metric could count nothing at all, where that is so."""
    return found if measured.reason is None else replace(found, reason=measured.reason)

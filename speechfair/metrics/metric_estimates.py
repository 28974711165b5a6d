"""Estimates of any metric: rate, ratio, difference, gap and worst/best ratio, from its sums per speaker.

The formulas are those of the error rate (`rates`, `disparity`, `summary`). Here only the sums are made to suit them and
the result is put back into the metric's own unit and words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from speechfair.types import Estimate

if TYPE_CHECKING:
    import numpy as np

    from speechfair.metrics.metric import Metric
    from speechfair.metrics.rates import SpeakerSums

__all__ = [
    "metric_change",
    "metric_difference",
    "metric_gap",
    "metric_post_stratified",
    "metric_rate",
    "metric_ratio",
    "metric_speaker_mean",
    "metric_worst_best",
]

_FINE = 1e6
"""Parts of an amount's unit in which it is counted. The formulas take events as counts and give no interval that is
narrower than that of as many independent events; in millionths this least width is negligible."""


def metric_rate(metric: Metric, sums: SpeakerSums, level: float = 0.95) -> Estimate:
    """Sum of events / sum of trials; None with the reason without trials.

    The interval is that of `pooled_rate`, or of `rare_event_rate` for a metric of rare events.
    """
    from speechfair.metrics.rare_events import rare_event_rate
    from speechfair.metrics.rates import pooled_rate

    if reason := _nothing(metric, sums):
        return _undefined([sums], level, reason)
    rate = rare_event_rate if metric.rare else pooled_rate
    return _back(metric, rate(_fine(metric, sums), level), 1 / _unit(metric), low=0.0)


def metric_speaker_mean(metric: Metric, sums: SpeakerSums, level: float = 0.95) -> Estimate:
    """Mean of the speakers' own rates, each speaker weighing the same; as `speaker_mean_rate`."""
    from speechfair.metrics.rates import speaker_mean_rate

    if reason := _nothing(metric, sums):
        return _undefined([sums], level, reason)
    return _back(metric, speaker_mean_rate(_fine(metric, sums), level), 1 / _unit(metric), low=0.0)


def metric_ratio(metric: Metric, sums: SpeakerSums, reference: SpeakerSums, level: float = 0.95) -> Estimate:
    """The group's rate / the reference group's, as `rate_ratio`."""
    from speechfair.metrics.disparity import rate_ratio

    if reason := _nothing(metric, sums) or _nothing(metric, reference, "the reference group: "):
        return _undefined([sums, reference], level, reason)
    if not reference.total_errors:
        reason = f"the reference group has no {metric.event}: no ratio"
        return _undefined([sums, reference], level, reason)
    return _back(metric, rate_ratio(_fine(metric, sums), _fine(metric, reference), level))


def metric_difference(
    metric: Metric, sums: SpeakerSums, reference: SpeakerSums, level: float = 0.95
) -> Estimate:
    """The group's rate - the reference group's, as `rate_difference`."""
    from speechfair.metrics.disparity import rate_difference

    if reason := _nothing(metric, sums) or _nothing(metric, reference, "the reference group: "):
        return _undefined([sums, reference], level, reason)
    found = rate_difference(_fine(metric, sums), _fine(metric, reference), level)
    return _back(metric, found, 1 / _unit(metric), low=-1.0)


def metric_change(
    metric: Metric, before: SpeakerSums, after: SpeakerSums, level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Rate after - before, and after / before, of the same utterances under two models, paired by speaker.

    None with the reason where the two models are not counted among the same trials, as the errors of each are.
    """
    import numpy as np

    from speechfair.metrics.paired import paired_difference, paired_ratio
    from speechfair.metrics.pairing import Pair

    reason = _nothing(metric, before, "before: ") or _nothing(metric, after, "after: ")
    same = before.speakers == after.speakers and np.array_equal(before.words, after.words)
    if reason is None and not (same and before.words_without_speaker == after.words_without_speaker):
        reason = f"the two runs do not have the same {metric.trial}: no paired change"
    if reason:
        nothing = _undefined([before], level, reason)
        return nothing, nothing
    pair = Pair(_fine(metric, before), _fine(metric, after))
    difference = _back(metric, paired_difference(pair, level), 1 / _unit(metric), low=-1.0)
    return difference, _back(metric, paired_ratio(pair, level))


def metric_gap(
    metric: Metric, groups: Sequence[SpeakerSums], *, rng: np.random.Generator, level: float = 0.95
) -> Estimate:
    """Largest rate of the groups - the smallest, as `max_min_gap`."""
    from speechfair.metrics.summary import max_min_gap

    return _over_all(metric, groups, max_min_gap, rng, level, 1 / _unit(metric))


def metric_worst_best(
    metric: Metric, groups: Sequence[SpeakerSums], *, rng: np.random.Generator, level: float = 0.95
) -> Estimate:
    """Largest rate of the groups / the smallest, as `worst_best_ratio`."""
    from speechfair.metrics.summary import worst_best_ratio

    return _over_all(metric, groups, worst_best_ratio, rng, level, None)


def metric_post_stratified(
    metric: Metric, groups: Mapping[str, SpeakerSums], weights: Mapping[str, float], level: float = 0.95
) -> Estimate:
    """Mean of the groups' rates, weighted by shares of a population, as `post_stratified_rate`."""
    from speechfair.metrics.post_stratification import post_stratified_rate
    from speechfair.metrics.rare_events import rare_event_rate
    from speechfair.metrics.rates import pooled_rate

    for name, sums in groups.items():
        if reason := _nothing(metric, sums, f"{name}: "):
            return _undefined(list(groups.values()), level, reason)
    fine = {name: _fine(metric, sums) for name, sums in groups.items()}
    rate_of = rare_event_rate if metric.rare else pooled_rate
    found = post_stratified_rate(fine, weights, level=level, rate_of=rate_of)
    return _back(metric, found, 1 / _unit(metric), low=0.0)


def _over_all(
    metric: Metric,
    groups: Sequence[SpeakerSums],
    statistic: Callable[..., Estimate],
    rng: np.random.Generator,
    level: float,
    factor: float | None,
) -> Estimate:
    if len(groups) < 2:
        return _undefined(groups, level, "fewer than two groups have enough speakers for an interval")
    for sums in groups:
        if reason := _nothing(metric, sums, "one of the groups: "):
            return _undefined(groups, level, reason)
    if not any(sums.total_errors for sums in groups) and factor is None:
        return _undefined(groups, level, f"no group has {metric.event}: no ratio")
    found = statistic([_fine(metric, sums) for sums in groups], rng=rng, level=level)
    return _back(metric, found, factor, low=0.0)


def _unit(metric: Metric) -> float:
    return _FINE if metric.kind == "amount" else 1.0


def _fine(metric: Metric, sums: SpeakerSums) -> SpeakerSums:
    scale = _unit(metric)
    if scale == 1.0:
        return sums
    return replace(
        sums, errors=sums.errors * scale, errors_without_speaker=sums.errors_without_speaker * scale
    )


def _nothing(metric: Metric, sums: SpeakerSums, where: str = "") -> str | None:
    """Why this group has no rate, or None."""
    if not sums.total_words:
        return f"{where}no {metric.trial}: no {metric.title}"
    if metric.unseen and not sums.total_errors:
        return f"{where}{metric.unseen}"
    if metric.kind == "amount" and not sums.total_errors:
        return f"{where}no {metric.event} were measured: no {metric.title}"
    return None


def _undefined(groups: Sequence[SpeakerSums], level: float, reason: str) -> Estimate:
    speakers = {speaker for sums in groups for speaker in sums.speakers}
    n = sum(sums.n_utterances for sums in groups)
    return Estimate(None, None, None, level, n, len(speakers), "none", reason)


def _back(metric: Metric, found: Estimate, factor: float | None = None, low: float = 0.0) -> Estimate:
    """`found` in the metric's unit and words; `factor` None is a ratio, which has no unit."""
    reason = None if found.reason is None else _reworded(metric, found.reason)
    if factor is None:
        return replace(found, reason=reason)
    least, most = (low, 1.0) if metric.kind == "proportion" else (-math.inf, math.inf)
    value, limit_low, limit_high = (
        None if number is None else min(max(number * factor, least), most)
        for number in (found.value, found.low, found.high)
    )
    return replace(found, value=value, low=limit_low, high=limit_high, reason=reason)


def _reworded(metric: Metric, reason: str) -> str:
    """A reason that is worded for error rates, in the words of this metric."""

    def own(found: re.Match[str]) -> str:
        return metric.event if found[0] == "errors" else metric.trial

    return re.sub(r"\b(reference (words|tokens)|words|tokens|errors)\b", own, reason)

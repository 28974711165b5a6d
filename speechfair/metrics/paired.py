"""Two models on the same audio: how rates and ratios change, with the speaker as the unit of sampling.

Both models hear the same speakers, so what the speakers share cancels; comparing two separate intervals would throw
that away. `pairing` matches the scores, `paired_gap` compares gaps; what a change means for a verdict is decided
elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from speechfair.errors import InputError
from speechfair.metrics.concentrated_harm import concentrated_upper
from speechfair.metrics.jackknife import FARTHEST, satterthwaite, spanning, t_quantile, wider
from speechfair.metrics.pairing import Pair, join
from speechfair.metrics.rates import MIN_SPEAKERS, TOO_WIDE, SpeakerSums, pooled_rate, require_level
from speechfair.types import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "NonInferiority",
    "degrees_of_freedom",
    "log_change_error",
    "non_inferiority",
    "paired_difference",
    "paired_ratio",
    "ratio_change",
]

_DIFFERENCE = "paired-jackknife-t"
_RATIO = "paired-jackknife-log-t"


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """Whether one group's rate got worse by no more than a margin.

    Parameters
    ----------
    scale : ``ratio`` where the relative margin is the larger of the two, else ``difference``.
    change : after / before, or after - before, with its interval.
    limit : what `change.high` must not exceed, such as 1.1 on the ratio or 0.01 on the difference.
    holds : True if the upper limit is within, False if the lower one is beyond, else None.
    reason : why `holds` is None.
    """

    scale: Literal["ratio", "difference"]
    change: Estimate
    limit: float
    holds: bool | None
    reason: str | None = None


def paired_difference(pair: Pair, level: float = 0.95) -> Estimate:
    """The rate after minus the rate before.

    Returns
    -------
    Estimate
        Without an interval, and with the reason, below `MIN_SPEAKERS` speakers or without speaker ids.

    Notes
    -----
    Delete-one-speaker jackknife of the difference, both models' sums left out together; t limits on a scale that is
    linear around 0 and logarithmic far from it, with fewer degrees of freedom than n - 1 where speakers talk unequally
    much. The variance is at least that of the net errors gained and lost as Poisson counts, so that speakers who
    change in step by chance do not make it 0. Where fewer than `MIN_SPEAKERS` speakers differ between the models the
    interval also holds what the errors gained and lost allow, each as a rate of its own (see `pooled_rate`), so
    that two models that never differ do not get [0, 0].
    """
    require_level(level)
    if (reason := pair.no_rate) is not None:
        return pair.estimate(level, None, None, _DIFFERENCE, reason)
    value = pair.rates[1] - pair.rates[0]
    if reason := pair.no_interval:
        return pair.estimate(level, value, None, "none", reason)
    floor = float((pair.gained + pair.lost).sum()) / pair.before.total_words**2
    error = math.sqrt(max(_variance(_difference_deviations(pair)), floor))
    limits, method = _skewed(value, error, t_quantile(degrees_of_freedom(pair), level)), _DIFFERENCE
    if pair.n_changed < MIN_SPEAKERS:
        gained, lost = (_highest(pair, errors, level) for errors in (pair.gained, pair.lost))
        limits = wider(limits, (-lost, gained))
        method = f"{_DIFFERENCE}-or-discordance"
    return pair.estimate(level, value, limits, method, None)


def paired_ratio(pair: Pair, level: float = 0.95) -> Estimate:
    """The rate after / the rate before; None where the model before makes no errors.

    Notes
    -----
    As `paired_difference`, on the log scale. Where the jackknife does not exist there, or fewer than `MIN_SPEAKERS`
    speakers differ between the models, the interval also contains the limits of the difference, divided by the rate
    before.
    """
    require_level(level)
    if (reason := pair.no_rate) is not None:
        return pair.estimate(level, None, None, _RATIO, reason)
    old, new = pair.rates
    if not old:
        return pair.estimate(level, None, None, _RATIO, "the model before makes no errors: no ratio")
    value = new / old
    if reason := pair.no_interval:
        return pair.estimate(level, value, None, "none", reason)
    moved = _log_ratio_deviations(pair)
    limits = (value, value)
    if moved is not None:
        half = t_quantile(degrees_of_freedom(pair), level) * math.sqrt(_log_ratio_variance(pair, moved))
        if (spanned := spanning(value, half)) is None:
            return pair.estimate(level, value, None, "none", TOO_WIDE)
        limits = spanned
    if moved is not None and pair.n_changed >= MIN_SPEAKERS:
        return pair.estimate(level, value, limits, _RATIO, None)
    low, high = _limits(paired_difference(pair, level))
    limits = wider(limits, (max(0.0, 1 + low / old), 1 + high / old))
    return pair.estimate(level, value, limits, f"{_RATIO}-or-discordance", None)


def ratio_change(group: Pair, reference: Pair, level: float = 0.95) -> Estimate:
    """The group's ratio to the reference after / the same ratio before; below 1, the group came down against it.

    Notes
    -----
    Each group's log change has a jackknife variance; the variances add up, with Satterthwaite's degrees of
    freedom. Speakers of both groups enter by their jackknife covariance, with the smaller group's degrees of
    freedom. Where a group's change has no jackknife of its own (see `paired_ratio`), its limits are divided by the
    other's, low by high and high by low, which covers at least as much.
    """
    require_level(level)
    every = join([group, reference])
    sides = (("group", group), ("reference group", reference))
    for name, pair in sides:
        if pair.no_rate is not None or 0 in pair.rates:
            reason = f"{name}: {pair.no_rate or 'a model makes no errors: no ratio'}"
            return every.estimate(level, None, None, _RATIO, reason)
    value = (group.rates[1] / group.rates[0]) / (reference.rates[1] / reference.rates[0])
    for name, pair in sides:
        if reason_ := pair.no_interval:
            return every.estimate(level, value, None, "none", f"{name}: {reason_}")
    changes = [paired_ratio(pair, level) for _, pair in sides]
    if all(change.method == _RATIO for change in changes):
        spanned = spanning(value, _ratio_change_half_width(group, reference, level))
        why = TOO_WIDE if spanned is None else None
        return every.estimate(level, value, spanned, "none" if why else _RATIO, why)
    if any(change.low is None for change in changes):
        return every.estimate(level, value, None, "none", TOO_WIDE)
    (low, high), (other_low, other_high) = (_limits(change) for change in changes)
    if not other_low:
        reason = "reference group: its rate after may be 0: no upper limit"
        return every.estimate(level, value, None, "none", reason)
    return every.estimate(level, value, (low / other_high, high / other_low), "outer-limits-ratio", None)


def non_inferiority(
    pair: Pair, *, relative: float = 0.10, absolute: float = 0.01, level: float = 0.95
) -> NonInferiority:
    """Did these speakers' rate get worse by no more than `relative` of it or `absolute`, whichever is the larger?

    Parameters
    ----------
    relative : margin as a share of the rate before; the default 0.10 is 10 %.
    absolute : margin as a rate; the default 0.01 is one point.
    level : of the two-sided interval whose upper limit must be within the margin, so that the chance of calling
        harm harmless is (1 - level) / 2.

    Notes
    -----
    Where the relative margin is the larger, the ratio is judged, so that the noise of the rate before counts too.
    The upper limit also allows for harm that falls on few speakers (`concentrated_upper`). Harm to people of whom
    nobody was sampled cannot be seen: n speakers show a share of 1 - 0.05^(1/n) with 95 %.
    """
    for name, margin in (("relative", relative), ("absolute", absolute)):
        if not 0 <= margin < math.inf:
            raise InputError(f"the {name} margin is {margin}; it must be a number that is not negative")
    scale: Literal["ratio", "difference"]
    if pair.no_rate is None and relative * pair.rates[0] > absolute:
        scale, change, limit = "ratio", paired_ratio(pair, level), 1 + relative
    else:
        scale, change, limit = "difference", paired_difference(pair, level), absolute
    if change.low is None or change.high is None:
        return NonInferiority(scale, change, limit, None, change.reason)
    change = _allowing_for_few(pair, change, scale, limit, level)
    assert change.low is not None
    assert change.high is not None
    if change.high <= limit:
        return NonInferiority(scale, change, limit, True)
    if change.low > limit:
        return NonInferiority(scale, change, limit, False)
    reason = f"the interval [{change.low:.4g}, {change.high:.4g}] contains the limit {limit:g}"
    return NonInferiority(scale, change, limit, None, reason)


def _allowing_for_few(
    pair: Pair, change: Estimate, scale: Literal["ratio", "difference"], limit: float, level: float
) -> Estimate:
    """`change` with its upper limit raised to what harm to few speakers allows; see `concentrated_upper`."""
    old = pair.rates[0]
    margin = limit if scale == "difference" else (limit - 1) * old
    upper = concentrated_upper(pair, margin, level)
    if upper is None or change.high is None:
        return change
    upper = upper if scale == "difference" else 1 + upper / old
    if upper <= change.high:
        return change
    return replace(change, high=upper, method=f"{change.method}-or-struck-speakers")


def _skewed(value: float, error: float, t: float) -> tuple[float, float]:
    """Limits that reach further away from 0 than towards it, once the value is several standard errors from 0.

    t limits of asinh(value / 3 standard errors): linear around 0, logarithmic far from it. Linear limits of a clear
    change miss it too often on the far side, since speakers with many errors both change more and differ more.
    """
    if not error:
        return value, value
    scale = 3 * error
    # Beyond sinh(700) there are no floats; only a level next to 1 with hardly any speakers asks for so much.
    centre, half = math.asinh(value / scale), min(t * error / math.hypot(value, scale), 600.0)
    return scale * math.sinh(centre - half), scale * math.sinh(centre + half)


def degrees_of_freedom(pair: Pair) -> float:
    """Of the jackknife variance: speakers less one, fewer where some talk much more than others.

    Satterthwaite's for a sum of squares whose terms grow with the square of the words, since what differs between
    speakers is their rate.
    """
    squares = pair.before.words**2
    return max(1.0, float(squares.sum() ** 2 / (squares**2).sum()) - 1)


def log_change_error(pair: Pair) -> float | None:
    """Jackknife standard error of log(rate after / rate before); None where it does not exist."""
    if pair.no_rate or pair.no_interval or (moved := _log_ratio_deviations(pair)) is None:
        return None
    return math.sqrt(_log_ratio_variance(pair, moved))


def _variance(deviations: NDArray[np.float64]) -> float:
    """Jackknife variance from leave-one-out values minus their mean."""
    count = len(deviations)
    return (count - 1) / count * float(deviations @ deviations)


def _difference_deviations(pair: Pair) -> NDArray[np.float64]:
    moved = pair.after.errors - pair.before.errors
    replicates = (moved.sum() - moved) / (pair.before.words.sum() - pair.before.words)
    deviations: NDArray[np.float64] = replicates - replicates.mean()
    return deviations


def _log_ratio_deviations(pair: Pair) -> NDArray[np.float64] | None:
    """Leave-one-speaker-out log(rate after / rate before) minus their mean; None where one is undefined."""
    old, new = (sums.errors.sum() - sums.errors for sums in (pair.before, pair.after))
    if not (old > 0).all() or not (new > 0).all():
        return None
    replicates = np.log(new) - np.log(old)
    deviations: NDArray[np.float64] = replicates - replicates.mean()
    return deviations


def _log_ratio_floor(pair: Pair) -> float:
    """Variance of the log ratio if the errors kept, gained and lost were Poisson counts without anything else."""
    old, new = pair.before.total_errors, pair.after.total_errors
    gained, lost = float(pair.gained.sum()), float(pair.lost.sum())
    return gained / new**2 + lost / old**2 + (new - gained) * (1 / new - 1 / old) ** 2


def _log_ratio_variance(pair: Pair, deviations: NDArray[np.float64]) -> float:
    return max(_variance(deviations), _log_ratio_floor(pair))


def _ratio_change_half_width(group: Pair, reference: Pair, level: float) -> float:
    ours, theirs = (_log_ratio_deviations(pair) for pair in (group, reference))
    assert ours is not None
    assert theirs is not None
    variances = _log_ratio_variance(group, ours), _log_ratio_variance(reference, theirs)
    freedoms = degrees_of_freedom(group), degrees_of_freedom(reference)
    place = {name: index for index, name in enumerate(reference.before.speakers)}
    shared = [(index, place[name]) for index, name in enumerate(group.before.speakers) if name in place]
    if not shared:
        return t_quantile(satterthwaite(variances, freedoms), level) * math.sqrt(sum(variances))
    rows, columns = np.array(shared).T
    scale = math.sqrt((1 - 1 / len(ours)) * (1 - 1 / len(theirs)))
    covariance = scale * float(ours[rows] @ theirs[columns])
    floor = _log_ratio_floor(group) + _log_ratio_floor(reference)
    return t_quantile(min(freedoms), level) * math.sqrt(max(floor, sum(variances) - 2 * covariance))


def _highest(pair: Pair, errors: NDArray[np.float64], level: float) -> float:
    """Upper limit of the rate of these errors."""
    sums = SpeakerSums(pair.before.speakers, errors, pair.before.words, pair.n_utterances)
    # No limit means one beyond `FARTHEST` times the rate: that far is wide enough next to the t limits.
    high = pooled_rate(sums, level).high
    return FARTHEST * (sums.rate or 0.0) if high is None else high


def _limits(estimate: Estimate) -> tuple[float, float]:
    if estimate.low is None or estimate.high is None:  # pragma: no cover - the pair was checked
        raise InputError(f"no interval: {estimate.reason}")
    return estimate.low, estimate.high

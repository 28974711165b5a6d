"""The delete-one-speaker jackknife of a log error rate, and the limits that rest on it.

Works on per-speaker sums only; what they mean and what is reported is decided in `rates` and `disparity`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FARTHEST",
    "LogJackknife",
    "effective_speakers",
    "far_quantile",
    "jackknife_mean_rate",
    "jackknife_pooled_rate",
    "poisson_limits",
    "satterthwaite",
    "spanning",
    "t_quantile",
    "wider",
]


FARTHEST = 1_000.0
"""An interval that would reach further than this factor on both sides of its estimate is not given."""

_USUAL_TAIL = 0.05


@dataclass(frozen=True, eq=False)
class LogJackknife:
    """A log rate and how it moves when one speaker is left out.

    Parameters
    ----------
    log_value : natural logarithm of the rate.
    deviations : shape (n_speakers,), each leave-one-out log rate minus their mean.
    degrees_of_freedom : of the variance: effective speakers less one.
    counting_variance : variance of the log rate if errors were independent events (Poisson). The variance is
        never taken to be less, so that speakers who happen to be alike give no interval of width zero.
    """

    log_value: float
    deviations: NDArray[np.float64]
    degrees_of_freedom: float
    counting_variance: float

    @property
    def scale(self) -> float:
        """(n - 1) / n, the factor of the jackknife variance (Efron & Stein 1981)."""
        return (len(self.deviations) - 1) / len(self.deviations)

    @cached_property
    def variance(self) -> float:
        """Jackknife variance of the log rate, but at least `counting_variance`."""
        return max(self.scale * float(self.deviations @ self.deviations), self.counting_variance)

    def limits(self, level: float) -> tuple[float, float] | None:
        """Interval of the rate: exp(log rate ± t · standard error); None as in `spanning`."""
        half = far_quantile(self.degrees_of_freedom, level) * math.sqrt(self.variance)
        if spanning(1.0, half) is None:
            return None
        return math.exp(self.log_value - half), math.exp(self.log_value + half)


def spanning(value: float, half: float) -> tuple[float, float] | None:
    """Limits of `value` on the log scale; None where they would be more than a factor `FARTHEST` away.

    So few speakers, of whom one makes nearly all errors, say no more than that the rate is not known.

    >>> spanning(0.2, 0.0), spanning(0.2, 50.0)
    ((0.2, 0.2), None)
    """
    if not half <= math.log(FARTHEST):
        return None
    return value * math.exp(-half), value * math.exp(half)


def wider(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The limits that span both pairs of limits."""
    return min(one[0], other[0]), max(one[1], other[1])


def effective_speakers(words: NDArray[np.float64]) -> float:
    """Speakers of equal talk time that tell as much: (sum of words)² / sum of words² (Kish, Survey Sampling, 1965).

    >>> import numpy as np
    >>> effective_speakers(np.array([100.0, 100.0, 100.0])), effective_speakers(np.array([300.0, 30.0, 30.0]))
    (3.0, 1.411764705882353)
    """
    return float(words.sum() ** 2 / (words @ words))


def jackknife_pooled_rate(errors: NDArray[np.float64], words: NDArray[np.float64]) -> LogJackknife | None:
    """Jackknife of log(sum of errors / sum of words); shapes (n_speakers,).

    None where the log rate, or that of some leave-one-out sample, does not exist: no errors at all, all errors
    (or all words) from one speaker, or fewer than two speakers.
    """
    return _jackknife(errors, words, 1 / float(errors.sum()) if errors.any() else 0.0)


def jackknife_mean_rate(errors: NDArray[np.float64], words: NDArray[np.float64]) -> LogJackknife | None:
    """Jackknife of the log of the mean of the speakers' own rates, errors / words; None as above."""
    rates = errors / words
    total = float(rates.sum())
    return _jackknife(rates, np.ones_like(rates), float((rates / words).sum()) / total**2 if total else 0.0)


def _jackknife(
    errors: NDArray[np.float64], words: NDArray[np.float64], counting_variance: float
) -> LogJackknife | None:
    if np.count_nonzero(errors) < 2 or np.count_nonzero(words) < 2:
        return None
    left_errors, left_words = _without_each(errors), _without_each(words)
    replicates = np.log(left_errors) - np.log(left_words)
    return LogJackknife(
        math.log(errors.sum() / words.sum()),
        replicates - replicates.mean(),
        effective_speakers(words) - 1,
        counting_variance,
    )


def _without_each(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """The total without each of the sums, which are not negative."""
    left: NDArray[np.float64] = sums.sum() - sums
    # Taking the largest off the total would leave rounding errors where it is nearly all of it.
    largest = int(sums.argmax())
    left[largest] = sums[:largest].sum() + sums[largest + 1 :].sum()
    return left


def satterthwaite(variances: Sequence[float], freedoms: Sequence[float]) -> float:
    """Degrees of freedom of a sum of independent variance estimates (Satterthwaite, Biometrics Bulletin 2, 1946).

    >>> satterthwaite([1.0, 1.0], [4.0, 4.0])
    8.0
    """
    spread = sum(v**2 / f for v, f in zip(variances, freedoms, strict=True))
    return float(sum(variances) ** 2 / spread) if spread else min(freedoms)


def t_quantile(degrees_of_freedom: float, level: float) -> float:
    """Two-sided quantile of Student's t, such as 2.776 for 4 degrees of freedom and level 0.95."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, 0.5 + level / 2))


def far_quantile(degrees_of_freedom: float, level: float) -> float:
    """Quantile of Student's t for a log rate, with fewer degrees of freedom beyond the level 0.95.

    Log rates of few speakers are skewed, and in the far tails that many comparisons ask for t is too short: at the
    Bonferroni level of 10 groups of 8 speakers an upper limit missed three times as often as it should. From the level
    0.975 on only half the degrees of freedom count, which holds for gamma-distributed speakers of a coefficient of
    variation up to 0.9, 8 of them or more (docs/results/coverage.md).

    >>> round(far_quantile(7, 0.95), 3), round(far_quantile(7, 0.99), 3), round(t_quantile(7, 0.99), 3)
    (2.365, 5.086, 3.499)
    """
    share = min(1.0, max(0.0, math.log2(_USUAL_TAIL / (1 - level))))
    return t_quantile(degrees_of_freedom * (1 - share / 2), level)


def poisson_limits(events: float, level: float) -> tuple[float, float]:
    """Exact two-sided limits of a Poisson mean after `events` events (Garwood, Biometrika 28, 1936)."""
    from scipy.special import gammaincinv

    low = float(gammaincinv(events, (1 - level) / 2)) if events else 0.0
    return low, float(gammaincinv(events + 1, (1 + level) / 2))

"""Exact limits if every error were an event of its own: the least that any interval must span.

Speakers differ, so the intervals that are reported are wider (`rates`, `disparity`, `summary`); where speakers happen
to agree, these limits keep an interval from being narrower than counting allows.
"""

from __future__ import annotations

import math
from typing import Protocol

from speechfair.metrics.jackknife import poisson_limits

__all__ = ["Totals", "independent_difference", "independent_rate", "independent_ratio"]


class Totals(Protocol):
    """Errors and reference tokens of one group, such as `rates.SpeakerSums`."""

    @property
    def total_errors(self) -> float:
        """All errors."""

    @property
    def total_words(self) -> float:
        """All reference tokens."""


def independent_rate(errors: float, words: float, level: float) -> tuple[float, float]:
    """Limits of a rate from its errors as a Poisson count (Garwood, Biometrika 28, 1936).

    They hold Clopper and Pearson's of a binomial share, which an error rate is not, since it can exceed 1.

    >>> low, high = independent_rate(10, 100, 0.95)
    >>> round(low, 4), round(high, 4)
    (0.048, 0.1839)
    """
    low, high = poisson_limits(errors, level)
    return low / words, high / words


def independent_ratio(group: Totals, reference: Totals, level: float) -> tuple[float, float]:
    """Limits of the ratio of two rates: the group's share of all errors is binomial (Clopper & Pearson 1934).

    Both groups need reference words, and the reference an error.
    """
    from scipy.special import betaincinv

    ours, theirs = group.total_errors, reference.total_errors
    per_word = reference.total_words / group.total_words
    tail = (1 - level) / 2
    most, least = betaincinv(ours + 1, theirs, 1 - tail), betaincinv(theirs, ours + 1, tail)
    high = per_word * float(most / least)
    if not ours:
        return 0.0, high
    share, rest = betaincinv(ours, theirs + 1, tail), betaincinv(theirs + 1, ours, 1 - tail)
    return per_word * float(share / rest), high


def independent_difference(group: Totals, reference: Totals, level: float) -> tuple[float, float]:
    """Limits of the difference of two rates, from their limits (MOVER; Zou & Donner 2008)."""
    sides = [(s.total_errors / s.total_words, s.total_errors, s.total_words) for s in (group, reference)]
    (ours, low, high), (theirs, other_low, other_high) = (
        (rate, *independent_rate(errors, words, level)) for rate, errors, words in sides
    )
    difference = ours - theirs
    below = math.hypot(ours - low, other_high - theirs)
    return difference - below, difference + math.hypot(high - ours, theirs - other_low)

"""Bounds for corpora that do not tell who spoke, under a design effect that the caller states.

Without speaker ids nobody can say how sure a rate is: `rates` gives no interval then. What can be said is how sure it
would be *if* speakers inflated the variance by a stated factor. Every method name here carries that factor, and no
verdict rests on these bounds.
"""

from __future__ import annotations

import math

from speechfair.errors import InputError
from speechfair.metrics.jackknife import jackknife_pooled_rate
from speechfair.metrics.rates import MIN_SPEAKERS, SpeakerSums, require_level
from speechfair.types import Estimate

__all__ = ["observed_design_effect", "rate_under_design_effect", "ratio_under_design_effect"]


def observed_design_effect(sums: SpeakerSums) -> float | None:
    """Variance of a group's log rate between speakers, over that of as many independent (Poisson) errors.

    Take it from a corpus that does have speaker ids and resembles the one that has none (as many utterances per
    speaker), and state it. Below 1 is given as 1. None with fewer than `MIN_SPEAKERS` speakers, with utterances
    whose speaker is not known, or where (almost) all errors are one speaker's.
    """
    if sums.n_without_speaker or sums.n_speakers < MIN_SPEAKERS:
        return None
    jackknife = jackknife_pooled_rate(sums.errors, sums.words)
    return None if jackknife is None else max(1.0, jackknife.variance * float(sums.errors.sum()))


def rate_under_design_effect(sums: SpeakerSums, design_effect: float, level: float = 0.95) -> Estimate:
    """Pooled rate of one group, with the bounds that hold if its variance is `design_effect` times Poisson.

    Parameters
    ----------
    sums : of the group; speaker ids are not used.
    design_effect : at least 1, which would mean that every error is an event of its own. With m utterances per
        speaker it can reach m and more; `observed_design_effect` measures it elsewhere.
    level : nominal coverage under that assumption.

    Notes
    -----
    Exact Poisson limits (Garwood 1936) at the effective numbers of errors and words, both divided by the design
    effect (Korn & Graubard, Survey Methodology 24, 1998, do this for proportions).
    """
    method = _method(design_effect, level)
    if sums.rate is None:
        return _estimate(sums, level, None, None, method, "no reference words: no rate")
    low, high = _effective_poisson(sums.total_errors / design_effect, level)
    words = sums.total_words / design_effect
    return _estimate(sums, level, sums.rate, (low / words, high / words), method, None)


def ratio_under_design_effect(
    group: SpeakerSums, reference: SpeakerSums, design_effect: float, level: float = 0.95
) -> Estimate:
    """Ratio of two groups' pooled rates, with bounds under a stated design effect, the same in both groups.

    Notes
    -----
    Given the sum of two Poisson counts, one is binomial: exact (Clopper & Pearson 1934) limits of that share at
    the effective counts become limits of the ratio.
    """
    from scipy.special import betaincinv

    method = _method(design_effect, level)
    both = group + reference
    if group.rate is None or reference.rate is None:
        which = "group" if group.rate is None else "reference group"
        return _estimate(both, level, None, None, method, f"no reference words in the {which}: no rate")
    if not reference.rate:
        return _estimate(both, level, None, None, method, "the reference group has no errors: no ratio")
    ours, theirs = group.total_errors / design_effect, reference.total_errors / design_effect
    if theirs < 1:
        reason = (
            f"the reference group's errors are worth {theirs:.2g} independent ones, less than one: no bounds"
        )
        return _estimate(both, level, group.rate / reference.rate, None, method, reason)
    per_word = reference.total_words / group.total_words
    tail = (1 - level) / 2
    low = float(betaincinv(ours, theirs + 1, tail)) if ours else 0.0
    rest = float(betaincinv(theirs, ours + 1, tail))  # one minus the upper limit, without its rounding
    limits = per_word * low / (1 - low), per_word * (1 - rest) / rest
    return _estimate(both, level, group.rate / reference.rate, limits, method, None)


def _effective_poisson(events: float, level: float) -> tuple[float, float]:
    from scipy.special import gammaincinv

    low = float(gammaincinv(events, (1 - level) / 2)) if events else 0.0
    return low, float(gammaincinv(events + 1, (1 + level) / 2))


def _method(design_effect: float, level: float) -> str:
    require_level(level)
    if not (math.isfinite(design_effect) and design_effect >= 1):
        raise InputError(f"design_effect is {design_effect}; state a finite factor of at least 1")
    return f"poisson-under-assumed-design-effect-{design_effect:g}"


def _estimate(
    sums: SpeakerSums,
    level: float,
    value: float | None,
    limits: tuple[float, float] | None,
    method: str,
    reason: str | None,
) -> Estimate:
    low, high = limits or (None, None)
    return Estimate(value, low, high, level, sums.n_utterances, sums.n_speakers, method, reason)

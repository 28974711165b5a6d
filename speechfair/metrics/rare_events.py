"""Rates of rare events, such as failures, that may strike few speakers wholly; bounded by speakers, not utterances.

A broken codec or a loop in decoding strikes one person's every utterance and spares all others. An interval from the
speakers that were seen then tells nothing of such a person who was not: of n speakers without any event no more can be
said than that fewer than 1 - alpha^(1/n) of all speakers are struck.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from speechfair.metrics.jackknife import effective_speakers
from speechfair.metrics.rates import SpeakerSums, pooled_rate
from speechfair.types import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["STRUCK", "rare_event_rate", "share_limits", "smallest_visible_share"]

STRUCK = 0.5
"""A speaker of whose utterances more than this share have the event is struck wholly."""

_METHOD = "speakers-or-jackknife-log-t"


def smallest_visible_share(n_speakers: float, chance: float = 0.95) -> float:
    """The smallest share of struck speakers of whom `n_speakers` would have shown at least one with `chance`.

    It is 1 - (1 - chance)^(1/n), the exact binomial limit for no success in n trials.

    >>> round(smallest_visible_share(35), 3), round(smallest_visible_share(150), 3)
    (0.082, 0.02)
    """
    return float(1 - (1 - chance) ** (1 / n_speakers)) if n_speakers > 0 else 1.0


def share_limits(struck: float, n: float, level: float) -> tuple[float, float]:
    """Exact two-sided limits of a share after `struck` of `n` (Clopper & Pearson, Biometrika 26, 1934).

    Both may be fractions, such as effective speakers.
    """
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(struck, n - struck + 1, tail)) if struck > 0 else 0.0
    high = float(betaincinv(struck + 1, n - struck, 1 - tail)) if struck < n else 1.0
    return low, high


def rare_event_rate(sums: SpeakerSums, level: float = 0.95) -> Estimate:
    """Share of utterances with an event, with an interval that allows for speakers who are struck wholly.

    Parameters
    ----------
    sums : events as ``errors`` and utterances as ``words``, per speaker.
    level : nominal coverage.

    Returns
    -------
    Estimate
        As `pooled_rate`, but its interval also holds the exact limits of the share of struck speakers (more than
        `STRUCK` of their utterances), with the rate of the others added. Without any event it is
        [0, 1 - ((1 - level) / 2)^(1/n)] for n speakers of like many utterances; where they differ, n is the effective
        number (Kish). No limit is above 1.
    """
    found = pooled_rate(sums, level)
    if found.value is None or found.low is None or found.high is None:
        return found
    spoke = sums.words > 0
    events, utterances = sums.errors[spoke], sums.words[spoke]
    struck = events > STRUCK * utterances
    n = effective_speakers(utterances)
    low, high = share_limits(n * float(struck.mean()), n, level)
    calm = _rate(events[~struck], utterances[~struck])
    upper = high + (1 - high) * calm
    if found.value > 0:
        upper = max(upper, found.high)
        low = min(found.low, low * _rate(events[struck], utterances[struck])) if struck.any() else found.low
    return replace(found, low=min(low, found.value), high=min(1.0, max(upper, found.value)), method=_METHOD)


def _rate(events: NDArray[np.float64], utterances: NDArray[np.float64]) -> float:
    total = float(utterances.sum())
    return float(events.sum()) / total if total else 0.0

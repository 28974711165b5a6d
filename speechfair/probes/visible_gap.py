"""Which gap between two groups a probe of some size can show: planning by formula, from stated assumptions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from speechfair.errors import InputError
from speechfair.metrics.jackknife import t_quantile
from speechfair.metrics.rates import MIN_SPEAKERS
from speechfair.probes.crossed import MIN_ITEMS

__all__ = ["Variation", "VisibleGap", "visible_gap"]


@dataclass(frozen=True, slots=True)
class Variation:
    """How much the effect of an accent differs between voices and between items, and the share right without one.

    Parameters
    ----------
    share : right in the reference group.
    voice_sd, item_sd : standard deviations, as shares, of a voice's and of an item's own gap around the mean gap.
    """

    share: float = 0.85
    voice_sd: float = 0.05
    item_sd: float = 0.10

    def __post_init__(self) -> None:
        if not 0 < self.share < 1 or self.voice_sd < 0 or self.item_sd < 0:
            raise InputError("share lies between 0 and 1, and standard deviations are not negative")


@dataclass(frozen=True, slots=True)
class VisibleGap:
    """The smallest gap that a size shows.

    Parameters
    ----------
    gap : as a share; None where voices or items are too few for an interval.
    """

    voices: int
    items: int
    questions: float
    gap: float | None


def visible_gap(
    voices: int,
    items: int,
    questions: float = 1.0,
    *,
    comparisons: int = 1,
    power: float = 0.8,
    level: float = 0.95,
    variation: Variation | None = None,
) -> float | None:
    """The smallest true gap (a share) that is shown with probability `power`; None where no interval is given.

    Parameters
    ----------
    voices, items : in each group; every voice says every item, the same ones in both groups.
    questions : about each item, at one level.
    comparisons : tests that share the error rate, such as groups times levels (as if by Bonferroni).

    Examples
    --------
    >>> round(visible_gap(8, 24, 2), 2)
    0.12
    >>> visible_gap(8, 2) is None
    True

    Notes
    -----
    The variance of the difference is that of a voice's gap over voices, of an item's gap over items, and of independent
    questions; Student's t with the fewer of voices and items less one as degrees of freedom.
    """
    if not 0 < power < 1 or not 0 < level < 1:
        raise InputError(f"power ({power}) and level ({level}) are shares between 0 and 1")
    if comparisons < 1 or questions <= 0:
        raise InputError("comparisons are at least 1, and questions above 0")
    if voices < MIN_SPEAKERS or items < MIN_ITEMS:
        return None
    about = variation or Variation()
    chance = 2 * about.share * (1 - about.share) / (voices * items * questions)
    error = math.sqrt(about.voice_sd**2 / voices + about.item_sd**2 / items + chance)
    freedom = min(voices, items) - 1
    alpha = (1 - level) / comparisons
    return error * (t_quantile(freedom, 1 - alpha) + t_quantile(freedom, 2 * power - 1))

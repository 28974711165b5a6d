"""Harm that falls on few speakers: an upper limit of a change that a t interval of the mean puts too low.

One speaker of 150 whose every utterance got worse hardly moves the mean or its jackknife variance, although such
speakers may be three times as frequent as in the sample. So the share of struck speakers is bounded exactly, and their
harm is taken as seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.metrics.jackknife import effective_speakers
from speechfair.metrics.rare_events import share_limits

if TYPE_CHECKING:
    from speechfair.metrics.pairing import Pair

__all__ = ["STRUCK_TIMES_MARGIN", "concentrated_upper"]

STRUCK_TIMES_MARGIN = 5.0
"""A speaker whose rate rose by more than this many margins is struck."""


def concentrated_upper(pair: Pair, margin: float, level: float) -> float | None:
    """Upper limit of after - before if struck speakers are as frequent as the exact limit of their share allows.

    Parameters
    ----------
    margin : as a rate; a speaker whose rate rose by more than `STRUCK_TIMES_MARGIN` of it is struck.
    level : two-sided, so that the share is above its limit with (1 - level) / 2 at most.

    Returns
    -------
    float or None
        limit of the share · mean rise of the struck + rest · mean change of the others; None where nobody is struck,
        since how hard unseen speakers are hit cannot be known.

    Notes
    -----
    The share's limit is Clopper and Pearson's, with effective speakers (Kish) where they talk unequally much.
    """
    spoke = pair.before.words > 0
    words = pair.before.words[spoke]
    moved = (pair.after.errors - pair.before.errors)[spoke]
    struck = moved > STRUCK_TIMES_MARGIN * margin * words
    if not margin or not struck.any():
        return None
    n = effective_speakers(words)
    _, high = share_limits(n * float(struck.mean()), n, level)
    harm = float(moved[struck].sum() / words[struck].sum())
    calm = float(moved[~struck].sum() / words[~struck].sum()) if not struck.all() else 0.0
    return high * harm + (1 - high) * calm

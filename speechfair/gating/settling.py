"""How many more speakers would settle a criterion's comparison that its interval leaves open."""

from __future__ import annotations

from speechfair.gating.criteria import AGAINST_REFERENCE, JOINT, Criterion
from speechfair.metrics.speakers_to_settle import speakers_to_settle
from speechfair.types import Estimate

__all__ = ["more_speakers"]

_DIFFERENCES = frozenset({"rate_difference", "gap"})


def more_speakers(criterion: Criterion, estimate: Estimate, n_speakers: int) -> tuple[int | None, str]:
    """Speakers to add until the whole interval lies on the estimate's side of the limit; see `speakers_to_settle`.

    Parameters
    ----------
    n_speakers : speakers now, in the group, or in all groups together for a metric of all groups.
    """
    more, text = speakers_to_settle(
        estimate, criterion.limit, n_speakers, linear=criterion.metric in _DIFFERENCES
    )
    if more is not None and criterion.metric in AGAINST_REFERENCE:
        text += ", the reference group growing in proportion"
    elif more is not None and criterion.metric in JOINT:
        text += ", all groups growing in proportion"
    return more, text

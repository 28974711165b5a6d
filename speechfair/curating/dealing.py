"""Deal speakers out to the parts of a split by iterative stratification.

Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data", ECML PKDD 2011.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["deal"]


def deal(
    strata: Sequence[Mapping[tuple[str, bool], int]],
    weights: Sequence[int],
    shares: Mapping[str, float],
    rng: Generator,
) -> list[int]:
    """The part of each unit, by iterative stratification; every part gets of every stratum as long as there is any."""
    share = list(shares.values())
    total = Counter[tuple[str, bool]]()
    members: dict[tuple[str, bool], list[int]] = {}
    for unit in rng.permutation(len(strata)).tolist():
        total.update(strata[unit])
        for stratum in strata[unit]:
            members.setdefault(stratum, []).append(unit)
    lacking = {stratum: [part * n for part in share] for stratum, n in total.items()}
    speakers = [part * sum(total.values()) for part in share]
    utterances = [part * sum(weights) for part in share]
    found: list[int] = [-1] * len(strata)
    without = {stratum: set(range(len(share))) for stratum in total}
    # the rarest stratum first; its speakers are dealt out before those of any other
    for stratum in sorted(total, key=lambda each: (len(members[each]), each)):
        waiting = [unit for unit in members[stratum] if found[unit] < 0]
        waiting.sort(key=lambda unit: -sum(strata[unit].values()))
        for place, unit in enumerate(waiting):
            left = len(waiting) - place
            open_parts = without[stratum] if left <= len(without[stratum]) else range(len(share))
            part = max(open_parts, key=lambda k: (lacking[stratum][k], speakers[k], utterances[k], -k))
            found[unit] = part
            for other, n in strata[unit].items():
                lacking[other][part] -= n
                without[other].discard(part)
            speakers[part] -= sum(strata[unit].values())
            utterances[part] -= weights[unit]
    return found

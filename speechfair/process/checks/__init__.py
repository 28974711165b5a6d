"""The checks, by item: each looks at the material and says what it found. One file per subject.

An item without a check is never decided by a program.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from speechfair.process.finding import Finding
from speechfair.process.material import Material

__all__ = ["Check", "all_checks"]

Check = Callable[[Material], Finding]


@cache
def all_checks() -> dict[str, Check]:
    """Every check by item id."""
    from speechfair.process.checks import (
        covariates,
        data,
        evaluation,
        governance,
        grounding,
        operation,
        people,
        quality,
        release,
        requirements,
        security,
        shares,
        training,
    )

    found: dict[str, Check] = {}
    rooms = (
        requirements, data, people, quality, shares, covariates, training, evaluation, grounding, release, operation,
        security, governance,
    )  # fmt: skip
    for room in rooms:
        found |= room.CHECKS
    return found

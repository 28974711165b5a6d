"""Which check, share or decoding setting is kept: the best worst group among those that spare the protected speakers.

Everything that is chosen on the development speakers is chosen here, by one rule. A candidate spares the protected if
their rate is no more than the margin above their rate before. Without protected development speakers there is nothing
to spare, and the best worst group wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from speechfair.debias.recipe import Margin

__all__ = ["best_of", "protected_limit", "rule"]


def protected_limit(before: Mapping[str, Any], margin: Margin) -> float | None:
    """The highest rate of the protected development speakers that is allowed; None where there are none.

    Parameters
    ----------
    before : rates before the training, as `Development.rates` gives them.
    """
    rate = before.get("protected")
    return None if rate is None else float(rate) + max(margin.relative * float(rate), margin.absolute)


def best_of(rates: Sequence[Mapping[str, Any]], limit: float | None) -> int:
    """Place of the candidate to keep, the first of equals.

    Parameters
    ----------
    rates : of each candidate, with ``worst`` and, where `limit` is given, ``protected``.

    >>> candidates = [{"worst": 0.5, "protected": 0.07}, {"worst": 0.2, "protected": 0.12}]
    >>> best_of(candidates, None), best_of(candidates, 0.08), best_of(candidates, 0.01)
    (1, 0, 0)
    """

    def order(place: int) -> tuple[float, float, int]:
        one = rates[place]
        # where nobody spares the protected, the least harm comes first
        excess = 0.0 if limit is None else max(0.0, float(one["protected"]) - limit)
        return excess, float(one["worst"]), place

    return min(range(len(rates)), key=order)


def rule(limit: float | None) -> str:
    """The rule in words, for the record."""
    found = "worst-group development rate"
    if limit is None:
        return found
    return f"{found}, with the protected development speakers at {limit:.4g} at most"

"""Which check, share or decoding setting is kept: the best worst group among those that spare the protected speakers.

Everything that is chosen on the development speakers is chosen here, by one rule. A candidate spares the protected if
their rate is no more than the margin above their rate before. Without protected development speakers there is nothing
to spare, and the best worst group wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from speechfair.process.training_evidence import limit_for_protected

if TYPE_CHECKING:
    from speechfair.debias.recipe import Margin

__all__ = ["applied_before", "best_of", "protected_limit", "rule", "score"]

BEYOND = 1e7
"""Added to a candidate that harms the protected, and the weight of the excess: no worst group's rate comes near."""


def protected_limit(before: Mapping[str, Any], margin: Margin) -> float | None:
    """The highest rate of the protected development speakers that is allowed; None where there are none.

    Parameters
    ----------
    before : rates before the training, as `Development.rates` gives them.
    """
    rate = before.get("protected")
    return None if rate is None else limit_for_protected(float(rate), margin.model_dump())


def applied_before(finish: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rates before, from which the limit of the last choice of a training follows.

    Parameters
    ----------
    finish : what the method reported when it finished.
    before : rates before the training.
    """
    if "recognizer_options" in finish:
        # other decoding settings are compared with the recipe's own setting, which the method tries first
        rates: Mapping[str, Any] = finish["curve"][0]["development"]
        return rates
    return before


def best_of(rates: Sequence[Mapping[str, Any]], limit: float | None) -> int:
    """Place of the candidate to keep, the first of equals.

    Parameters
    ----------
    rates : of each candidate, with ``worst`` and, where `limit` is given, ``protected``.

    >>> candidates = [{"worst": 0.5, "protected": 0.07}, {"worst": 0.2, "protected": 0.12}]
    >>> best_of(candidates, None), best_of(candidates, 0.08), best_of(candidates, 0.01)
    (1, 0, 0)
    """

    return min(range(len(rates)), key=lambda place: (score(rates[place], limit), place))


def score(rates: Mapping[str, Any], limit: float | None) -> float:
    """What is minimised: the worst group's rate, and far above it whatever harms the protected beyond `limit`.

    Where no candidate spares them, the least harm so comes first.
    """
    excess = 0.0 if limit is None else max(0.0, float(rates["protected"]) - limit)
    # one number, because transformers compares checkpoints by one
    return float(rates["worst"]) + (BEYOND * (1 + excess) if excess else 0.0)


def rule(limit: float | None, chosen: bool = True) -> str:
    """The rule in words, for the record; `chosen` is False where there was nothing to choose from."""
    if not chosen:
        return "nothing to choose from: the last weights"
    found = "worst-group development rate"
    if limit is None:
        return found
    return f"{found}, with the protected development speakers at {limit:.4g} at most"

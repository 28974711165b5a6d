"""Adjust p-values when many groups are tested at once. Simultaneous intervals are in `summary`, not here."""

from __future__ import annotations

from collections.abc import Sequence

from speechfair.errors import InputError

__all__ = ["holm"]


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down adjusted p-values, in the order given.

    Rejecting where the adjusted value is at most α keeps the chance of any false rejection at α or less, whatever
    the dependence between the tests (Holm, Scandinavian Journal of Statistics 6, 1979).

    Raises
    ------
    InputError
        If a p-value is not in [0, 1].

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    for row, p_value in enumerate(p_values):
        if not 0 <= p_value <= 1:
            raise InputError(
                f"p-value {row} is {p_value!r}, not in [0, 1]; leave out tests that were not made"
            )
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, row in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[row]))
        adjusted[row] = float(largest)
    return tuple(adjusted)

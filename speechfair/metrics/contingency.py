"""Tables of counts of two traits: how strongly the traits go together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["chi_squared", "cramers_v"]


def chi_squared(counts: ArrayLike) -> float:
    """Pearson's chi squared of a table whose rows and columns all have counts."""
    table = np.asarray(counts, dtype=float)
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    return float(((table - expected) ** 2 / expected).sum())


def cramers_v(counts: ArrayLike) -> float | None:
    """Cramér's V with the correction for bias of Bergsma (Journal of the Korean Statistical Society 42, 2013).

    Returns
    -------
    Between 0 and 1. None below two rows or two columns with counts, and where there are too few counts to correct.

    >>> round(cramers_v([[20, 0], [0, 20]]), 6)
    1.0
    >>> cramers_v([[10, 10], [10, 10]])
    0.0
    >>> cramers_v([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    """
    table = np.asarray(counts, dtype=float)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0] if table.size else table
    if table.ndim < 2 or min(table.shape) < 2:
        return None
    n = float(table.sum())
    rows, columns = table.shape
    phi = max(0.0, chi_squared(table) / n - (rows - 1) * (columns - 1) / (n - 1))
    size = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return min(1.0, math.sqrt(phi / size)) if size > 1e-9 else None

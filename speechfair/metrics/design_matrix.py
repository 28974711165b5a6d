"""The fixed effects of an adjusted comparison as columns: groups and covariates, or why they cannot be told apart.

Decides what is done with missing values, and refuses designs from which no group effect can be read. It fits
nothing: see `mixed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["MAX_MISSING", "Design", "Term", "build_design", "category_term", "inseparable"]

MAX_MISSING = 0.05
"""Largest share of missing values of a numeric covariate that an indicator column may stand in for."""


@dataclass(frozen=True, eq=False)
class Term:
    """One variable of the model as columns.

    Parameters
    ----------
    name : column of the table.
    labels : one per column of `values`.
    values : float64, shape (n_utterances, n_columns); empty for a variable that does not vary.
    base : of categories, the level that has no column.
    """

    name: str
    labels: tuple[str, ...]
    values: NDArray[np.float64]
    base: str = ""


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of the fixed effects, intercept first, then the groups other than the reference, then covariates.

    Parameters
    ----------
    matrix : shape (n_utterances, n_columns).
    group : the group's term.
    covariates : the covariates' terms, in the order asked for.
    notes : what was done to the data, in words.
    """

    matrix: NDArray[np.float64]
    group: Term
    covariates: tuple[Term, ...]
    notes: tuple[str, ...]

    def columns_of(self, position: int) -> slice:
        """Where in `matrix` the columns of covariate number `position` lie."""
        before = 1 + len(self.group.labels)
        start = before + sum(len(term.labels) for term in self.covariates[:position])
        return slice(start, start + len(self.covariates[position].labels))


def build_design(
    table: pl.DataFrame, *, group: str, reference: str, covariates: Sequence[str]
) -> Design | str:
    """Columns for the group and the covariates, or the reason why no group effect can be read from them.

    Parameters
    ----------
    table : one row per utterance that is modelled; `group` has no missing values.
    reference : the group that the others are compared with.
    covariates : numeric columns enter linearly, standardised; all others as categories.

    Notes
    -----
    A missing category is the level ``unknown``. Missing numbers (null or not finite) are put at the mean and
    marked by an indicator column while they are at most `MAX_MISSING` of the rows; above that the design is
    refused, since an indicator then hides confounding (Groenwold et al., CMAJ 184, 2012).
    """
    groups = category_term(table[group], group, first=reference)
    terms, notes = [], []
    for name in covariates:
        term, note = _term(table, name)
        if term is None:
            return note
        if note:
            notes.append(note)
        terms.append(term)
    if problem := inseparable(groups, terms):
        return problem
    intercept = np.ones((table.height, 1))
    matrix = np.hstack([intercept, groups.values, *(term.values for term in terms)])
    return Design(matrix, groups, tuple(terms), tuple(notes))


def category_term(column: pl.Series, name: str, first: str | None = None) -> Term:
    """Indicator columns of every level but the first (the most frequent one unless given); null is ``unknown``."""
    values = column.cast(_string()).fill_null(UNKNOWN).to_numpy().astype(str)
    levels, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    base = int(np.argmax(counts)) if first is None else int(np.flatnonzero(levels == first)[0])
    others = [index for index in range(len(levels)) if index != base]
    labels = tuple(str(levels[index]) for index in others)
    return Term(name, labels, (place[:, None] == others).astype(np.float64), str(levels[base]))


def inseparable(group: Term, covariates: Sequence[Term]) -> str | None:
    """Name the covariate that repeats the group, or what stands before it; None if every column tells its own."""
    matrix = np.hstack([np.ones((len(group.values), 1)), group.values])
    for position, term in enumerate(covariates):
        matrix = np.hstack([matrix, term.values])
        if _rank(matrix) == matrix.shape[1]:
            continue
        if position == 0:
            return (
                f"{group.name} and {term.name} cannot be separated: the one can be told from the other; "
                "no adjustment can tell which of the two makes the difference"
            )
        names = ", ".join([group.name, *(earlier.name for earlier in covariates[:position])])
        return f"{term.name} cannot be separated from {names} together: leave one of them out"
    return None


def _term(table: pl.DataFrame, name: str) -> tuple[Term | None, str]:
    column = table[name]
    if not column.dtype.is_numeric():
        missing = column.null_count()
        note = f"{name}: {missing} missing values are the level '{UNKNOWN}'" if missing else ""
        term = category_term(column, name)
        return term, note or ("" if term.labels else f"{name} does not vary: nothing to adjust for")
    values = column.cast(_float64()).to_numpy().astype(np.float64)
    known = np.isfinite(values)
    missing = int((~known).sum())
    if missing > MAX_MISSING * len(values):
        return None, (
            f"{name} is missing in {missing} of {len(values)} utterances, more than {MAX_MISSING:.0%}: "
            "fill it in, leave it out, or give it as categories with a level of its own for the missing"
        )
    spread = float(values[known].std())
    if not spread:
        return Term(name, (), np.empty((len(values), 0))), f"{name} does not vary: nothing to adjust for"
    standard = np.where(known, (values - values[known].mean()) / spread, 0.0)
    if not missing:
        return Term(name, (name,), standard[:, None]), ""
    note = f"{name}: {missing} missing values are at the mean, with an indicator column"
    return Term(name, (name, f"{name} missing"), np.column_stack([standard, ~known])), note


def _rank(matrix: NDArray[np.float64]) -> int:
    """Rank from the Gram matrix of unit columns, so that cost stays linear in rows."""
    lengths = np.linalg.norm(matrix, axis=0)
    if not lengths.all():
        return int(np.linalg.matrix_rank(matrix))
    unit = matrix / lengths
    return int((np.linalg.eigvalsh(unit.T @ unit) > 1e-9).sum())


def _string() -> type[pl.String]:
    import polars as pl

    return pl.String


def _float64() -> type[pl.Float64]:
    import polars as pl

    return pl.Float64

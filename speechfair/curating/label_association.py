"""Labels that go together: where accents differ in their share of clinical texts, a gap between accents may be a gap
between texts. Counted over rows, since it is the rows that are compared, in groups of enough speakers to be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LARGE_V", "associated_labels"]

LARGE_V = 0.3
"""Cramér's V from which two axes are named; a medium effect at two values (Cohen, Statistical Power Analysis for the
Behavioral Sciences, 1988)."""

_EXAMPLES = 5
_FEWEST = 5
"""Speakers of a group that is looked at; fewer have no comparison that could mislead."""


def associated_labels(rows: pl.DataFrame, axes: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A sentence and examples for each pair of axes that go together.

    Parameters
    ----------
    rows : as `speechfair.curating.corpus_check.flat` gives them.
    axes : columns ``label:AXIS``.
    """
    import polars as pl

    from speechfair.metrics.contingency import cramers_v

    for pair in combinations(axes, 2):
        known = rows.filter(pl.all_horizontal(pl.col(column) != UNKNOWN for column in pair))
        for column in pair:
            known = known.filter(pl.col("speaker").n_unique().over(column) >= _FEWEST)
        if known.is_empty():
            continue
        # the axis of more values first: its groups are what the other one mixes up
        finer, coarser = sorted(pair, key=lambda column: -known[column].n_unique())
        counts = known.group_by(finer, coarser).len().with_columns(pl.col(finer, coarser).cast(pl.String))
        table = counts.pivot(coarser, index=finer, values="len").fill_null(0).drop(finer)
        v = cramers_v(table.to_numpy())
        if v is None or v < LARGE_V:
            continue
        one, other = (column.removeprefix("label:") for column in (finer, coarser))
        alone = (
            counts.group_by(finer).agg(pl.len().alias("n")).filter(pl.col("n") == 1)[finer].sort().to_list()
        )
        groups = known[finer].n_unique()
        words = f"{one} and {other} go together (Cramér's V {v:.2f})"
        if len(alone) == groups:
            yield f"{words}: every group of {one} is of one {other} alone", ()
            continue
        if alone:
            words += f": {len(alone)} of {groups} groups of {one} are of one {other} alone"
        yield (
            f"{words}; a gap on one may be the other's: compare with --group-by {one}+{other} or --adjust {other}",
            tuple(map(str, alone[:_EXAMPLES])),
        )

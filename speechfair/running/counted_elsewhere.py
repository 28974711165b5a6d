"""Counts that were made elsewhere, as in published studies: errors and reference tokens of each row, and no texts.

A row is whatever the table has, an utterance or a speaker in a group; it counts as one utterance. Nothing is
normalised or counted here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from speechfair.metrics.error_counts import KINDS
from speechfair.metrics.metric import EMPTY_REFERENCE

if TYPE_CHECKING:
    import polars as pl

    from speechfair.running.run_recipe import EmptyReferences

__all__ = ["counts_schema", "table_of_counts"]


def counts_schema() -> dict[str, Any]:
    """Columns that a part of such a run has next to those of a hypothesis part; kinds are null where not known."""
    import polars as pl

    return dict.fromkeys((*KINDS, "errors", "reference_length"), pl.Int64)


def table_of_counts(
    manifest: pl.DataFrame, counts: pl.DataFrame, empty_references: EmptyReferences
) -> pl.DataFrame:
    """The score table of a run that holds counts, in the manifest's order.

    Parameters
    ----------
    counts : the columns of `counts_schema` by ``utterance_id``.
    empty_references : what becomes of rows without reference tokens, as in `speechfair.running.scoring.score_table`.

    Returns
    -------
    The columns of `speechfair.running.scoring.score_table` without texts, and ``errors``. Where kinds are not known, a
    row is a runaway if it must be one: errors beyond twice the reference tokens hold more insertions than tokens.
    """
    import polars as pl

    joined = manifest.join(counts, left_on="id", right_on="utterance_id", how="left", suffix="_counted")
    words, errors = pl.col("reference_length"), pl.col("errors")
    empty = pl.col("excluded").is_null() & (words == 0)
    if empty_references == "exclude":
        reason = f"{EMPTY_REFERENCE} (counted elsewhere)"
        joined = joined.with_columns(
            pl.when(empty).then(pl.lit(reason)).otherwise("excluded").alias("excluded")
        )
    elif empty_references == "errors-and-words":
        joined = joined.with_columns(pl.when(empty).then(errors).otherwise(words).alias("reference_length"))
    counted = pl.col("excluded").is_null()
    more_insertions = pl.coalesce(pl.col("insertions") > words, errors > 2 * words)
    return joined.select(
        pl.col("id").alias("utterance_id"),
        "speaker",
        "language",
        "labels",
        "duration_s",
        "excluded",
        pl.lit(False).alias("failed"),
        pl.lit(None, dtype=pl.String).alias("error"),
        pl.lit(False).alias("redone"),
        (counted & more_insertions).fill_null(False).alias("runaway"),
        *(pl.when(counted).then(name).alias(name) for name in counts_schema()),
        pl.lit(0.0).alias("seconds"),
    )

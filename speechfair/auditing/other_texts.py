"""The intervals of a group for other texts too, where its texts are read by several speakers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from speechfair.types import Estimate

__all__ = ["for_other_texts"]


def for_other_texts(
    table: pl.DataFrame, reference: pl.DataFrame | None, level: float
) -> dict[str, Estimate | None]:
    """The fields of a `Group` whose intervals hold for other texts; None where texts are hardly shared.

    Parameters
    ----------
    table, reference : rows of the group and of its reference group, with the normalised text as ``reference``.
    """
    from speechfair.metrics.two_way import MIN_READERS, readers_per_text, two_way_rate, two_way_ratio

    none: dict[str, Estimate | None] = {"rate_other_texts": None, "ratio_other_texts": None}
    if "reference" not in table.columns or readers_per_text(table) < MIN_READERS:
        return none
    found = none | {"rate_other_texts": two_way_rate(table, level=level)}
    if reference is not None and readers_per_text(reference) >= MIN_READERS:
        found["ratio_other_texts"] = two_way_ratio(table, reference, level=level)
    return found

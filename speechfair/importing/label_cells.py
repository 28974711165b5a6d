"""Cells of label columns as labels: mapped, taken apart at a separator or as a list, missing where they say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from speechfair.corpora.cells import is_missing
from speechfair.corpora.rows import SEVERAL, LabelColumn
from speechfair.errors import InputError
from speechfair.importing.cell_values import cleaned
from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl

__all__ = ["label_lists", "label_of"]

_BETWEEN = "\x1f"
"""Stands between the labels of a list; the unit separator of ASCII, which no label holds."""


def label_of(cell: str, column: LabelColumn) -> str | None:
    """The label that a cell gives, or None; what `speechfair.corpora.rows` gives for the same cell.

    >>> column = LabelColumn(column="accent", map={"isizulu": "zulu", "?": "unknown"}, separator=",")
    >>> [label_of(cell, column) for cell in ("isizulu", "zulu, hausa", "zulu, isizulu", "?", "igbo")]
    ['zulu', 'several', 'zulu', None, 'igbo']
    """
    apart = cell not in column.map and column.separator is not None and column.separator in cell
    parts = [part.strip() for part in cell.split(column.separator)] if apart else [cell]
    values = []
    for part in parts:
        value = column.map.get(part, None if is_missing(part) else part)
        if value is not None and value != UNKNOWN:
            values.append(value)
    distinct = list(dict.fromkeys(values))
    return None if not distinct else distinct[0] if len(distinct) == 1 else SEVERAL


def label_lists(frame: pl.DataFrame, labels: Mapping[str, LabelColumn]) -> pl.Series:
    """The labels of every row, as `speechfair.running.run_manifest.manifest_schema` has them."""
    import polars as pl

    kind = pl.List(pl.Struct({"axis": pl.String, "value": pl.String, "source": pl.String}))
    if not labels:
        return pl.Series([[]] * frame.height, dtype=kind)
    values = {}
    for place, label in enumerate(labels.values()):
        column = frame[label.column]
        if isinstance(column.dtype, pl.List):
            column, label = _joined(column), label.model_copy(update={"separator": _BETWEEN})
        cells = _cells(column)
        known = {cell: label_of(cell, label) for cell in cells.drop_nulls().unique().to_list()}
        values[f"{place}"] = cells.replace_strict(known, default=None, return_dtype=pl.String)
    rows = pl.DataFrame(values)
    parts = [
        pl.when(pl.col(place).is_not_null()).then(
            pl.struct(axis=pl.lit(axis), value=pl.col(place), source=pl.lit(label.source))
        )
        for place, (axis, label) in zip(values, labels.items(), strict=True)
    ]
    distinct = rows.unique(maintain_order=True)  # rows of a speaker share their labels, so these are few
    lists = distinct.with_columns(pl.concat_list(parts).list.drop_nulls().cast(kind).alias("labels"))
    return rows.join(lists, on=list(values), how="left", nulls_equal=True, maintain_order="left")["labels"]


def _joined(column: pl.Series) -> pl.Series:
    """Lists of labels as cells of several labels."""
    import polars as pl

    if column.dtype.inner.is_nested():  # type: ignore[attr-defined]
        raise InputError(
            f"column {column.name!r} holds lists of lists or of objects, which are no labels; name another column"
        )
    return column.cast(pl.List(pl.String)).list.drop_nulls().list.join(_BETWEEN)


def _cells(column: pl.Series) -> pl.Series:
    """Stripped text, blanks null; words for a missing value stay, since a map may name them."""
    import polars as pl

    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return cleaned(column)
    text = column.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)

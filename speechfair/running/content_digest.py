"""The digest of a table's content, whatever Parquet writer stored it.

It is the sha256 over one line of JSON for each row, keys sorted. The lines are made column by column, since a million
rows one by one take a minute.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["content_digest", "rows_digest"]

_ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode
_ESCAPED = r'["\\\x00-\x1f]'
_CHUNK = 50_000


def content_digest(manifest: pl.DataFrame) -> str:
    """The sha256 over the rows' content. Audio counts by its digest, not by its path.

    A row without a channel counts as it did before there were channels.
    """
    digest = hashlib.sha256()
    table = manifest.drop("audio", "channels", strict=False)
    for start in range(0, table.height, _CHUNK):
        lines = _lines(table[start : start + _CHUNK])
        digest.update("".join(f"{line}\n" for line in lines).encode())
    return digest.hexdigest()


def rows_digest(table: pl.DataFrame) -> str:
    """The sha256 over each row as the list of its cells, as `json.dumps` writes it with all letters, a line each."""
    import polars as pl

    digest = hashlib.sha256()
    for start in range(0, table.height, _CHUNK):
        part = table[start : start + _CHUNK]
        cells = [_texts(part[name]).fill_null("null").alias(name) for name in part.columns]
        lines = pl.DataFrame(cells).select(pl.format("[{}]", pl.concat_str(pl.all(), separator=", ")))
        digest.update("".join(f"{line}\n" for line in lines.to_series()).encode())
    return digest.hexdigest()


def _lines(table: pl.DataFrame) -> pl.Series:
    """Each row as `json.dumps` writes it with sorted keys and all letters."""
    import polars as pl

    fields = []
    for name in sorted(table.columns):
        texts = _texts(table[name])
        field = pl.lit(f"{_ENCODE(name)}: ") + (texts if name == "channel" else texts.fill_null("null"))
        fields.append(pl.select(field.alias(name)).to_series())
    joined = pl.concat_str(pl.all(), separator=", ", ignore_nulls=True)
    return pl.DataFrame(fields).select(pl.lit("{") + joined + "}").to_series()


def _texts(column: pl.Series) -> pl.Series:
    """Each cell as JSON; null where it is null."""
    import polars as pl

    if column.dtype == pl.String:
        plain = '"' + column + '"'
        odd = column.str.contains(_ESCAPED).fill_null(False)
        return (
            plain if not odd.any() else plain.scatter(odd.arg_true(), list(map(_ENCODE, column.filter(odd))))
        )
    if column.dtype == pl.List(pl.Struct({"axis": pl.String, "value": pl.String, "source": pl.String})):
        return _label_texts(column)
    if column.dtype.is_integer() or column.null_count() == len(column):
        return column.cast(pl.String)
    if column.dtype.is_float() and column.is_finite().all():
        return pl.Series([None if cell is None else repr(cell) for cell in column.to_list()], dtype=pl.String)
    cells = column.to_list()
    return pl.Series([None if cell is None else _ENCODE(cell) for cell in cells], dtype=pl.String)


def _label_texts(column: pl.Series) -> pl.Series:
    """Lists of labels; a label's keys are sorted, too."""
    import polars as pl

    rows = pl.DataFrame({"labels": column}).with_row_index("row")
    labels = rows.filter(pl.col("labels").list.len() > 0).explode("labels")
    parts = labels.select("row", pl.col("labels").is_null().alias("none"), pl.col("labels").struct.unnest())
    names = ("axis", "source", "value")
    text = parts.with_columns(_texts(parts[name]).alias(name) for name in names)
    written = pl.concat_str(
        pl.lit('{"axis": ') + pl.col("axis").fill_null("null"),
        pl.lit('"source": ') + pl.col("source").fill_null("null"),
        pl.lit('"value": ') + pl.col("value").fill_null("null") + pl.lit("}"),
        separator=", ",
    )
    one = pl.when("none").then(pl.lit("null")).otherwise(written)
    lists = text.group_by("row", maintain_order=True).agg(one.str.join(", ").alias("text"))
    whole = rows.join(lists, on="row", how="left", maintain_order="left")
    return whole.select(
        pl.when(pl.col("labels").is_not_null()).then(pl.lit("[") + pl.col("text").fill_null("") + pl.lit("]"))
    ).to_series()

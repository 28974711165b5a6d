"""The utterances of a run as one table in memory: what the viewer searches, filters and sorts.

Read from the Parquet files that are there. Texts as they were compared are kept; verbatim texts, audio names and
reasons stay on disk until one utterance is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from speechfair.errors import RunFolderError
from speechfair.running.run_record import RunRecord, scores_name
from speechfair.store import MANIFEST, RunFolder
from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "SEARCHED",
    "axis_columns",
    "details",
    "group_column",
    "is_internal",
    "lower_column",
    "utterance_table",
]

SEARCHED = ("id", "speaker", "reference", "hypothesis")
"""Columns in which a search looks."""
_LOWER = "lower:"

_COUNTS = ("substitutions", "deletions", "insertions", "reference_length")


def group_column(axis: str) -> str:
    """The name of the column that holds the groups of an axis."""
    return f"group:{axis}"


def lower_column(table: pl.DataFrame, name: str) -> str:
    """The column that holds a searched one in small letters; that column itself where it has no others."""
    return f"{_LOWER}{name}" if f"{_LOWER}{name}" in table.columns else name


def is_internal(name: str) -> bool:
    """Whether a column serves the program alone and is not shown."""
    return name == "part" or name.startswith(_LOWER)


def utterance_table(folder: RunFolder, record: RunRecord, axes: Sequence[str]) -> pl.DataFrame:
    """One row per row of the manifest, in its order.

    Returns
    -------
    Columns ``row, id, speaker, language, reference, hypothesis`` (as they were compared), the four counts, ``errors``,
    ``rate`` (errors per reference token), ``failed, runaway, redone, excluded`` (whether), ``duration_s``,
    ``tokens_per_s`` (reference tokens per second of audio), ``confidence``, ``part`` (the file that holds the
    hypothesis, or null), a categorical column per axis (`group_column`), and each searched column that has capital
    letters in small ones too (`lower_column`). What is undefined is null.
    """
    import polars as pl

    name = scores_name(record.recipe)
    path = folder.within(name)
    if not path.is_file():
        raise RunFolderError(f"{path} does not exist; run `speechfair score` on the folder first")
    scan = pl.scan_parquet(path, glob=False)
    several = "tokens" in scan.collect_schema().names()
    errors = pl.col("substitutions") + pl.col("deletions") + pl.col("insertions")
    table = scan.select(
        pl.col("utterance_id").alias("id"),
        pl.col("speaker").cast(pl.Categorical),
        pl.col("language").cast(pl.Categorical),
        "reference",
        "hypothesis",
        *(pl.col(column).cast(pl.Int32) for column in _COUNTS),
        errors.cast(pl.Int32).alias("errors"),
        pl.when(pl.col("reference_length") > 0).then(errors / pl.col("reference_length")).alias("rate"),
        "failed",
        "runaway",
        "redone",
        pl.col("excluded").is_not_null(),
        "duration_s",
        pl.when(pl.col("duration_s") > 0)
        .then(pl.col("reference_length") / pl.col("duration_s"))
        .alias("tokens_per_s"),
        *([pl.col("tokens").cast(pl.Categorical)] if several else []),
    ).collect()
    labels = scan.select("labels", "language").collect()
    table = table.with_columns(axis_columns(labels, axes)).with_row_index("row")
    table = table.join(_answers(folder, record), on="id", how="left", maintain_order="left")
    plain = table.select(pl.col(SEARCHED).cast(pl.String))
    lower = plain.select(pl.all().str.to_lowercase())
    return table.with_columns(
        lower[name].alias(f"{_LOWER}{name}") for name in SEARCHED if not lower[name].equals(plain[name])
    )


def axis_columns(labels: pl.DataFrame, axes: Sequence[str]) -> list[pl.Series]:
    """The group of every row on each axis, as `speechfair.running.scoring.add_axis` gives it.

    Parameters
    ----------
    labels : columns ``labels`` and ``language``.
    """
    import polars as pl

    parts = sorted({part for axis in axes for part in axis.split("+")})
    long = (
        labels.with_row_index("row")
        .select("row", "labels")
        .explode("labels")
        .select("row", pl.col("labels").struct.field("axis"), pl.col("labels").struct.field("value"))
        .drop_nulls("axis")
    )
    rows = pl.DataFrame({"row": pl.Series(range(labels.height), dtype=pl.UInt32)})
    values: dict[str, pl.Series] = {}
    for part in parts:
        of_part = long.filter(pl.col("axis") == part).unique("row", keep="last", maintain_order=True)
        found = rows.join(of_part.select("row", "value"), on="row", how="left", maintain_order="left")[
            "value"
        ]
        if part == "language":
            found = labels.select(found.fill_null(labels["language"]).alias("value"))["value"]
        values[part] = found.fill_null(UNKNOWN)
    columns = []
    for axis in axes:
        of_axis = [values[part].alias(str(i)) for i, part in enumerate(axis.split("+"))]
        joined = pl.DataFrame(of_axis).select(pl.concat_str(pl.all(), separator="+").alias("group"))["group"]
        columns.append(joined.cast(pl.Categorical).alias(group_column(axis)))
    return columns


def _answers(folder: RunFolder, record: RunRecord) -> pl.DataFrame:
    """Confidence and part file of every hypothesis; where a row was retried the last one counts."""
    import polars as pl

    model, _ = record.recipe.settled()
    paths = folder.parts(model.key)
    if not paths:
        schema = {"id": pl.String, "confidence": pl.Float64, "part": pl.Categorical}
        return pl.DataFrame(schema=schema)
    wanted = {"utterance_id": pl.String, "confidence": pl.Float64}
    scan = pl.scan_parquet(
        paths,
        schema=wanted,
        missing_columns="insert",
        extra_columns="ignore",
        include_file_paths="part",
        glob=False,
    )
    found = scan.select(
        pl.col("utterance_id").alias("id"),
        "confidence",
        pl.col("part").cast(pl.Categorical),
    ).collect()
    return found.unique(subset="id", keep="last", maintain_order=True)


def details(folder: RunFolder, record: RunRecord, row: int, part: str | None) -> dict[str, Any]:
    """What the manifest, the scores and the hypothesis say of one row, as they were written.

    Parameters
    ----------
    row : number in the manifest, from 0.
    part : the file that holds the hypothesis, or None where there is none.
    """
    import polars as pl

    manifest = pl.scan_parquet(folder.within(MANIFEST), glob=False).slice(row, 1).collect().row(0, named=True)
    scores = pl.scan_parquet(folder.within(scores_name(record.recipe)), glob=False)
    scored = scores.slice(row, 1).select("error", "excluded", "seconds").collect().row(0, named=True)
    said: dict[str, Any] = {"text": None, "rejected": None}
    if part is not None:
        of_id = pl.scan_parquet(part, glob=False).filter(pl.col("utterance_id") == manifest["id"])
        found = of_id.select("text", "rejected").collect()
        if not found.is_empty():
            said = found.row(-1, named=True)
    return {
        "manifest": manifest,
        "error": scored["error"],
        "excluded": scored["excluded"],
        "seconds": scored["seconds"],
        "hypothesis_verbatim": said["text"],
        "rejected": said["rejected"],
    }

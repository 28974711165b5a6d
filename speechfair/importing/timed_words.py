"""Words with times, as the transcripts of the stretches that references give."""

from __future__ import annotations

import re
from dataclasses import replace

from speechfair.importing.imported import PLACE, ImportedTable

__all__ = ["words_in_stretches"]

_TIMES = re.compile(r"-[^-]+-[^-]+$")


def words_in_stretches(read: ImportedTable, references: ImportedTable) -> ImportedTable:
    """A table with a row for each stretch, from the words of `read`: each belongs to the stretch that holds its middle.

    A stretch without a word has an empty transcript: the recogniser heard it, and wrote nothing.

    Parameters
    ----------
    references : stretches with ids ``RECORDING-BEGIN-END`` and columns for begin and end, as `formats.stm` gives them.
        Without times, `read` is given back: a row for each recording.
    """
    import polars as pl

    assert read.words is not None
    roles = references.roles
    if not {"id", "start_s", "end_s"} <= roles.keys():
        return read
    stretches = references.frame.select(
        pl.col(roles["id"]).alias("id"),
        pl.col(roles["id"])
        .map_elements(lambda name: _TIMES.sub("", name), return_dtype=pl.String)
        .alias("recording"),
        pl.col(roles["start_s"]).alias("begin"),
        pl.col(roles["end_s"]).alias("end"),
    )
    middle = (pl.col("start_s") + pl.col("end_s")) / 2
    words = read.words.with_columns(middle.alias("middle")).with_row_index("word_row")
    held = words.join(stretches, on="recording", how="inner").filter(
        (pl.col("middle") >= pl.col("begin")) & (pl.col("middle") < pl.col("end"))
    )
    held = held.unique("word_row", keep="first", maintain_order=True).sort("word_row")
    texts = held.group_by("id", maintain_order=True).agg(
        pl.col("word").str.join(" ").alias("hypothesis"), pl.col("confidence").mean()
    )
    frame = stretches.select("id").join(texts, on="id", how="left", maintain_order="left")
    frame = frame.with_columns(pl.col("hypothesis").fill_null(""), pl.lit(read.name).alias(PLACE))
    notes = read.notes
    if left := words.height - held.height:
        notes += (
            f"{read.name}: {left} of {words.height} words are in no stretch of the references; they are not scored",
        )
    return replace(read, frame=frame, notes=notes, words=None)

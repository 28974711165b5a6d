"""NIST ``ctm``: a line for each word that was recognised: file, channel, begin, duration, word, optional confidence.

The words belong to the stretches of the references (``stm``): each to the one of its file and channel that holds its
middle. Words outside of all stretches are counted. A confidence is the mean over the words of a stretch. Where the
references have no times, all words of a file (of a channel, where there are several) are one transcript.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from speechfair.corpora.layout import lines_of
from speechfair.errors import CorpusError
from speechfair.importing.documents import number
from speechfair.importing.imported import PLACE, Format, ImportedTable, Refused

__all__ = ["FORMAT", "read"]

_FIELDS = 5


def read(path: Path) -> ImportedTable:
    """The words of a ``ctm`` file, in `ImportedTable.words`; its rows are whole recordings."""
    import polars as pl

    words: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for line, text in lines_of(path):
        parts = text.split()
        if not parts or text.startswith(";;"):
            continue
        place = f"{path.name}, line {line}"
        begin, length = (number(parts[at]) if len(parts) > at else None for at in (2, 3))
        if len(parts) < _FIELDS or begin is None or length is None:
            refused.append(Refused(place, "is not: file, channel, begin, duration, word"))
            continue
        if parts[4] in ("<ALT>", "<ALT_BEGIN>", "<ALT_END>"):
            raise CorpusError(f"{place}: holds alternatives; write one of them")
        words.append(
            {
                "file": parts[0],
                "recording": f"{parts[0]}-{parts[1]}",
                "start_s": begin,
                "end_s": begin + length,
                "word": parts[4],
                "confidence": number(parts[5]) if len(parts) > _FIELDS else None,
            }
        )
    if not words:
        raise CorpusError(f"{path} holds no word that can be read")
    kinds = {
        "file": pl.String,
        "recording": pl.String,
        "start_s": pl.Float64,
        "end_s": pl.Float64,
        "word": pl.String,
    }
    table = pl.DataFrame(words, schema={**kinds, "confidence": pl.Float64})
    table = table.sort("recording", "start_s", maintain_order=True)
    whole = table.group_by("recording", maintain_order=True).agg(
        pl.col("file").first(), pl.col("word").str.join(" ").alias("hypothesis"), pl.col("confidence").mean()
    )
    several = pl.col("file").count().over("file") > 1
    frame = whole.with_columns(
        pl.when(several).then("recording").otherwise("file").alias("id"), pl.lit(path.name).alias(PLACE)
    )
    return ImportedTable(
        frame.select(PLACE, "id", "hypothesis", "confidence"),
        {"id": "id", "hypothesis": "hypothesis", "confidence": "confidence"},
        path.name,
        tuple(refused),
        words=table,
    )


FORMAT = Format(
    name="ctm",
    title="NIST ctm: words with their times",
    source="https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm",
    read=read,
    endings=(".ctm",),
)

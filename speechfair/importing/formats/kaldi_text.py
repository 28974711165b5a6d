"""Kaldi and ESPnet ``text``: ``utterance-id the words`` a line; with ``utt2spk`` and ``spk2gender`` if they are there.

A folder is read as its file ``text``. An id without words is an empty transcript.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from speechfair.corpora.layout import lines_of, table_of
from speechfair.importing.documents import table_of_texts
from speechfair.importing.imported import Format, ImportedTable

__all__ = ["FORMAT", "read"]


def read(path: Path) -> ImportedTable:
    """The transcripts of a file ``text``, with speakers and genders where their files are next to it."""
    import polars as pl

    file = path / "text" if path.is_dir() else path
    beside = file.parent
    speakers = table_of(beside / "utt2spk") if (beside / "utt2spk").is_file() else {}
    genders = table_of(beside / "spk2gender") if (beside / "spk2gender").is_file() else {}
    rows = []
    for number, line in lines_of(file):
        name, *words = line.split(None, 1)
        row = {"place": f"line {number}", "id": name, "hypothesis": words[0].strip() if words else ""}
        rows.append({**row, "speaker": speakers.get(name)})
    table = table_of_texts(file, rows, [])
    if genders and "speaker" in table.roles:
        gender = table.frame["speaker"].replace_strict(genders, default=None, return_dtype=pl.String)
        table = replace(table, frame=table.frame.with_columns(gender.alias("gender")))
    return table


def _recognises(path: Path) -> bool:
    return (path / "text").is_file() if path.is_dir() else path.name in ("text", "text.txt")


FORMAT = Format(
    name="kaldi",
    title="Kaldi or ESPnet text: id words",
    source="https://kaldi-asr.org/doc/data_prep.html",
    read=read,
    recognises=_recognises,
)

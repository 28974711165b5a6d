"""Corpora given on application, whose own files are not public: audio as upstream, texts and speakers as declared.

Whoever holds the corpus writes two small tables next to the audio; what they must hold is in each loader's docstring
and card. Nothing is guessed from file names but what a loader says.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from speechfair.corpora.layout import expect
from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean

__all__ = ["declared_table", "speakers_of"]


def declared_table(path: Path, corpus: str, columns: tuple[str, ...]) -> Path:
    """`path` if it is there and has those columns; else a `CorpusError` that says what must be written."""
    expect(
        path,
        corpus,
        f"the declared table {path.name} ({', '.join(columns)}; see `speechfair corpora {corpus}`)",
    )
    present = columns_of(path)
    for column in columns:
        if column not in present:
            raise CorpusError(f"{path} has no column {column!r}; {did_you_mean(column, present)}")
    return path


def speakers_of(path: Path) -> dict[str, Mapping[str, str]]:
    """Rows of ``speakers.tsv`` by their speaker; a ragged row or a speaker that comes twice raises `CorpusError`."""
    found: dict[str, Mapping[str, str]] = {}
    for number, row in rows_of(path):
        if isinstance(row, str):
            raise CorpusError(f"{path}, line {number}: {row}")
        speaker = row["speaker"].strip()
        if speaker in found:
            raise CorpusError(f"{path}, line {number}: the speaker {speaker!r} comes twice")
        found[speaker] = row
    return found

"""A Hugging Face dataset that is at hand in Python, streamed or in memory, as a corpus: `StreamedDataset(dataset)`.

Rows are taken as they come, one at a time, so a dataset of any size can be listed; nothing is downloaded but by the
dataset itself. Audio must be in the rows: a path that a dataset names is not opened, as it may be any file of this
machine. A dataset on disk is the corpus ``huggingface``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from speechfair.corpora.card import Card, load_card
from speechfair.corpora.class_names import named_classes, with_names
from speechfair.corpora.rows import ColumnMap, RowReader, column_map, labels_of
from speechfair.errors import CorpusError
from speechfair.types import Exclusion, Utterance

__all__ = ["RowAudio", "StreamedDataset"]


@dataclass(frozen=True, slots=True)
class RowAudio:
    """Encoded audio that came with a row."""

    name: str
    data: bytes = field(repr=False)

    def read(self) -> bytes:
        """The encoded audio."""
        return self.data


class StreamedDataset:
    """A `datasets.Dataset` or `datasets.IterableDataset`.

    Parameters
    ----------
    data : the dataset; an audio column is set to give bytes, not samples.
    columns : a `ColumnMap`, its content, or a YAML file that holds it; ``audio`` names the audio column.
    language : ISO 639-3 code where there is no language column.
    """

    name = "huggingface"
    root: Path | None = None

    def __init__(
        self,
        data: Any,
        *,
        columns: ColumnMap | Mapping[str, Any] | str | Path | None = None,
        language: str = "eng",
    ) -> None:
        self._map = column_map(columns)
        self._language = language
        present = list(data.column_names or ())
        if not present:
            raise CorpusError(
                "the dataset does not tell its columns; give it features, or take its first rows into one"
            )
        if self._map.audio not in present:
            raise CorpusError(
                f"the dataset has no column {self._map.audio!r} (for audio) among {', '.join(present)}; map its name"
            )
        self._data = _undecoded(data, self._map.audio)
        self._reader = RowReader(self._map, present, self.card, language, "the dataset", None)

    @property
    def card(self) -> Card:
        """The card of datasets in general; the licence is the user's affair."""
        return load_card(self.name)

    @property
    def missing_words(self) -> Mapping[tuple[str, str], int]:
        """Words for a missing value that were met so far, by axis and word."""
        return self._reader.missing

    @property
    def unread_columns(self) -> tuple[str, ...]:
        """Columns that nothing reads."""
        return self._reader.unread

    @property
    def options(self) -> Mapping[str, Any]:
        """Column names and language."""
        return {"columns": self._map.model_dump(mode="json", exclude_none=True), "language": self._language}

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        named = named_classes(self._data.features)
        for number, cells in enumerate(self._data, 1):
            row = with_names(cells, named)
            where = f"row {number}"
            cell = row.pop(self._map.audio)
            data = cell.get("bytes") if isinstance(cell, Mapping) else None
            if not data:
                yield Exclusion(where, "no audio in the row itself; a path is not opened", where)
                continue
            item = self._reader.read(row, where, where, RowAudio(where, bytes(data)))
            if isinstance(item, Utterance) and self._map.labels is None and row.get("labels") is not None:
                item = replace(item, labels=labels_of(row["labels"], where))
            yield item


def _undecoded(data: Any, column: str) -> Any:
    import datasets

    if isinstance((data.features or {}).get(column), datasets.Audio):
        return data.cast_column(column, datasets.Audio(decode=False))
    return data

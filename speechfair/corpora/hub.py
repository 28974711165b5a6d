"""Corpora as the Hugging Face hub stores them: Parquet files with the encoded audio in a column.

Listing reads the other columns only; audio is read row by row when it is asked for.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect
from speechfair.corpora.tables import parquet_columns, parquet_frames, sound_parquet
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["HubCorpus", "ParquetAudio", "hub_files", "hub_rows"]

_BLOCK = 16


@dataclass(frozen=True, slots=True)
class ParquetAudio:
    """The audio in one cell of a Parquet file: a struct with ``bytes``, as `datasets` writes it, or plain bytes.

    Parameters
    ----------
    row : from 0.
    """

    path: Path
    row: int
    column: str

    @property
    def name(self) -> str:
        """File and row, from 1."""
        return f"{self.path.name}, row {self.row + 1}"

    def read(self) -> bytes:
        """The encoded audio; `OSError` where the cell holds none."""
        cells = _block(self.path, self.row // _BLOCK, self.column)
        data = cells[self.row % _BLOCK]
        if not data:
            raise OSError(f"no bytes in {self.name}, column {self.column!r}")
        return data


@lru_cache(maxsize=4)
def _block(path: Path, number: int, column: str) -> list[bytes | None]:
    import polars as pl

    with sound_parquet(path):
        frame = pl.scan_parquet(path).select(column).slice(number * _BLOCK, _BLOCK).collect()
    cells = frame[column].to_list()
    return [cell.get("bytes") if isinstance(cell, dict) else cell for cell in cells]


def hub_files(root: Path, name: str, split: str | None) -> list[Path]:
    """The Parquet files of a copy from the hub, or of one split of it (``SPLIT-00000-of-00001.parquet``)."""
    files = sorted(root.glob("**/*.parquet"))
    if not files:
        expect(root / "data" / "test-00000-of-00001.parquet", name, "Parquet files as the hub has them")
    if split is None:
        return files
    chosen = [path for path in files if path.name.split("-")[0].removesuffix(".parquet") == split]
    if not chosen:
        known = sorted({path.name.split("-")[0].removesuffix(".parquet") for path in files})
        raise CorpusError(f"{root} holds no split {split!r}; {did_you_mean(split, known)}")
    return chosen


def hub_rows(
    path: Path, needed: tuple[str, ...], audio: str = "audio"
) -> Iterator[tuple[int, Mapping[str, Any], ParquetAudio]]:
    """Rows of one file without their audio: number from 0, cells, and where the audio is.

    A file without the column `audio` or one of `needed` raises `CorpusError` with the nearest name.
    """
    columns = parquet_columns(path)
    for column in (audio, *needed):
        if column not in columns:
            raise CorpusError(f"{path} has no column {column!r}; {did_you_mean(column, columns)}")
    number = 0
    for part in parquet_frames(path, [column for column in columns if column != audio]):
        for row in part.iter_rows(named=True):
            yield number, row, ParquetAudio(path, number, audio)
            number += 1


class HubCorpus(FolderCorpus):
    """An English corpus as the hub has it, or one split of it, with ``speaker_id``, ``transcript`` and ``accent``.

    Parameters
    ----------
    root : a copy from the hub.
    split : such as ``test``; None for all.
    """

    id_column: str | None = None
    """Column of the utterances' ids; without one, or where it is blank, file and row are the id."""

    def __init__(self, root: Path | None, *, split: str | None = None) -> None:
        super().__init__(root)
        self._options = {"split": split}
        self._files = hub_files(self.root, self.name, split)

    @abstractmethod
    def labels_of(self, row: Mapping[str, Any]) -> tuple[Label, ...]:
        """The labels of a row."""

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for path in self._files:
            prefix = path.relative_to(self.root).with_suffix("").as_posix()
            for number, row, audio in hub_rows(path, ("speaker_id", "transcript", "accent")):
                own = row.get(self.id_column) if self.id_column is not None else None
                yield Utterance(
                    id=own or f"{prefix}-{number:06d}",
                    audio=audio,
                    text=(row["transcript"] or "").strip() or None,
                    language="eng",
                    speaker=row["speaker_id"] or None,
                    labels=self.labels_of(row),
                )

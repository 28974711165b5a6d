"""The nouns of importing: a file format, and the table that was read from a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PLACE", "Format", "ImportedTable", "Refused", "Role"]

PLACE = "__place"
"""Column of an `ImportedTable` with the place of each row in its file, such as ``row 3`` or ``line 3``."""

Role = Literal[
    "id", "text", "hypothesis", "speaker", "language", "start_s", "end_s", "duration_s", "confidence", "error"
]
"""What a column means. ``text`` is the reference; ``hypothesis`` is what a recogniser wrote."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that could not be read: counted, never dropped.

    Parameters
    ----------
    place : such as ``calls.csv, row 3``.
    id : of the utterance, where it is known.
    """

    place: str
    reason: str
    id: str | None = None


@dataclass(frozen=True)
class ImportedTable:
    """What a format's reader gives.

    Parameters
    ----------
    frame : one row per utterance, with the column `PLACE`.
    roles : columns whose meaning the format itself fixes; the other columns are the user's.
    refused : rows that could not be read.
    name : of the file or folder, for messages.
    words : of formats that give words with times and no utterances (``ctm``): ``recording``, ``start_s``, ``end_s``,
        ``word`` and ``confidence``; then `frame` has one row per recording.
    notes : what a person must know about what was read.
    blank_is_missing : the format cannot tell an empty text from none (CSV): an empty hypothesis is a missing one.
    """

    frame: pl.DataFrame
    roles: Mapping[Role, str]
    name: str
    refused: tuple[Refused, ...] = ()
    words: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()
    blank_is_missing: bool = False

    @property
    def columns(self) -> list[str]:
        """The columns of the file itself, without `PLACE`."""
        return [name for name in self.frame.columns if name != PLACE]


@dataclass(frozen=True)
class Format:
    """A file format that can be imported.

    Parameters
    ----------
    name : registry name, such as ``trn``.
    title : what it is, in a line.
    source : where the format is documented.
    read : from the path of a file or folder to its table.
    options : keywords that `read` takes after the path, such as ``encoding``.
    recognises : whether a path looks like this format; asked in order of the names, first yes wins.
    endings : file endings, lower case, that decide without a look into the file.
    """

    name: str
    title: str
    source: str
    read: Callable[..., ImportedTable]
    recognises: Callable[[Path], bool] = field(default=lambda path: False)
    endings: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

"""A corpus of the user's own, listed in one table (CSV, JSON, Parquet, a spreadsheet); see docs/how-to/own-data.md.

Rows are streamed. Columns are found by their standard names or through a `ColumnMap`; nothing is guessed. Audio
paths are relative to `root` and must stay inside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.card import Card, load_card
from speechfair.corpora.rows import ColumnMap, LabelColumn, RowReader, column_map
from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError, InputError
from speechfair.types import Exclusion, Label, Utterance

__all__ = ["ColumnMap", "LabelColumn", "ManifestCorpus"]


class ManifestCorpus:
    """A manifest file.

    Parameters
    ----------
    root : folder that audio paths are relative to; None is the manifest's own folder.
    manifest : the file; its ending tells the format, see `speechfair.corpora.tables.FORMATS`.
    columns : a `ColumnMap`, its content as a mapping, or the path of a YAML file that holds it.
    language : ISO 639-3 code where the manifest has no language column.
    encoding : of a CSV, TSV or text file that is neither UTF-8 nor marked, such as ``cp1252``.
    sheet : of a spreadsheet in which several have content.
    """

    name = "manifest"

    def __init__(
        self,
        root: Path | None,
        *,
        manifest: str | Path | None = None,
        columns: ColumnMap | Mapping[str, Any] | str | Path | None = None,
        language: str = "eng",
        encoding: str | None = None,
        sheet: str | None = None,
    ) -> None:
        if manifest is None:
            raise InputError("the corpus 'manifest' needs its file; give --manifest (in Python: manifest=…)")
        self.path = Path(manifest)
        if not self.path.is_file():
            raise CorpusError(f"--manifest {manifest}: there is no such file")
        self.root = root if root is not None else self.path.absolute().parent
        self.map = column_map(columns)
        self.language = language
        self._form = {"encoding": encoding, "sheet": sheet}
        present = columns_of(self.path, **self._form)
        self._reader = RowReader(self.map, present, self.card, language, str(self.path), self.root)

    @property
    def card(self) -> Card:
        """The card of manifests in general; the licence is the user's affair."""
        return load_card(self.name)

    @property
    def missing_words(self) -> Mapping[tuple[str, str], int]:
        """Words for a missing value that were met so far, by axis and word."""
        return self._reader.missing

    @property
    def label_axes(self) -> tuple[str, ...]:
        """Axes that labels can have."""
        return self._reader.axes

    def label_sets(self) -> set[tuple[Label, ...]]:
        """The sets of labels of all rows, usable or not, read without anything else of a row."""
        return self._reader.labels_of(row for _, row in rows_of(self.path, **self._form))

    @property
    def unread_columns(self) -> tuple[str, ...]:
        """Columns that nothing reads."""
        return self._reader.unread

    @property
    def options(self) -> Mapping[str, Any]:
        """Arguments apart from `root`; the file's rows count through the manifest digest of the run."""
        return {
            "manifest": self.path.name,
            "columns": self.map.model_dump(mode="json", exclude_none=True),
            "language": self.language,
            **{name: value for name, value in self._form.items() if value is not None},
        }

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        seen: dict[str, int] = {}
        for number, row in rows_of(self.path, **self._form):
            where = f"{self.path.name}, row {number}"
            if isinstance(row, str):
                yield Exclusion(f"row {number}", row, where)
                continue
            item = self._reader.read(row, where, f"row {number}")
            if isinstance(item, Utterance):
                if item.id in seen:
                    raise CorpusError(
                        f"{self.path}: the id {item.id!r} comes twice, in rows {seen[item.id]} and {number}; "
                        "make ids unique (without an id column the audio path is the id)"
                    )
                seen[item.id] = number
            yield item

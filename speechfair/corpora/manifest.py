"""A corpus of the user's own, listed in one CSV, TSV, JSONL or Parquet file; see docs/how-to/own-data.md.

Rows are streamed. Columns are found by their standard names or through a `ColumnMap`; nothing is guessed. Audio
paths are relative to `root` and must stay inside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from speechfair.corpora.card import Card, load_card
from speechfair.corpora.layout import inside
from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError, InputError
from speechfair.registry import did_you_mean
from speechfair.strict_yaml import read_model
from speechfair.types import Exclusion, Label, LabelSource, Utterance

__all__ = ["ColumnMap", "LabelColumn", "ManifestCorpus"]

_LABEL_COLUMNS = ("first_language", "accent", "gender", "age_band", "variety", "region")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelColumn(_Strict):
    """Which column holds an axis, who assigned it, and how raw values are mapped (unmapped ones stay)."""

    column: str
    source: LabelSource = "corpus"
    map: dict[str, str] = Field(default_factory=dict)


class ColumnMap(_Strict):
    """Column names of a manifest. A name that is given must be there; a default name may be absent."""

    audio: str = "audio"
    text: str = "text"
    id: str | None = None
    speaker: str | None = None
    start_s: str | None = None
    end_s: str | None = None
    language: str | None = None
    labels: dict[str, LabelColumn] | None = None


class ManifestCorpus:
    """A manifest file.

    Parameters
    ----------
    root : folder that audio paths are relative to; None is the manifest's own folder.
    manifest : the file; its ending tells the format: .csv, .tsv, .jsonl, .ndjson or .parquet.
    columns : a `ColumnMap`, its content as a mapping, or the path of a YAML file that holds it.
    language : ISO 639-3 code where the manifest has no language column.
    """

    name = "manifest"

    def __init__(
        self,
        root: Path | None,
        *,
        manifest: str | Path | None = None,
        columns: ColumnMap | Mapping[str, Any] | str | Path | None = None,
        language: str = "eng",
    ) -> None:
        if manifest is None:
            raise InputError("the corpus 'manifest' needs its file; give --manifest (in Python: manifest=…)")
        self.path = Path(manifest)
        if not self.path.is_file():
            raise CorpusError(f"--manifest {manifest}: there is no such file")
        self.root = root if root is not None else self.path.absolute().parent
        self.map = _column_map(columns)
        self.language = language
        self._present = columns_of(self.path)
        self._labels = self._label_columns()
        self._check_columns()

    @property
    def card(self) -> Card:
        """The card of manifests in general; the licence is the user's affair."""
        return load_card(self.name)

    @property
    def options(self) -> Mapping[str, Any]:
        """Arguments apart from `root`; the file's rows count through the manifest digest of the run."""
        return {
            "manifest": self.path.name,
            "columns": self.map.model_dump(mode="json", exclude_none=True),
            "language": self.language,
        }

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        seen: dict[str, int] = {}
        for number, row in rows_of(self.path):
            where = f"{self.path.name}, row {number}"
            if isinstance(row, str):
                yield Exclusion(f"row {number}", row, where)
                continue
            item = self._item(row, where, number)
            if isinstance(item, Utterance):
                if item.id in seen:
                    raise CorpusError(
                        f"{self.path}: the id {item.id!r} comes twice, in rows {seen[item.id]} and {number}; "
                        "make ids unique (without an id column the audio path is the id)"
                    )
                seen[item.id] = number
            yield item

    def _item(self, row: Mapping[str, Any], where: str, number: int) -> Utterance | Exclusion:
        audio = _cell(row, self.map.audio)
        name = _cell(row, self._column("id")) if self._column("id") else audio
        if audio is None:
            return Exclusion(name or f"row {number}", "no audio path", where)
        if name is None:
            return Exclusion(f"row {number}", "no id", where)
        path = inside(self.root, audio)
        if path is None:
            return Exclusion(name, f"audio path leads out of {self.root.name!r}: {audio}", where)
        times = self._times(row)
        if isinstance(times, str):
            return Exclusion(name, times, where)
        labels = []
        for axis, column in self._labels.items():
            raw = _cell(row, column.column)
            if raw is not None:
                labels.append(Label(axis, column.map.get(raw, raw), column.source))
        return Utterance(
            id=name,
            audio=path,
            text=_cell(row, self.map.text),
            language=_cell(row, self._column("language")) or self.language,
            speaker=_cell(row, self._column("speaker")),
            labels=tuple(labels),
            start_s=times[0],
            end_s=times[1],
        )

    def _times(self, row: Mapping[str, Any]) -> tuple[float | None, float | None] | str:
        """Start and end in seconds, or why they cannot be used."""
        found: list[float | None] = []
        for field in ("start_s", "end_s"):
            raw = _cell(row, self._column(field))
            try:
                value = float(raw) if raw is not None else None
            except ValueError:
                return f"{field} is not a number: {raw!r}"
            if value is not None and (not math.isfinite(value) or value < 0):
                return f"{field} is not a time in seconds: {raw}"
            found.append(value)
        start, end = found
        if end is not None and end <= (start or 0.0):
            return f"end_s {end} is not after start_s {start or 0.0}"
        return start, end

    def _column(self, field: str) -> str | None:
        """The column of an optional field: as mapped, or by its standard name where that is there."""
        named: str | None = getattr(self.map, field)
        return named or (field if field in self._present else None)

    def _label_columns(self) -> dict[str, LabelColumn]:
        if self.map.labels is not None:
            return self.map.labels
        maps = {axis: self.card.axes[axis].map for axis in _LABEL_COLUMNS if axis in self.card.axes}
        return {
            axis: LabelColumn(column=axis, map=maps.get(axis, {}))
            for axis in _LABEL_COLUMNS
            if axis in self._present
        }

    def _check_columns(self) -> None:
        wanted = {"audio": self.map.audio, "text": self.map.text}
        for field in ("id", "speaker", "start_s", "end_s", "language"):
            if getattr(self.map, field):
                wanted[field] = getattr(self.map, field)
        wanted.update({f"labels.{axis}": column.column for axis, column in self._labels.items()})
        for field, column in wanted.items():
            if column not in self._present:
                raise CorpusError(
                    f"{self.path} has no column {column!r} (for {field}); {did_you_mean(column, self._present)}. "
                    "Map other names with --columns"
                )


def _column_map(columns: ColumnMap | Mapping[str, Any] | str | Path | None) -> ColumnMap:
    if columns is None:
        return ColumnMap()
    if isinstance(columns, ColumnMap):
        return columns
    if isinstance(columns, Mapping):
        from pydantic import ValidationError

        try:
            return ColumnMap.model_validate(columns)
        except ValidationError as error:
            first = error.errors()[0]
            raise InputError(f"columns: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    return read_model(Path(columns), ColumnMap)


def _cell(row: Mapping[str, Any], column: str | None) -> str | None:
    """The stripped text of a cell; None where it is absent, null, NaN or blank."""
    value = row.get(column) if column else None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).strip() or None

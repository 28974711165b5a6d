"""A row of somebody's own table as an utterance: which column means what, and what a cell must be.

Columns are found by their standard names or through a `ColumnMap`; nothing is guessed. A row that cannot be used
becomes an `Exclusion` with the reason. Where the table comes from is the caller's affair.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import Field

from speechfair.corpora.card import Card
from speechfair.corpora.layout import inside
from speechfair.errors import CorpusError, InputError
from speechfair.records import Record
from speechfair.registry import did_you_mean
from speechfair.strict_yaml import read_model
from speechfair.types import AudioSource, Exclusion, Label, LabelSource, Utterance

__all__ = ["ColumnMap", "LabelColumn", "RowReader", "column_map", "labels_of"]

_LABEL_COLUMNS = ("first_language", "accent", "gender", "age_band", "variety", "region")
_OPTIONAL = ("id", "speaker", "start_s", "end_s", "language")


class LabelColumn(Record):
    """Which column holds an axis, who assigned it, and how raw values are mapped (unmapped ones stay)."""

    column: str
    source: LabelSource = "corpus"
    map: dict[str, str] = Field(default_factory=dict)


class ColumnMap(Record):
    """Column names of a manifest. A name that is given must be there; a default name may be absent."""

    audio: str = "audio"
    text: str = "text"
    id: str | None = None
    speaker: str | None = None
    start_s: str | None = None
    end_s: str | None = None
    language: str | None = None
    labels: dict[str, LabelColumn] | None = None


class RowReader:
    """Reads rows of one table.

    Parameters
    ----------
    columns : what the columns are called.
    present : the columns that are there; a named one that is not raises `CorpusError`.
    card : whose maps apply to label columns of standard names.
    language : ISO 639-3 code where there is no language column.
    place : the table, for messages.
    root : folder that audio paths are relative to; None where the audio comes from elsewhere.
    text_needed : whether there must be a text column.
    """

    def __init__(
        self,
        columns: ColumnMap,
        present: Iterable[str],
        card: Card,
        language: str,
        place: str,
        root: Path | None,
        *,
        text_needed: bool = True,
    ) -> None:
        self._map = columns
        self._present = list(present)
        self._language = language
        self._root = root
        self._labels = self._label_columns(card)
        self._names = {field: self._column(field) for field in _OPTIONAL}
        self._check_columns(place, text_needed)
        self._used = {columns.text, *self._names.values(), *(each.column for each in self._labels.values())}
        if root is not None:
            self._used.add(columns.audio)

    def read(
        self, row: Mapping[str, Any], where: str, fallback: str, audio: AudioSource | Path | None = None
    ) -> Utterance | Exclusion:
        """The utterance of a row, or why there is none.

        Parameters
        ----------
        fallback : what an excluded row without an id is called.
        audio : where the audio is, if the row does not hold its path; then `fallback` is also the default id.
        """
        for column, value in row.items():
            if isinstance(value, (list, dict)) and column in self._used:
                return Exclusion(fallback, f"column {column!r} holds a {type(value).__name__}", where)
        path = _cell(row, self._map.audio) if audio is None else fallback
        name = _cell(row, self._names["id"]) if self._names["id"] else path
        if path is None:
            return Exclusion(name or fallback, "no audio path", where)
        if name is None:
            return Exclusion(fallback, "no id", where)
        if audio is None and self._root is not None:
            audio = inside(self._root, path)
            if audio is None:
                return Exclusion(name, f"audio path leads out of {self._root.name!r}: {path}", where)
        times = self._times(row)
        if isinstance(times, str):
            return Exclusion(name, times, where)
        assert audio is not None
        return Utterance(
            id=name,
            audio=audio,
            text=_cell(row, self._map.text),
            language=_cell(row, self._names["language"]) or self._language,
            speaker=_cell(row, self._names["speaker"]),
            labels=tuple(self._row_labels(row)),
            start_s=times[0],
            end_s=times[1],
        )

    def _row_labels(self, row: Mapping[str, Any]) -> Iterable[Label]:
        for axis, column in self._labels.items():
            raw = _cell(row, column.column)
            if raw is not None:
                yield Label(axis, column.map.get(raw, raw), column.source)

    def _times(self, row: Mapping[str, Any]) -> tuple[float | None, float | None] | str:
        """Start and end in seconds, or why they cannot be used."""
        found: list[float | None] = []
        for field in ("start_s", "end_s"):
            column = self._names[field]
            raw = "nan" if column and row.get(column) != row.get(column) else _cell(row, column)
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
        named: str | None = getattr(self._map, field)
        return named or (field if field in self._present else None)

    def _label_columns(self, card: Card) -> dict[str, LabelColumn]:
        if self._map.labels is not None:
            return self._map.labels
        maps = {axis: card.axes[axis].map for axis in _LABEL_COLUMNS if axis in card.axes}
        return {
            axis: LabelColumn(column=axis, map=maps.get(axis, {}))
            for axis in _LABEL_COLUMNS
            if axis in self._present
        }

    def _check_columns(self, place: str, text_needed: bool) -> None:
        wanted = {"text": self._map.text} if text_needed else {}
        if self._root is not None:
            wanted["audio"] = self._map.audio
        wanted.update({field: getattr(self._map, field) for field in _OPTIONAL if getattr(self._map, field)})
        wanted.update({f"labels.{axis}": column.column for axis, column in self._labels.items()})
        for field, column in wanted.items():
            if column not in self._present:
                raise CorpusError(
                    f"{place} has no column {column!r} (for {field}); {did_you_mean(column, self._present)}. "
                    "Map other names with --columns"
                )


def column_map(columns: ColumnMap | Mapping[str, Any] | str | Path | None) -> ColumnMap:
    """A `ColumnMap` from its content, or from a YAML file that holds it; None is the standard names."""
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


def labels_of(listed: object, where: str) -> tuple[Label, ...]:
    """Labels from a list of mappings with axis, value and source; anything else raises `CorpusError`."""
    found = []
    for each in listed if isinstance(listed, list) else [listed]:
        facts = each if isinstance(each, Mapping) else {}
        axis, value, source = facts.get("axis"), facts.get("value"), facts.get("source")
        if not (isinstance(axis, str) and axis and isinstance(value, str) and value):
            raise CorpusError(f"{where}: {each!r:.60} is no label with axis, value and source")
        if source not in get_args(LabelSource):
            hint = did_you_mean(str(source), get_args(LabelSource))
            raise CorpusError(f"{where}: no label source {source!r}; {hint}")
        found.append(Label(axis, value, cast(LabelSource, source)))
    return tuple(found)


def _cell(row: Mapping[str, Any], column: str | None) -> str | None:
    """The stripped text of a cell; None where it is absent, null, NaN or blank."""
    value = row.get(column) if column else None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).strip() or None

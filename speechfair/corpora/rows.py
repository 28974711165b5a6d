"""A row of somebody's own table as an utterance: which column means what, and what a cell must be.

Columns are found by their standard names, in any case, or through a `ColumnMap`; nothing is guessed. NeMo's names
(``audio_filepath``, ``offset``, ``duration``) are standard names of a table that has the first of them. A row that
cannot be used becomes an `Exclusion` with the reason. Where the table comes from is the caller's affair.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import Field

from speechfair.corpora.card import Card
from speechfair.corpora.cells import TimeUnit, cell_text, channel_of, is_missing, place_of_audio, time_of
from speechfair.errors import CorpusError, InputError
from speechfair.records import Record
from speechfair.registry import did_you_mean
from speechfair.strict_yaml import read_model
from speechfair.types import UNKNOWN, AudioSource, Exclusion, Label, LabelSource, Utterance

__all__ = ["SEVERAL", "ColumnMap", "LabelColumn", "RowReader", "column_map", "labels_of"]

SEVERAL = "several"
"""The label of a speaker whose cell names more than one value."""

_LABEL_COLUMNS = ("first_language", "accent", "gender", "age_band", "variety", "region")
_OPTIONAL = ("id", "speaker", "start_s", "end_s", "duration_s", "channel", "language")
_NEMO = {"audio": "audio_filepath", "start_s": "offset", "duration_s": "duration"}


class LabelColumn(Record):
    """Which column holds an axis, who assigned it, and how raw values are mapped (unmapped ones stay).

    A value that is mapped to ``unknown`` gives no label. With a `separator`, a cell that names several values gives
    the label ``several``.
    """

    column: str
    source: LabelSource = "corpus"
    map: dict[str, str] = Field(default_factory=dict)
    separator: str | None = None


class ColumnMap(Record):
    """Column names of a manifest. A name that is given must be there; a default name may be absent.

    Parameters
    ----------
    time_unit : of the columns `start_s`, `end_s` and `duration_s`; ``samples`` needs `sample_rate`, in Hz.
    speaker_within : a column that makes speakers unique, where speaker numbers begin anew in every group.
    """

    audio: str = "audio"
    text: str = "text"
    id: str | None = None
    speaker: str | None = None
    speaker_within: str | None = None
    start_s: str | None = None
    end_s: str | None = None
    duration_s: str | None = None
    time_unit: TimeUnit | None = None
    sample_rate: int | None = None
    channel: str | None = None
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

    Attributes
    ----------
    missing : words for a missing value that were met, by axis (or ``speaker``) and word, with their number.
    unread : columns that nothing reads; one of them may be a label that was not mapped.
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
        self.missing: Counter[tuple[str, str]] = Counter()
        self._labels = self._label_columns(card)
        self._audio = self._standard("audio", columns.audio)
        self._text = self._standard("text", columns.text)
        self._names = {field: self._column(field) for field in _OPTIONAL}
        self._check_columns(place, text_needed)
        self._check_times(place)
        self._used = {self._text, *self._names.values(), *(each.column for each in self._labels.values())}
        self._used.add(columns.speaker_within)
        if root is not None:
            self._used.add(self._audio)
        self.unread = tuple(name for name in self._present if name and name not in {*self._used, self._audio})

    @property
    def axes(self) -> tuple[str, ...]:
        """Axes that labels can have."""
        return tuple(self._labels)

    def labels_of(self, rows: Iterable[Mapping[str, Any] | str]) -> set[tuple[Label, ...]]:
        """The sets of labels of rows, whatever else is wrong with them; much faster than to read the rows.

        Nothing is counted in `missing`.
        """
        columns = list(dict.fromkeys(column.column for column in self._labels.values()))
        cells = {tuple(cell_text(row, name) for name in columns) for row in rows if not isinstance(row, str)}
        before = Counter(self.missing)
        found = {tuple(self._row_labels(dict(zip(columns, each, strict=True)))) for each in cells}
        self.missing = before
        return found

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
        path = cell_text(row, self._audio) if audio is None else fallback
        name = cell_text(row, self._names["id"]) if self._names["id"] else path
        if path is None:
            return Exclusion(name or fallback, "no audio path", where)
        if name is None:
            return Exclusion(fallback, "no id", where)
        if audio is None and self._root is not None:
            found = place_of_audio(self._root, str(row[self._audio]))
            if isinstance(found, str):
                return Exclusion(name, found, where)
            audio = found
        stretch = self._stretch(row)
        if isinstance(stretch, str):
            return Exclusion(name, stretch, where)
        assert audio is not None
        start, end, channel = stretch
        if not self._names["id"] and isinstance(audio, Path):
            name += _stretch_name(start, end, channel)
        return Utterance(
            id=name,
            audio=audio,
            text=cell_text(row, self._text),
            language=self._told(row, "language") or self._language,
            speaker=self._speaker(row),
            labels=tuple(self._row_labels(row)),
            start_s=start,
            end_s=end,
            channel=channel,
        )

    def _told(self, row: Mapping[str, Any], field: str) -> str | None:
        """A cell that is neither empty nor a word for a missing value."""
        raw = cell_text(row, self._names[field])
        if raw is None or not is_missing(raw):
            return raw
        self.missing[field, raw] += 1
        return None

    def _speaker(self, row: Mapping[str, Any]) -> str | None:
        speaker = self._told(row, "speaker")
        within = cell_text(row, self._map.speaker_within)
        return f"{within}:{speaker}" if speaker is not None and within is not None else speaker

    def _row_labels(self, row: Mapping[str, Any]) -> Iterable[Label]:
        for axis, column in self._labels.items():
            raw = cell_text(row, column.column)
            if raw is None:
                continue
            values = self._values(axis, column, raw)
            if values:
                yield Label(axis, values[0] if len(values) == 1 else SEVERAL, column.source)

    def _values(self, axis: str, column: LabelColumn, raw: str) -> list[str]:
        """The different values that a cell names, as mapped; a mapped cell is not taken apart."""
        whole = raw not in column.map and column.separator is not None and column.separator in raw
        parts = [part.strip() for part in raw.split(column.separator)] if whole else [raw]
        found = []
        for part in parts:
            value = column.map.get(part)
            if value is None and is_missing(part):
                if part:
                    self.missing[axis, part] += 1
                continue
            if value != UNKNOWN:
                found.append(value or part)
        return list(dict.fromkeys(found))

    def _stretch(self, row: Mapping[str, Any]) -> tuple[float | None, float | None, int | None] | str:
        """Start and end in seconds and the channel, or why they cannot be used."""
        found: dict[str, float | None] = {}
        for field in ("start_s", "end_s", "duration_s"):
            column = self._names[field]
            raw = "nan" if column and row.get(column) != row.get(column) else cell_text(row, column)
            try:
                value = None
                if raw is not None:
                    value = time_of(raw, self._map.time_unit or "seconds", self._map.sample_rate)
            except ValueError as error:
                why = f" ({error})" if "may be" in str(error) else ""
                return f"{field} is not a number: {raw!r}{why}"
            if value is not None and (not math.isfinite(value) or value < 0):
                return f"{field} is not a time in {self._map.time_unit or 'seconds'}: {raw}"
            found[field] = value
        start, end = found["start_s"], found["end_s"]
        if end is None and found["duration_s"] is not None:
            end = round((start or 0.0) + found["duration_s"], 9)
        if end is not None and end <= (start or 0.0):
            return f"end_s {end} is not after start_s {start or 0.0}"
        told = cell_text(row, self._names["channel"])
        try:
            return start, end, channel_of(told) if told is not None else None
        except ValueError:
            return f"channel is neither a number from 0 nor left or right: {told!r}"

    def _column(self, field: str) -> str | None:
        """The column of an optional field: as mapped, or by its standard name where that is there."""
        named: str | None = getattr(self._map, field)
        if named:
            return named
        if field == "duration_s" and (self._map.end_s or "end_s" in self._present):
            return None
        found = self._standard(field, field)
        if found not in self._present and self._audio == _NEMO["audio"] and field in _NEMO:
            found = _NEMO[field] if _NEMO["start_s"] in self._present else field
        return found if found in self._present else None

    def _standard(self, field: str, name: str) -> str:
        """A standard name as the table writes it: in another case, or NeMo's; else `name` itself."""
        if name in self._present or name != field:
            return name
        alike = [each for each in self._present if each.strip().casefold() == name]
        if len(alike) == 1:
            return alike[0]
        return _NEMO["audio"] if field == "audio" and _NEMO["audio"] in self._present else name

    def _label_columns(self, card: Card) -> dict[str, LabelColumn]:
        if self._map.labels is not None:
            return self._map.labels
        maps = {axis: card.axes[axis].map for axis in _LABEL_COLUMNS if axis in card.axes}
        named = {axis: self._standard(axis, axis) for axis in _LABEL_COLUMNS}
        return {
            axis: LabelColumn(column=column, map=maps.get(axis, {}))
            for axis, column in named.items()
            if column in self._present
        }

    def _check_times(self, place: str) -> None:
        if self._map.end_s and self._map.duration_s:
            raise InputError(f"{place}: --columns names both end_s and duration_s; keep one")
        if self._map.time_unit == "samples" and not self._map.sample_rate:
            raise InputError(
                f"{place}: time_unit: samples needs sample_rate, the Hz in which they are counted"
            )

    def _check_columns(self, place: str, text_needed: bool) -> None:
        wanted = {"text": self._text} if text_needed else {}
        if self._root is not None:
            wanted["audio"] = self._audio
        mapped = (*_OPTIONAL, "speaker_within")
        wanted.update({field: getattr(self._map, field) for field in mapped if getattr(self._map, field)})
        wanted.update({f"labels.{axis}": column.column for axis, column in self._labels.items()})
        for field, column in wanted.items():
            if column not in self._present:
                raise CorpusError(
                    f"{place} has no column {column!r} (for {field}); {did_you_mean(column, self._present)}. "
                    "Map other names with --columns"
                )


def _stretch_name(start: float | None, end: float | None, channel: int | None) -> str:
    """What tells one part of a file from another, in an id that is made from its path."""
    times = (
        f"{start or 0:g}-{'' if end is None else format(end, 'g')}"
        if start is not None or end is not None
        else ""
    )
    sound = f"c{channel}" if channel is not None else ""
    return f"#{times}{sound}" if times or sound else ""


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

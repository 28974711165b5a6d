"""Recordings of the user's own in tar shards, as WebDataset writes them.

Layout: ``*.tar`` under the root; members of one key lie side by side: ``KEY.wav`` (or .flac, .mp3, .ogg, .opus),
``KEY.json`` with columns as in a manifest, ``KEY.txt`` with the text where the JSON has none. Archives are never
unpacked: audio is read where it lies. Compressed archives are refused.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect
from speechfair.corpora.rows import ColumnMap, RowReader, column_map
from speechfair.errors import CorpusError
from speechfair.types import Exclusion, Utterance

__all__ = ["TarMember", "TarShards"]

_AUDIO = ("wav", "flac", "mp3", "ogg", "opus")
_LARGEST_TEXT = 16 * 2**20


@dataclass(frozen=True, slots=True)
class TarMember:
    """A file within a tar archive.

    Parameters
    ----------
    offset, size : where its bytes lie in the archive.
    """

    archive: Path
    member: str
    offset: int
    size: int

    @property
    def name(self) -> str:
        """Archive and member."""
        return f"{self.archive.name}:{self.member}"

    def read(self) -> bytes:
        """Its bytes; `OSError` where the archive has become shorter."""
        with self.archive.open("rb") as stream:
            stream.seek(self.offset)
            data = stream.read(self.size)
        if len(data) < self.size:
            raise OSError(f"{self.name} is cut short")
        return data


class TarShards(FolderCorpus):
    """The shards under a folder.

    Parameters
    ----------
    root : folder that holds ``*.tar``.
    columns : a `ColumnMap` for the keys of the JSON members, its content, or a YAML file that holds it.
    language : ISO 639-3 code where the JSON does not tell.
    """

    name = "webdataset"

    def __init__(
        self,
        root: Path | None,
        *,
        columns: ColumnMap | Mapping[str, Any] | str | Path | None = None,
        language: str = "eng",
    ) -> None:
        super().__init__(root)
        self._map = column_map(columns)
        self._language = language
        self._options = {
            "columns": self._map.model_dump(mode="json", exclude_none=True),
            "language": language,
        }
        self._shards = sorted(self.root.glob("**/*.tar"))
        if not self._shards:
            expect(self.root / "shard-000000.tar", self.name, "tar shards (*.tar, not compressed)")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        unseen = self._named()
        for shard in self._shards:
            place = self.place(shard)
            for key, members in _samples(shard):
                yield self._item(key, members, place, unseen)
        if unseen:
            raise CorpusError(
                f"{self.root}: no sample has the key {', '.join(map(repr, sorted(unseen)))} that --columns names"
            )

    def _named(self) -> set[str]:
        """Keys that the column map names, beyond the standard names."""
        given = self._map
        optional = (given.id, given.speaker, given.start_s, given.end_s, given.language)
        labels = given.labels.values() if given.labels else ()
        return {name for name in optional if name} | {column.column for column in labels}

    def _item(
        self, key: str, members: Mapping[str, TarMember], place: str, unseen: set[str]
    ) -> Utterance | Exclusion:
        where = f"{place}:{key}"
        audio = [members[kind] for kind in _AUDIO if kind in members]
        if len(audio) != 1:
            return Exclusion(key, f"{len(audio)} audio members where one is expected", where)
        row: Any = {}
        if "json" in members:
            try:
                row = json.loads(_text(members["json"]))
            except (ValueError, RecursionError) as error:
                return Exclusion(key, f"not JSON: {error}", where)
            if not isinstance(row, dict):
                return Exclusion(key, f"a JSON {type(row).__name__}, not an object", where)
        unseen.difference_update(row)
        if row.get(self._map.text) is None and "txt" in members:
            try:
                row[self._map.text] = _text(members["txt"])
            except ValueError as error:
                return Exclusion(key, f"text cannot be read: {error}", where)
        reader = RowReader(self._map_of(row), row, self.card, self._language, where, None, text_needed=False)
        return reader.read(row, where, key, audio[0])

    def _map_of(self, row: Mapping[str, Any]) -> ColumnMap:
        """The column map without the names that this sample leaves out; samples need not have all of them."""
        given = self._map
        absent = {
            field: None
            for field in ("id", "speaker", "start_s", "end_s", "language")
            if getattr(given, field) not in row
        }
        labels = given.labels
        if labels is not None:
            labels = {axis: column for axis, column in labels.items() if column.column in row}
        return given.model_copy(update={**absent, "labels": labels})


def _samples(shard: Path) -> Iterator[tuple[str, dict[str, TarMember]]]:
    """Keys with their members by ending, in the order of the archive."""
    size = shard.stat().st_size
    key: str | None = None
    members: dict[str, TarMember] = {}
    for info in _members(shard):
        if info.offset_data + info.size > size:
            raise CorpusError(f"{shard} is cut short in the member {info.name!r}; copy it again")
        folder, _, file = info.name.rpartition("/")
        stem, _, ending = file.partition(".")
        current = f"{folder}/{stem}" if folder else stem
        if current != key and members and key is not None:
            yield key, members
            members = {}
        key = current
        members[ending.lower()] = TarMember(shard, info.name, info.offset_data, info.size)
    if members and key is not None:
        yield key, members


def _members(shard: Path) -> Iterator[tarfile.TarInfo]:
    try:
        with tarfile.open(shard, "r:") as archive:
            for info in archive:
                if info.isfile():
                    yield info
                archive.members = []  # type: ignore[attr-defined]  # otherwise every header is kept
    except tarfile.TarError as error:
        raise CorpusError(f"{shard} is no tar archive, is compressed, or is cut short: {error}") from None
    except OSError as error:
        raise CorpusError(f"{shard} cannot be read: {error.strerror or error}") from None


def _text(member: TarMember) -> str:
    if member.size > _LARGEST_TEXT:
        raise ValueError(f"{member.name} has {member.size} bytes, more than {_LARGEST_TEXT}")
    return member.read().decode("utf-8-sig")

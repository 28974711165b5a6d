"""Recordings in tar shards, as WebDataset writes them, both ways.

Layout: ``*.tar`` under the root; members of one key lie side by side: ``KEY.wav`` (or .flac, .mp3, .ogg, .opus),
``KEY.json`` with columns as in a manifest, ``KEY.txt`` with the text where the JSON has none. Archives are never
unpacked: audio is read where it lies. Compressed archives are refused.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect, readable
from speechfair.corpora.licence import clause_of, require_use
from speechfair.corpora.rows import ColumnMap, RowReader, column_map, labels_of
from speechfair.errors import CorpusError, InputError, StorageError
from speechfair.strict_json import parse_json
from speechfair.types import Corpus, Exclusion, Utterance

__all__ = ["TarMember", "TarShards", "write_shards"]

_AUDIO = ("wav", "flac", "mp3", "ogg", "opus")
_LARGEST_TEXT = 16 * 2**20
_OPTIONAL = ("id", "speaker", "speaker_within", "start_s", "end_s", "duration_s", "channel", "language")


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
        optional = [getattr(given, field) for field in _OPTIONAL]
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
                row = parse_json(_text(members["json"]))
            except ValueError as error:
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
        item = reader.read(row, where, key, audio[0])
        if isinstance(item, Utterance) and self._map.labels is None and row.get("labels") is not None:
            item = replace(item, labels=labels_of(row["labels"], where))
        return item

    def _map_of(self, row: Mapping[str, Any]) -> ColumnMap:
        """The column map without the names that this sample leaves out; samples need not have all of them."""
        given = self._map
        absent = {field: None for field in _OPTIONAL if getattr(given, field) not in row}
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
        with tarfile.open(readable(shard), "r:") as archive:
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


def write_shards(
    corpus: Corpus, folder: Path, *, per_shard: int = 1000, permission: str | None = None
) -> list[Exclusion]:
    """Write a corpus, audio and all, as tar shards in a new folder; return the rows that could not be written.

    Audio files go in as they are, whole, also where an utterance is a stretch of one. ``LICENCE.txt`` says what the
    card says. Keys are numbers; ids stand in the JSON.

    Raises
    ------
    InputError
        The licence does not allow redistribution and no permission is given; the folder is not empty.
    """
    require_use(corpus.card, "redistribution", permission=permission)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already and not empty; choose another --out")
    left: list[Exclusion] = []
    words = clause_of(corpus.card) + (f"\nPermission: {permission}" if permission else "")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "LICENCE.txt").write_text(f"{corpus.name}: {words}\n", encoding="utf-8")
        stream, number = iter(corpus), 0
        while rows := list(islice(stream, per_shard)):
            with tarfile.open(folder / f"shard-{number // per_shard:06d}.tar", "w") as archive:
                for place, item in enumerate(rows, number):
                    reason = (
                        item if isinstance(item, Exclusion) else _write_sample(archive, f"{place:09d}", item)
                    )
                    left += [reason] if reason is not None else []
            number += len(rows)
    except OSError as error:
        raise StorageError(f"{folder} could not be written: {error.strerror or error}") from error
    return left


def _write_sample(archive: tarfile.TarFile, key: str, item: Utterance) -> Exclusion | None:
    from speechfair.audio import AudioError, load_bytes

    name = item.audio.name
    ending = name.rpartition(".")[2].lower()
    if ending not in _AUDIO:
        return Exclusion(item.id, f"audio is no {', '.join(_AUDIO)} file", name)
    try:
        audio = load_bytes(item.audio)
    except AudioError as error:
        return Exclusion(item.id, str(error), name)
    facts = {
        "id": item.id,
        "text": item.text,
        "language": item.language,
        "speaker": item.speaker,
        "start_s": item.start_s,
        "end_s": item.end_s,
        "channel": item.channel,
        "labels": [asdict(label) for label in item.labels],
    }
    for suffix, data in (("json", json.dumps(facts, ensure_ascii=False).encode()), (ending, audio)):
        info = tarfile.TarInfo(f"{key}.{suffix}")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return None

"""Hugging Face `datasets` on disk, both ways: a saved dataset as a corpus, and a corpus as a dataset.

A dataset is what ``Dataset.save_to_disk`` or ``DatasetDict.save_to_disk`` wrote. A column ``labels`` with a list of
axis, value and source, as `to_dataset` makes it, holds the labels; without it they come from columns as in a manifest.
Nothing is downloaded, no audio is decoded, and no script of a dataset is run. Needs the extra ``datasets``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.batches import placed
from speechfair.corpora.class_names import named_classes, with_names
from speechfair.corpora.layout import expect, inside
from speechfair.corpora.licence import clause_of, require_use
from speechfair.corpora.rows import ColumnMap, RowReader, column_map, labels_of
from speechfair.errors import CorpusError, MissingExtraError
from speechfair.registry import did_you_mean
from speechfair.types import Corpus, Exclusion, Utterance

if TYPE_CHECKING:
    import datasets

__all__ = ["DatasetAudio", "SavedDataset", "to_dataset"]


@dataclass(frozen=True, slots=True)
class DatasetAudio:
    """The audio in one row of a dataset.

    Parameters
    ----------
    row : from 0.
    table : the dataset, with audio not decoded.
    """

    place: str
    row: int
    column: str
    root: Path
    table: Any = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """Dataset and row, from 1."""
        return f"{self.place}, row {self.row + 1}"

    def read(self) -> bytes:
        """The encoded audio: bytes in the dataset, or the file that it names, which must lie in its folder."""
        cell = self.table[self.row][self.column] or {}
        data = cell.get("bytes")
        if data is None:
            if not cell.get("path"):
                raise OSError(f"neither bytes nor a path in {self.name}")
            path = inside(self.root, cell["path"])
            if path is None:
                raise OSError(f"the audio of {self.name} is not in the dataset, but at {cell['path']!r:.80}")
            return path.read_bytes()
        return bytes(data)


class SavedDataset(FolderCorpus):
    """A dataset that was saved to disk.

    Parameters
    ----------
    root : the folder that ``save_to_disk`` wrote.
    split : of a `DatasetDict`, such as ``test``; None where there is one split only.
    columns : a `ColumnMap`, its content, or a YAML file that holds it; ``audio`` names the audio column.
    language : ISO 639-3 code where there is no language column.
    """

    name = "huggingface"

    def __init__(
        self,
        root: Path | None,
        *,
        split: str | None = None,
        columns: ColumnMap | Mapping[str, Any] | str | Path | None = None,
        language: str = "eng",
    ) -> None:
        super().__init__(root)
        names = ("dataset_info.json", "dataset_dict.json")
        if not any((self.root / name).exists() for name in names):
            expect(self.root / "dataset_info.json", self.name, "dataset_info.json, as save_to_disk writes it")
        self._map = column_map(columns)
        self._options = {
            "split": split,
            "columns": self._map.model_dump(mode="json", exclude_none=True),
            "language": language,
        }
        self._data = self._load(split)
        present = self._data.column_names
        if self._map.audio not in present:
            raise CorpusError(
                f"{self.root} has no column {self._map.audio!r} (for audio); {did_you_mean(self._map.audio, present)}. "
                "Map other names with --columns"
            )
        self._reader = RowReader(self._map, present, self.card, language, str(self.root), None)

    @property
    def missing_words(self) -> Mapping[tuple[str, str], int]:
        """Words for a missing value that were met so far, by axis and word."""
        return self._reader.missing

    @property
    def unread_columns(self) -> tuple[str, ...]:
        """Columns that nothing reads."""
        return self._reader.unread

    def _load(self, split: str | None) -> datasets.Dataset:
        datasets = _datasets()
        try:
            loaded = datasets.load_from_disk(str(self.root))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise CorpusError(f"{self.root} cannot be read as a saved dataset: {error}") from None
        if isinstance(loaded, datasets.DatasetDict):
            known = sorted(loaded)
            if split is None and len(known) == 1:
                split = known[0]
            if split is None or split not in known:
                what = f"no split {split!r}" if split else "several splits; choose one with --split"
                raise CorpusError(f"{self.root} holds {what}; {did_you_mean(split or '', known)}")
            loaded = loaded[split]
        elif split is not None:
            raise CorpusError(f"{self.root} has no splits, so there is no {split!r}; leave --split out")
        column = self._map.audio
        if isinstance(loaded.features.get(column), datasets.Audio):
            loaded = loaded.cast_column(column, datasets.Audio(decode=False))
        return loaded

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        column = self._map.audio
        cells = self._data.remove_columns([column])
        named = named_classes(self._data.features)
        for number, row in enumerate(cells):
            row = with_names(row, named)
            audio = DatasetAudio(self.root.name, number, column, self.root, self._data)
            item = self._reader.read(row, audio.name, f"row {number + 1}", audio)
            if isinstance(item, Utterance) and self._map.labels is None and row.get("labels") is not None:
                item = replace(item, labels=labels_of(row["labels"], audio.name))
            yield item


def to_dataset(
    corpus: Corpus, *, audio: bool = True, permission: str | None = None
) -> tuple[datasets.Dataset, list[Exclusion]]:
    """A corpus as a dataset, and the rows that it excludes.

    Columns are id, audio (not decoded), text, language, speaker, start_s and end_s, a column for each label axis, and
    ``labels`` with axis, value and source, from which nothing is lost.

    Parameters
    ----------
    audio : whether the audio goes with it once the dataset is saved; else ``audio`` is a path or a name as text.
    permission : the holder's permission to redistribute, in words; it becomes part of the dataset's licence.

    Raises
    ------
    InputError
        The licence does not allow redistribution and `audio` is not False.
    """
    if audio:
        instead = "audio=False makes a dataset of your own without it"
        require_use(corpus.card, "redistribution", permission=permission, instead=instead)
    module = _datasets()
    rows: list[dict[str, Any]] = []
    excluded: list[Exclusion] = []
    for item in corpus:
        if isinstance(item, Exclusion):
            excluded.append(item)
        else:
            rows.append(_row(item, audio, corpus.root))
    axes = sorted({label["axis"] for row in rows for label in row["labels"]})
    for row in rows:
        values = {label["axis"]: label["value"] for label in row["labels"]}
        row.update({f"label_{axis}": values.get(axis) for axis in axes})
    text = module.Value("string")
    label = {"axis": text, "value": text, "source": text}
    features = module.Features(
        dict.fromkeys(("id", "text", "language", "speaker", *(f"label_{axis}" for axis in axes)), text)
        | {
            "start_s": module.Value("float64"),
            "end_s": module.Value("float64"),
            "channel": module.Value("int16"),
        }
        | {
            "audio": {"bytes": module.Value("binary"), "path": text} if audio else text,
            "labels": module.List(label),
        }
    )
    made = module.Dataset.from_list(rows, features=features)
    made.info.license = clause_of(corpus.card) + (f" Permission: {permission}" if permission else "")
    # cast afterwards: to encode audio cells itself, datasets would want a decoder that is not needed for this
    return made.cast_column("audio", module.Audio(decode=False)) if audio else made, excluded


def _row(item: Utterance, audio: bool, root: Path | None) -> dict[str, Any]:
    cell: Any
    if not audio:
        cell = placed(item.audio, root) if isinstance(item.audio, Path) else item.audio.name
    elif isinstance(item.audio, Path):
        cell = {"path": str(item.audio), "bytes": None}
    else:
        cell = {"path": None, "bytes": item.audio.read()}
    return {
        "id": item.id,
        "audio": cell,
        "text": item.text,
        "language": item.language,
        "speaker": item.speaker,
        "start_s": item.start_s,
        "end_s": item.end_s,
        "channel": item.channel,
        "labels": [{"axis": x.axis, "value": x.value, "source": x.source} for x in item.labels],
    }


def _datasets() -> Any:
    try:
        import datasets
    except ImportError:
        raise MissingExtraError("reading Hugging Face datasets", "datasets", "datasets") from None
    return datasets

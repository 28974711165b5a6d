"""A table of transcripts or counts as a corpus without audio, so that `corpora check` can look at its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.audio import AudioError
from speechfair.corpora.batches import Batch, batch_schema
from speechfair.corpora.card import PlainCard
from speechfair.corpora.rows import ColumnMap, LabelColumn, column_map
from speechfair.importing.columns import Asked, Columns, could_be_label, resolve
from speechfair.importing.hypothesis_findings import HypothesisFinding, hypothesis_findings
from speechfair.importing.imported import PLACE, ImportedTable
from speechfair.importing.imported_counts import count_columns, counts_of
from speechfair.importing.read_transcripts import read_table
from speechfair.importing.transcripts import manifest_of
from speechfair.types import Exclusion, Label, Utterance

if TYPE_CHECKING:
    import polars as pl

    from speechfair.types import CorpusCard

__all__ = ["TranscriptCorpus"]

_HYPOTHESIS = re.compile(r"(?i)(^|\.)(hyp|pred|asr|recogni|output|transcri)|\.text$")


@dataclass(frozen=True, slots=True)
class _NoAudio:
    """Stands for the audio of a row, which nobody has here."""

    name: str

    def read(self) -> bytes:
        raise AudioError(f"{self.name}: a table of transcripts has no audio; check it with --no-audio")


class TranscriptCorpus:
    """References (or counts), speakers and labels of a table or of another tool's file.

    Parameters
    ----------
    source : any file that ``speechfair import`` reads.
    columns : a `ColumnMap`, its content, or a YAML file; labels that it names are the only ones.
    group_by : columns that are labels; without them and without `columns` every column of few values is one.
    language : code or tag where there is no language column; None is English.
    encoding, sheet : of a CSV, TSV or text file, and of a spreadsheet, as in `read_transcripts`.

    Raises
    ------
    CorpusError, InputError
        As `speechfair.importing.read_transcripts`.
    """

    name = "transcripts"
    root: Path | None = None

    def __init__(
        self,
        source: str | Path,
        *,
        columns: ColumnMap | Mapping[str, Any] | str | Path | None = None,
        group_by: Sequence[str] = (),
        language: str | None = None,
        encoding: str | None = None,
        sheet: str | None = None,
    ) -> None:
        table = read_table(Path(source), None, encoding=encoding, sheet=sheet)
        asked = Asked(column_map(columns), group_by=tuple(group_by))
        counts = count_columns(table.columns)
        found = resolve(table, asked, (), text_needed=counts is None)
        if not group_by and asked.columns.labels is None:
            used = {*found.roles.values(), *(label.column for label in found.labels.values())}
            more = [
                name
                for name in table.columns
                if name not in used and not _HYPOTHESIS.search(name)
                if could_be_label(table.frame[name])
            ]
            labels = {**asked.labels, **{name: name for name in more}}
            found = resolve(table, Asked(asked.columns, labels=labels), (), text_needed=False)
        self._manifest, said = manifest_of(table, found, language)
        self.said = tuple(line for line in said if not line.startswith("not used"))
        self.counted_words: Mapping[str, int] | None = None
        if counts is not None and "text" not in found.roles:
            words = counts_of(table, counts)[0][
                "reference_length"
            ]  # what is no count is refused with its row
            self.counted_words = dict(zip(self._manifest["id"], words, strict=False))
            self.said += (
                f"no column of texts, so the table is checked as counts: {', '.join(counts.names)}",
            )
        self._options = {
            "file": table.name,
            "labels": {axis: one.column for axis, one in found.labels.items()},
        }
        self.label_columns: Mapping[str, LabelColumn] = found.labels
        self.hypothesis_findings = tuple(_findings(table, found)) if "text" in found.roles else ()

    @property
    def card(self) -> CorpusCard:
        """A card without reference groups."""
        return PlainCard(self.name)

    @property
    def options(self) -> Mapping[str, Any]:
        """The file's name and the columns that are labels."""
        return self._options

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for row in self._manifest.iter_rows(named=True):
            if row["excluded"] is not None:
                yield Exclusion(row["id"], row["excluded"], row["place"])
                continue
            labels = tuple(Label(**label) for label in row["labels"])
            yield Utterance(
                row["id"], _NoAudio(row["id"]), row["text"], row["language"], row["speaker"], labels
            )

    def batches(self, rows: int) -> Iterator[Batch]:
        """The rows in batches."""
        for start in range(0, self._manifest.height, rows):
            yield _batch(self._manifest[start : start + rows])


def _findings(table: ImportedTable, columns: Columns) -> Iterator[HypothesisFinding]:
    """What stands in the columns of texts that have no other use, which hold hypotheses."""
    import polars as pl

    used = {*columns.roles.values(), *(label.column for label in columns.labels.values())}
    for name in table.columns:
        cells = table.frame[name]
        if (
            name in used
            or cells.dtype != pl.String
            or (could_be_label(cells) and not _HYPOTHESIS.search(name))
        ):
            continue
        references = table.frame[columns.roles["text"]].cast(pl.String)
        yield from hypothesis_findings(f"column {name!r}", cells, references, table.frame[PLACE])


def _batch(part: pl.DataFrame) -> Batch:
    import polars as pl

    codes: dict[tuple[Label, ...], int] = {(): 0}
    places = [
        codes.setdefault(tuple(Label(**label) for label in labels or ()), len(codes))
        for labels in part["labels"].to_list()
    ]
    frame = part.with_columns(pl.Series("labels", places, dtype=pl.UInt32), audio=pl.lit(None, pl.String))
    return Batch(frame.select(pl.col(name).cast(kind) for name, kind in batch_schema().items()), list(codes))

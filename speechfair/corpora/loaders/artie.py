"""Artie Bias Corpus: a test set out of Common Voice, checked by hand, with accents.

Meyer et al., "Artie Bias Corpus: An Open Dataset for Detecting Demographic Bias in Speech Applications", LREC 2020.
Layout: ``artie-bias-corpus.tsv`` (in the root or in ``data``) with the columns of Common Voice, among them client_id,
path, sentence, age, gender and accent; clips anywhere below the root.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import expect
from speechfair.corpora.loaders.common_voice import decade_band
from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["Artie"]

_COLUMNS = ("client_id", "path", "sentence", "age", "gender", "accent")


class Artie(FolderCorpus):
    """The corpus.

    Parameters
    ----------
    root : folder that holds ``artie-bias-corpus.tsv`` and, below it, the clips.
    """

    name = "artie"

    def __init__(self, root: Path | None) -> None:
        super().__init__(root)
        inner = self.root / "data" / "artie-bias-corpus.tsv"
        table = self.root / "artie-bias-corpus.tsv"
        self._table = inner if inner.is_file() else expect(table, self.name, "the file artie-bias-corpus.tsv")
        present = columns_of(self._table)
        for column in _COLUMNS:
            if column not in present:
                raise CorpusError(f"{self._table} has no column {column!r}; {did_you_mean(column, present)}")
        found = (path for ending in ("wav", "mp3") for path in sorted(self.root.glob(f"**/*.{ending}")))
        self._clips = {path.stem: path for path in found}
        if not self._clips:
            raise CorpusError(f"{self.root} holds no .wav or .mp3 below it; unpack the clips there")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for number, row in rows_of(self._table):
            where = f"{self._table.name}, line {number}"
            if isinstance(row, str):
                yield Exclusion(f"line {number}", row, where)
                continue
            stem = Path(row["path"].strip()).stem
            if stem not in self._clips:
                yield Exclusion(stem or f"line {number}", "no clip of this name", where)
                continue
            yield Utterance(
                id=stem,
                audio=self._clips[stem],
                text=row["sentence"].strip() or None,
                language="eng",
                speaker=row["client_id"].strip() or None,
                labels=self.label(
                    accent=row["accent"],
                    gender=row["gender"],
                    age=row["age"],
                    age_band=decade_band(row["age"]),
                ),
            )

"""Svarah: Indian English of 117 speakers of 19 first languages (AI4Bharat).

Javed et al., "Svarah: Evaluating English ASR Systems on Indian Accents", Interspeech 2023. Layout::

    meta_speaker_stats.csv      audio_filepath, text, gender, age-group, primary_language, native_place_state, …
    audio/*.wav

Released copies have no column ``speaker_id``, although their description names one; without it every utterance has
the speaker None. Nobody is told apart by file names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import age_band_of_range, expect, inside
from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["Svarah"]

_COLUMNS = ("audio_filepath", "text", "gender", "age-group", "primary_language")


class Svarah(FolderCorpus):
    """The corpus.

    Parameters
    ----------
    root : folder that holds ``meta_speaker_stats.csv`` and ``audio``.
    """

    name = "svarah"

    def __init__(self, root: Path | None) -> None:
        super().__init__(root)
        self._table = expect(
            self.root / "meta_speaker_stats.csv", self.name, "the file meta_speaker_stats.csv"
        )
        present = columns_of(self._table)
        for column in _COLUMNS:
            if column not in present:
                raise CorpusError(f"{self._table} has no column {column!r}; {did_you_mean(column, present)}")

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for number, row in rows_of(self._table):
            where = f"{self._table.name}, line {number}"
            if isinstance(row, str):
                yield Exclusion(f"line {number}", row, where)
                continue
            path = row["audio_filepath"].strip()
            audio = inside(self.root, path) if path else None
            if audio is None:
                yield Exclusion(path or f"line {number}", "no audio path that stays in the root", where)
                continue
            yield Utterance(
                id=Path(path).stem,
                audio=audio,
                text=row["text"].strip() or None,
                language="eng",
                speaker=(row.get("speaker_id") or "").strip() or None,
                labels=self.label(
                    first_language=row["primary_language"],
                    accent=row["primary_language"],
                    region=row.get("native_place_state"),
                    district=row.get("native_place_district"),
                    gender=row["gender"],
                    age=row["age-group"],
                    age_band=age_band_of_range(row["age-group"]),
                ),
            )

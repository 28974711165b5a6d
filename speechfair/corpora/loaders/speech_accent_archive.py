"""Speech Accent Archive: one English passage read by some 2,000 people of 200 first languages.

Weinberger, "Speech Accent Archive", George Mason University, 2015. Layout (recordings may lie one folder deeper)::

    speakers_all.csv    age, age_onset, birthplace, filename, native_language, sex, speakerid, country, file_missing?
    reading-passage.txt
    recordings/afrikaans1.mp3
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import age_band, expect, inside, text_of
from speechfair.corpora.tables import columns_of, rows_of
from speechfair.errors import CorpusError
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Utterance

__all__ = ["SpeechAccentArchive"]

_COLUMNS = ("filename", "native_language", "sex", "age", "age_onset", "speakerid", "country", "file_missing?")


class SpeechAccentArchive(FolderCorpus):
    """The corpus. An utterance is a speaker.

    Parameters
    ----------
    root : folder that holds ``speakers_all.csv``.
    """

    name = "speech_accent_archive"

    def __init__(self, root: Path | None) -> None:
        super().__init__(root)
        self._table = expect(self.root / "speakers_all.csv", self.name, "the file speakers_all.csv")
        expect(self.root / "recordings", self.name, "the folder recordings")
        deeper = self.root / "recordings" / "recordings"
        self._audio = deeper if deeper.is_dir() else self.root / "recordings"
        passage = expect(self.root / "reading-passage.txt", self.name, "the file reading-passage.txt")
        self._passage = text_of(passage)
        if self._passage is None:
            raise CorpusError(f"{passage} is empty; it must hold the passage that everybody reads")
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
            name = row["filename"].strip()
            audio = inside(self._audio, f"{name}.mp3") if name else None
            if audio is None:
                yield Exclusion(name or f"line {number}", "no file name that stays in recordings", where)
            elif row["file_missing?"].strip().casefold() == "true":
                yield Exclusion(name, "the archive has no recording of this speaker", where)
            else:
                yield Utterance(
                    id=name,
                    audio=audio,
                    text=self._passage,
                    language="eng",
                    speaker=row["speakerid"].strip() or name,
                    labels=self.label(
                        first_language=row["native_language"],
                        accent=row["native_language"],
                        country=row["country"],
                        gender=row["sex"],
                        age_band=age_band(row["age"]),
                        age_of_onset=row["age_onset"],
                    ),
                )

"""Fair-Speech: commands spoken by paid volunteers in the United States, with self-reported demographics (Meta).

Veliche et al., "Towards measuring fairness in speech recognition: Fair-Speech dataset", Interspeech 2024. Layout::

    metadata.tsv        hash_name, transcription, age, gender, first_language, socioeconomic_bkgd, ethnicity
    asr_fairness_audio/HASH.wav

**There are no speaker ids**: every utterance has the speaker None, so no interval can be given that allows for several
utterances of one person.
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

__all__ = ["FairSpeech"]

_COLUMNS = (
    "hash_name",
    "transcription",
    "age",
    "gender",
    "first_language",
    "socioeconomic_bkgd",
    "ethnicity",
)


class FairSpeech(FolderCorpus):
    """The corpus.

    Parameters
    ----------
    root : folder that holds ``metadata.tsv`` and ``asr_fairness_audio``.
    """

    name = "fair_speech"

    def __init__(self, root: Path | None) -> None:
        super().__init__(root)
        self._table = expect(self.root / "metadata.tsv", self.name, "the file metadata.tsv")
        self._audio = expect(self.root / "asr_fairness_audio", self.name, "the folder asr_fairness_audio")
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
            name = row["hash_name"].strip()
            audio = inside(self._audio, f"{name}.wav") if name else None
            if audio is None:
                yield Exclusion(
                    name or f"line {number}", "no file name that stays in asr_fairness_audio", where
                )
                continue
            yield Utterance(
                id=name,
                audio=audio,
                text=row["transcription"].strip() or None,
                language="eng",
                speaker=None,
                labels=self.label(
                    first_language=row["first_language"],
                    accent=row["first_language"],
                    gender=row["gender"],
                    age=row["age"],
                    age_band=age_band_of_range(row["age"]),
                    ethnicity=row["ethnicity"],
                    socioeconomic_background=row["socioeconomic_bkgd"],
                ),
            )

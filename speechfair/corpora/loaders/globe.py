"""GLOBE: Common Voice clips of many accents, enhanced and with gaps in the metadata filled in by models.

Wang et al., "GLOBE: A High-quality English Corpus with Global Accents for Zero-shot Speaker Adaptive Text-to-Speech",
Interspeech 2024. Layout, as the Hugging Face hub has it::

    data/{train,val,test}-*.parquet     speaker_id, audio, transcript, accent, age, gender

Labels are `inferred`: the filled-in ones cannot be told from those that speakers gave.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.hub import hub_files, hub_rows
from speechfair.corpora.loaders.common_voice import decade_band
from speechfair.types import Exclusion, Utterance

__all__ = ["Globe"]


class Globe(FolderCorpus):
    """The corpus, or one split of it.

    Parameters
    ----------
    root : a copy from the hub.
    split : such as ``test``; None for all.
    """

    name = "globe"

    def __init__(self, root: Path | None, *, split: str | None = None) -> None:
        super().__init__(root)
        self._options = {"split": split}
        self._files = hub_files(self.root, self.name, split)

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for path in self._files:
            prefix = path.relative_to(self.root).with_suffix("").as_posix()
            for number, row, audio in hub_rows(path, ("speaker_id", "transcript", "accent")):
                age = row.get("age")
                yield Utterance(
                    id=f"{prefix}-{number:06d}",
                    audio=audio,
                    text=(row["transcript"] or "").strip() or None,
                    language="eng",
                    speaker=row["speaker_id"] or None,
                    labels=self.label(
                        accent=row["accent"],
                        gender=row.get("gender"),
                        age=age,
                        age_band=decade_band(str(age)) if age else None,
                    ),
                )

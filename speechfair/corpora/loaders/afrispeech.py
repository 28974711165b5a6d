"""AfriSpeech-200: English read by some 2,500 speakers of 120 African accents.

Olatunji et al., "AfriSpeech-200: Pan-African Accented Speech Dataset for Clinical and General Domain ASR", TACL 2023.
Layout, as the Hugging Face hub has it::

    data/{train,validation,test}-*.parquet      (or ACCENT/SPLIT-*.parquet)
        speaker_id, audio, transcript, age_group, gender, accent, domain, country
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.hub import hub_files, hub_rows
from speechfair.corpora.layout import age_band_of_range
from speechfair.types import Exclusion, Utterance

__all__ = ["AfriSpeech"]


class AfriSpeech(FolderCorpus):
    """The corpus, or one split of it.

    Parameters
    ----------
    root : a copy from the hub.
    split : such as ``test``; None for all.
    """

    name = "afrispeech"

    def __init__(self, root: Path | None, *, split: str | None = None) -> None:
        super().__init__(root)
        self._options = {"split": split}
        self._files = hub_files(self.root, self.name, split)

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        for path in self._files:
            prefix = path.relative_to(self.root).with_suffix("").as_posix()
            for number, row, audio in hub_rows(path, ("speaker_id", "transcript", "accent")):
                accent = row["accent"]
                yield Utterance(
                    id=row.get("audio_id") or f"{prefix}-{number:06d}",
                    audio=audio,
                    text=(row["transcript"] or "").strip() or None,
                    language="eng",
                    speaker=row["speaker_id"] or None,
                    labels=self.label(
                        accent=accent,
                        variety=accent,
                        country=row.get("country"),
                        gender=row.get("gender"),
                        age=row.get("age_group"),
                        age_band=age_band_of_range(row.get("age_group") or ""),
                        domain=row.get("domain"),
                    ),
                )

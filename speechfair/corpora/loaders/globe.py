"""GLOBE: Common Voice clips of many accents, enhanced and with gaps in the metadata filled in by models.

Wang et al., "GLOBE: A High-quality English Corpus with Global Accents for Zero-shot Speaker Adaptive Text-to-Speech",
Interspeech 2024. Layout, as the Hugging Face hub has it::

    data/{train,val,test}-*.parquet     speaker_id, audio, transcript, accent, age, gender

Labels are `inferred`: the filled-in ones cannot be told from those that speakers gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from speechfair.corpora.hub import HubCorpus
from speechfair.corpora.loaders.common_voice import decade_band
from speechfair.types import Label

__all__ = ["Globe"]


class Globe(HubCorpus):
    """The corpus, or one split of it.

    Parameters
    ----------
    root : a copy from the hub.
    split : such as ``test``; None for all.
    """

    name = "globe"

    def labels_of(self, row: Mapping[str, Any]) -> tuple[Label, ...]:
        """What the columns say of the speaker."""
        age = row.get("age")
        return self.label(
            accent=row["accent"],
            gender=row.get("gender"),
            age=age,
            age_band=decade_band(str(age)) if age else None,
        )

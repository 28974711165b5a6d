"""AfriSpeech-200: English read by some 2,500 speakers of 120 African accents.

Olatunji et al., "AfriSpeech-200: Pan-African Accented Speech Dataset for Clinical and General Domain ASR", TACL 2023.
Layout, as the Hugging Face hub has it::

    data/{train,validation,test}-*.parquet      (or ACCENT/SPLIT-*.parquet)
        speaker_id, audio, transcript, age_group, gender, accent, domain, country
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from speechfair.corpora.hub import HubCorpus
from speechfair.corpora.layout import age_band_of_range
from speechfair.types import Label

__all__ = ["AfriSpeech"]


class AfriSpeech(HubCorpus):
    """The corpus, or one split of it.

    Parameters
    ----------
    root : a copy from the hub.
    split : such as ``test``; None for all.
    """

    name = "afrispeech"
    id_column = "audio_id"

    def labels_of(self, row: Mapping[str, Any]) -> tuple[Label, ...]:
        """What the columns say of the speaker, and the domain of the text."""
        return self.label(
            accent=row["accent"],
            variety=row["accent"],
            country=row.get("country"),
            gender=row.get("gender"),
            age=row.get("age_group"),
            age_band=age_band_of_range(row.get("age_group") or ""),
            domain=row.get("domain"),
        )

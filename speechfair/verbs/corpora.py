"""`speechfair corpora …` as functions: list, check, split and write corpora."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from speechfair.curating.corpus_check import check_corpus as corpora_check
from speechfair.curating.corpus_listing import write_listing as corpora_manifest
from speechfair.curating.corpus_split import split_corpus as corpora_split
from speechfair.curating.datasheet import write_datasheet as corpora_datasheet
from speechfair.errors import InputError
from speechfair.importing.transcript_corpus import TranscriptCorpus as transcripts_to_check

if TYPE_CHECKING:
    from speechfair.corpora.card import Card
    from speechfair.types import Corpus

__all__ = [
    "corpora_check",
    "corpora_datasheet",
    "corpora_export",
    "corpora_manifest",
    "corpora_show",
    "corpora_split",
    "list_corpora",
    "transcripts_to_check",
]

ExportFormat = Literal["cuts", "dataset", "shards"]


def list_corpora() -> list[Card]:
    """The cards of all corpora that can be loaded here, by name."""
    from speechfair import registry

    return [corpora_show(name) for name in registry.corpora().names()]


def corpora_show(name: str) -> Card:
    """The card of a corpus: label axes with their source, licence, layout, traps.

    Raises
    ------
    InputError
        There is no such corpus; the message names the nearest one.
    """
    from speechfair import registry
    from speechfair.corpora.card import load_card

    registry.corpora().load(name)
    return load_card(name)


def corpora_export(
    corpus: Corpus,
    out: str | Path,
    *,
    to: ExportFormat = "cuts",
    audio: bool = True,
    permission: str | None = None,
) -> dict[str, int]:
    """Write a corpus in another library's format, and return how many rows were not written, by reason.

    Parameters
    ----------
    out : file of cuts (``*.jsonl.gz``), or a new folder.
    to : ``cuts`` (lhotse, without audio), ``dataset`` (Hugging Face) or ``shards`` (WebDataset).
    audio : for ``dataset``: whether the audio is written too. The licence must allow it.
    permission : the holder's permission to redistribute, in words; it is kept with what is written.

    Raises
    ------
    InputError
        `out` exists already, or the licence forbids redistribution; the message quotes the clause.
    """
    out = Path(out)
    if to == "cuts":
        from speechfair.corpora.loaders.lhotse_cuts import write_cuts

        left = write_cuts(corpus, out)
    elif to == "shards":
        from speechfair.corpora.loaders.shards import write_shards

        left = write_shards(corpus, out, permission=permission)
    else:
        from speechfair.corpora.loaders.huggingface import to_dataset

        if out.exists():
            raise InputError(f"{out} exists already; choose another --out")
        made, left = to_dataset(corpus, audio=audio, permission=permission)
        made.save_to_disk(str(out))
    return dict(Counter(row.reason for row in left).most_common())

"""A part of a corpus, as a Parquet file lists it: `load_corpus(name, root, listing=FILE)` gives its rows only.

Such files are written by `speechfair corpora manifest` and `split`. The corpus keeps its own card, labels and licence.
A listed row that is gone, or whose text or speaker is no longer what was listed, is refused: it is another part.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.tables import sound_parquet
from speechfair.errors import CorpusError
from speechfair.strict_json import parse_json
from speechfair.types import Corpus, CorpusCard, Exclusion, Utterance

__all__ = ["KEY", "SCHEMA", "ListedPart", "listing_facts"]

KEY = "speechfair"
"""Key of the Parquet file's metadata that holds what it lists, as JSON."""
SCHEMA = "speechfair/listing/1"


def listing_facts(path: Path) -> dict[str, Any]:
    """What a listing says of itself: the corpus's name, options and licence; `CorpusError` if it is no listing."""
    import polars as pl

    if not path.is_file():
        raise CorpusError(f"listing {path}: there is no such file")
    try:
        with sound_parquet(path):
            facts = parse_json(pl.read_parquet_metadata(path).get(KEY, "null"))
    except (CorpusError, ValueError) as error:
        raise CorpusError(f"listing {path} cannot be read as Parquet: {error}") from None
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA:
        raise CorpusError(f"{path} is no listing; `speechfair corpora manifest` and `split` write them")
    return facts


class ListedPart:
    """The rows of `corpus` that the file lists, in the corpus's order."""

    def __init__(self, corpus: Corpus, path: str | Path) -> None:
        self._corpus, self._path = corpus, Path(path)
        facts = listing_facts(self._path)
        for what, ours in (("corpus", corpus.name), ("options", dict(corpus.options))):
            if facts.get(what) != parse_json(json.dumps(ours)):
                raise CorpusError(
                    f"{path} lists a part of {facts['corpus']!r} with options {facts['options']}, and this is "
                    f"{corpus.name!r} with {dict(corpus.options)}; load the corpus as it was listed"
                )

    @property
    def name(self) -> str:
        """The corpus's name."""
        return self._corpus.name

    @property
    def card(self) -> CorpusCard:
        """The corpus's card."""
        return self._corpus.card

    @property
    def options(self) -> Mapping[str, Any]:
        """The corpus's arguments, and the listing."""
        return {**self._corpus.options, "listing": self._path.name}

    @property
    def root(self) -> Path | None:
        """The corpus's root."""
        return self._corpus.root

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        import polars as pl

        with sound_parquet(self._path):
            table = pl.read_parquet(self._path, columns=["id", "text", "speaker", "excluded"])
        wanted = {key: tuple(rest) for key, *rest in table.iter_rows()}
        for item in self._corpus:
            if item.id not in wanted:
                continue
            text, speaker, excluded = wanted.pop(item.id)
            same = (
                excluded is not None
                if isinstance(item, Exclusion)
                else excluded is None and (item.text, item.speaker) == (text, speaker)
            )
            if not same:
                raise CorpusError(
                    f"{self._path}: the row {item.id!r} is not what was listed; the corpus at {self.root} has "
                    "changed, so list or split it again"
                )
            yield item
        if wanted:
            raise CorpusError(
                f"{self._path}: {len(wanted)} rows are no longer in the corpus at {self.root}, such as "
                f"{next(iter(wanted))!r}; list or split it again"
            )

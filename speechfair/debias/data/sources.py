"""The corpora of a recipe as they are used: some of their speakers only, or the first so many utterances of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError
from speechfair.types import Corpus, Exclusion, Utterance

if TYPE_CHECKING:
    from speechfair.debias.recipe import DebiasRecipe, Source
    from speechfair.types import CorpusCard

__all__ = ["PartOfCorpus", "corpus_of"]


def corpus_of(recipe: DebiasRecipe, source: Source) -> Corpus:
    """The corpus of a source, cut down as the source says."""
    from speechfair.corpora import load_corpus

    corpus = load_corpus(source.corpus, recipe.folder_of(source), **source.options)
    per_speaker = getattr(source, "per_speaker", None)
    if per_speaker is None and not source.speakers and not source.without_speakers:
        return corpus
    return PartOfCorpus(corpus, per_speaker, source.speakers, source.without_speakers)


class PartOfCorpus:
    """A corpus cut down; `options` says how.

    Parameters
    ----------
    corpus : whose order decides which utterances come first.
    per_speaker : utterances to take of each; rows without a speaker, and rows that cannot be used, all stay.
    speakers : the only ones to take; none named takes all.
    without : speakers not to take.
    """

    def __init__(
        self,
        corpus: Corpus,
        per_speaker: int | None = None,
        speakers: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> None:
        self._corpus, self._per_speaker = corpus, per_speaker
        self._speakers, self._without = frozenset(speakers), frozenset(without)

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
        """The corpus's options, and how it is cut down."""
        cut: dict[str, Any] = {}
        if self._per_speaker is not None:
            cut["per_speaker"] = self._per_speaker
        if self._speakers:
            cut["speakers"] = sorted(self._speakers)
        if self._without:
            cut["without_speakers"] = sorted(self._without)
        return {**self._corpus.options, **cut}

    @property
    def root(self) -> Path | None:
        """The corpus's root."""
        return self._corpus.root

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        seen: Counter[str] = Counter()
        left_out: set[str] = set()
        for item in self._corpus:
            if isinstance(item, Utterance) and item.speaker is not None:
                if item.speaker in self._without:
                    left_out.add(item.speaker)
                    continue
                if self._speakers and item.speaker not in self._speakers:
                    continue
                seen[item.speaker] += 1
                if self._per_speaker is not None and seen[item.speaker] > self._per_speaker:
                    continue
            yield item
        self._refuse_strangers(set(seen) | left_out)

    def _refuse_strangers(self, known: set[str]) -> None:
        if strangers := sorted((self._speakers | self._without) - known):
            raise InputError(
                f"corpus {self.name!r} has no speaker {strangers[0]!r}, whom the recipe names; it is a misspelling, "
                "or another split"
            )

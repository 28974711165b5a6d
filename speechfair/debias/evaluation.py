"""The audits before and after: speakers the training never heard, through one and the same recogniser family.

Resumable like any audit; the run folders lie under ``before`` and ``after``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.types import Corpus, Exclusion, Utterance

if TYPE_CHECKING:
    from speechfair.auditing.transcription import Observer
    from speechfair.debias.recipe import DebiasRecipe, EvaluationSource
    from speechfair.types import CorpusCard, Recognizer

__all__ = ["FirstOfEachSpeaker", "audit_all", "evaluation_corpus", "recognizer_for"]

AUDIT_SEED = 0
"""Not the recipe's: the audit before is the same in every run on a model, whatever the training's seed."""


class FirstOfEachSpeaker:
    """A corpus cut down to the first so many utterances of each speaker; `options` says so.

    Parameters
    ----------
    corpus : whose order decides which come first.
    per_speaker : how many; rows without a speaker, and rows that cannot be used, all stay.
    """

    def __init__(self, corpus: Corpus, per_speaker: int) -> None:
        self._corpus, self._per_speaker = corpus, per_speaker

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
        """The corpus's options, and ``per_speaker``."""
        return {**self._corpus.options, "per_speaker": self._per_speaker}

    @property
    def root(self) -> Path | None:
        """The corpus's root."""
        return self._corpus.root

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        seen: Counter[str] = Counter()
        for item in self._corpus:
            if isinstance(item, Utterance) and item.speaker is not None:
                seen[item.speaker] += 1
                if seen[item.speaker] > self._per_speaker:
                    continue
            yield item


def evaluation_corpus(recipe: DebiasRecipe, source: EvaluationSource) -> Corpus:
    """The corpus of one evaluation."""
    from speechfair.corpora import load_corpus

    corpus = load_corpus(source.corpus, recipe.folder_of(source), **source.options)
    return corpus if source.per_speaker is None else FirstOfEachSpeaker(corpus, source.per_speaker)


def recognizer_for(
    recipe: DebiasRecipe, weights: Path, work: Path, name: str, changed: Mapping[str, Any] | None = None
) -> Recognizer:
    """The recipe's recogniser on a transformers folder.

    Parameters
    ----------
    work : where an exported copy of the weights may lie.
    name : what the model is called in the audit, and the name of the copy.
    changed : options in place of the recipe's own.
    """
    from speechfair.debias.pieces import export_ct2
    from speechfair.models import load_model

    family = recipe.recognizer.family
    folder = export_ct2(weights, work / name) if family == "faster-whisper" else weights
    options = {**recipe.recognizer.options, **(changed or {})}
    if recipe.language is not None and family != "ctc":
        options.setdefault("language", recipe.language)
    return load_model(f"{family}:{folder}", **{"name": name, **options})


def audit_all(recipe: DebiasRecipe, recognizer: Recognizer, folder: Path, observe: Observer | None) -> None:
    """Audit every evaluation of the recipe into ``folder/NAME``."""
    from speechfair.auditing.run import audit

    for source in recipe.evaluate:
        audit(
            evaluation_corpus(recipe, source),
            recognizer,
            source.group_by,
            out=folder / source.name,
            normalizer=recipe.normalizer,
            level=recipe.level,
            seed=AUDIT_SEED,
            observe=observe,
        )

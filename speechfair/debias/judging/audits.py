"""The audits before and after: speakers the training never heard, through one and the same recogniser family.

Resumable like any audit; the run folders lie under ``before`` and ``after``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.debias.data.sources import corpus_of

if TYPE_CHECKING:
    from speechfair.debias.recipe import DebiasRecipe
    from speechfair.running.transcription import Observer
    from speechfair.types import Recognizer

__all__ = ["audit_all", "recognizer_for"]

AUDIT_SEED = 0
"""Not the recipe's: the audit before is the same in every run on a model, whatever the training's seed."""


def recognizer_for(
    recipe: DebiasRecipe,
    weights: Path,
    work: Path,
    name: str,
    changed: Mapping[str, Any] | None = None,
    family: str | None = None,
) -> Recognizer:
    """The recipe's recogniser on a transformers folder.

    Parameters
    ----------
    work : where an exported copy of the weights may lie.
    name : what the model is called in the audit, and the name of the copy.
    changed : options in place of the recipe's own.
    family : in place of the recipe's own.
    """
    from speechfair.debias.training.pieces import export_ct2
    from speechfair.models import load_model

    family = family or recipe.recognizer.family
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
            corpus_of(recipe, source),
            recognizer,
            source.group_by,
            out=folder / source.name,
            normalizer=recipe.normalizer,
            level=recipe.level,
            seed=AUDIT_SEED,
            observe=observe,
        )

"""The run folder of a probe: its manifest, and a recipe that a later start must share.

The probes differ in what they ask; how a folder is begun, taken up again and refused is the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from speechfair.running.run_manifest import build_manifest, under_one_root
from speechfair.running.run_recipe import Analysis, CardPart, RunRecipe, model_part
from speechfair.running.run_record import RunRecord, read_record, refuse_other_recipe, reseal, seal
from speechfair.running.seals import read_sealed
from speechfair.running.stored_manifest import read_manifest
from speechfair.store import MANIFEST, RunFolder

if TYPE_CHECKING:
    import polars as pl

    from speechfair.types import Corpus, SpeechLanguageModel

__all__ = ["begin_or_compare", "listed", "settle"]


def listed(run: RunFolder, corpus: Corpus) -> pl.DataFrame:
    """The manifest of the corpus as it is now; a folder that is there already must be as it was written."""
    run.claim_empty()
    if run.exists:
        read_sealed(run)
    return build_manifest(corpus, run.path, keep=not run.exists)


def begin_or_compare(
    run: RunFolder,
    corpus: Corpus,
    manifest: pl.DataFrame,
    card: CardPart,
    parts: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Begin the folder, or check that it holds this very probe; the manifest as it is stored.

    Parameters
    ----------
    manifest : as `listed` gives it.
    card : part of the recipe.
    parts : the other parts, by their names in `RunRecipe`.
    files : texts that a new folder keeps, by name.

    Raises
    ------
    RunFolderError
        The folder holds a run of another recipe.
    """
    if run.exists:
        for part, new in parts.items():
            refuse_other_recipe(run, part, new)
        return read_manifest(run)
    manifest, root = under_one_root(manifest, corpus.root)
    run.begin()
    run.write_table(MANIFEST, manifest)
    for name, text in (files or {}).items():
        run.write_file(name, text.encode())
    seal(run, RunRecipe(card=card, **parts), root, corpus.card.statement)
    return manifest


def settle(run: RunFolder, model: SpeechLanguageModel, analysis: Analysis) -> RunRecord:
    """The record with this model and analysis: written where the recipe has none yet, refused where it has others."""
    for part, new in (("model", model_part(model)), ("analysis", analysis)):
        refuse_other_recipe(run, part, new)
        record = read_record(run)
        if getattr(record.recipe, part) is None:
            reseal(run, record, **{part: new})
    return read_record(run)

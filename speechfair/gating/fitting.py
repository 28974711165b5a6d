"""Whether criteria fit a prepared run, before a model has been asked: axes, groups, references and what they are for.

The guards of the gate are asked about the manifest, so what is refused here is what would end in an error later.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.gating.cases import RunFacts, cases_of
from speechfair.gating.criteria import read_criteria
from speechfair.gating.freezing import Standing
from speechfair.gating.guards import first_objection
from speechfair.running.seals import read_sealed
from speechfair.running.stored_manifest import read_manifest
from speechfair.store import RunFolder

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Fit", "criteria_fit"]

_SOURCES = ("audio", "sample_rate", "audio_sha256", "start_s", "end_s")


@dataclass(frozen=True, slots=True)
class Fit:
    """How a criteria file fits a run.

    Parameters
    ----------
    errors : what makes a criterion unusable for the run, such as a group that does not occur.
    warnings : what will leave a criterion undetermined whatever the model does, such as too few speakers.
    """

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def criteria_fit(path: str | Path, run: str | Path) -> Fit:
    """Compare a criteria file with the manifest of a run; nothing is written and no hypothesis is read.

    Raises
    ------
    InputError : the file is not a criteria file.
    RunFolderError : `run` is not a run folder, or it is not as it was written.
    """
    file, folder = read_criteria(Path(path)), RunFolder(run)
    recipe, manifest = read_sealed(folder).recipe, read_manifest(folder)
    model = recipe.model
    facts = RunFacts(
        scores=_unheard(manifest),
        normalizer=file.normalizer,
        tokens=file.tokens,
        card_reference=recipe.card.reference,
        differences=(),
        standing=Standing(Path(path).name, ""),
        sources=manifest.filter(manifest["excluded"].is_null()).select(*_SOURCES, utterance_id="id"),
        corpus=recipe.corpus.name,
        manifest_sha256=recipe.corpus.manifest_sha256,
        stripped=(tuple(file.strip_prefix), tuple(file.strip_suffix)),
        model=(model.name, model.key, model.digest) if model is not None else (file.model or "",),
    )
    errors: list[str] = []
    warnings: list[str] = []
    for criterion in file.criteria:
        for case in cases_of(file, criterion, facts):
            found = first_objection(case, ("run", "groups"))
            if found is not None:
                text = f"{criterion.id}: {found[1]}"
                (errors if found[0].verdict == "error" else warnings).append(text)
    return Fit(tuple(dict.fromkeys(errors)), tuple(dict.fromkeys(warnings)))


def _unheard(manifest: pl.DataFrame) -> pl.DataFrame:
    """The manifest as a table of scores in which every row with a text has one token and no error."""
    import polars as pl

    from speechfair.running.scoring import NO_TEXT

    no_text = pl.when(pl.col("text").is_null()).then(pl.lit(NO_TEXT))
    return manifest.select(
        pl.col("id").alias("utterance_id"),
        "speaker",
        "labels",
        pl.coalesce(pl.col("excluded"), no_text).alias("excluded"),
        pl.lit(False).alias("failed"),
        pl.lit(False).alias("runaway"),
        pl.col("text").alias("reference"),
        *(pl.lit(0, pl.Int64).alias(name) for name in ("substitutions", "deletions", "insertions")),
        pl.lit(1, pl.Int64).alias("reference_length"),
    )

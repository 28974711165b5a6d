"""Write imported transcripts or counts as run folders without audio: one folder a system, all with the same manifest.

The layout is that of any run (docs/explanation/run-folder.md), so every verb that needs no audio works on it.
Giving the
same transcripts again changes nothing; other transcripts for the same folder are refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.errors import InputError, RunFolderError
from speechfair.importing.transcripts import SystemTranscripts, Transcripts, folder_of, require_names
from speechfair.running.content_digest import content_digest, rows_digest
from speechfair.running.counted_elsewhere import counts_schema
from speechfair.running.run_recipe import CardPart, CorpusPart, ModelPart, RunRecipe, plain_value
from speechfair.running.run_record import mark_evaluation, refuse_other_recipe, seal
from speechfair.running.seals import read_sealed
from speechfair.running.transcription import hypothesis_schema, utterance_digest
from speechfair.store import MANIFEST, RunFolder
from speechfair.text.normalizers import COUNTED_ELSEWHERE

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CORPUS", "COUNTED", "FAMILY", "STATEMENT", "write_run_folder", "write_run_folders"]

CORPUS = "transcripts"
"""The corpus name of runs that were imported."""
FAMILY = "transcripts"
"""The model family of runs whose hypotheses were imported."""
STATEMENT = (
    "The transcripts were imported: they were made elsewhere, before this run, and the audio was not available. That a "
    "system wrote them, and of this audio, is the word of whoever gave them."
)
COUNTED = (
    "The counts were imported: errors and words were counted elsewhere, before this run, from texts that were not "
    "available. That a system made these errors, and on this audio, is the word of whoever gave them."
)


@dataclass(frozen=True)
class _Shared:
    """What all run folders of one import have in common."""

    manifest: pl.DataFrame
    corpus: CorpusPart
    digests: pl.DataFrame


def write_run_folders(transcripts: Transcripts, out: Path, *, replace: bool = False) -> dict[str, Path]:
    """Write ``out``/SYSTEM for every system; folders by the name of the system.

    Parameters
    ----------
    replace : remove what an earlier import wrote into these folders; a folder of another kind is never touched. The
        folder's log, its times and the changes that were accepted in it stay on record.

    Raises
    ------
    InputError
        Two systems would share a folder.
    RunFolderError
        A folder holds another run, or something that is no run, or is not as it was written.
    """
    require_names([system.name for system in transcripts.systems])
    shared = _shared(transcripts)
    folders = {system.name: out / folder_of(system.name) for system in transcripts.systems}
    if (out / "run.yaml").exists():
        raise RunFolderError(
            f"{out} is a run folder itself; give another --out, the folder that run folders go into"
        )
    for system in transcripts.systems:
        _check(RunFolder(folders[system.name]), shared, system, replace)
    for system in transcripts.systems:
        _write(RunFolder(folders[system.name]), shared, system, replace)
    return folders


def write_run_folder(transcripts: Transcripts, system: SystemTranscripts, path: Path) -> Path:
    """Write one system's run folder at `path` itself; raises as `write_run_folders`."""
    shared = _shared(transcripts)
    run = RunFolder(path)
    _check(run, shared, system, replace=False)
    _write(run, shared, system, replace=False)
    return path


def _shared(transcripts: Transcripts) -> _Shared:
    import polars as pl

    manifest = transcripts.manifest
    corpus = CorpusPart(
        name=CORPUS,
        version="",
        options=plain_value(transcripts.source),
        manifest_sha256=content_digest(manifest),
    )
    usable = manifest.filter(pl.col("excluded").is_null()).select("id", "start_s", "end_s")
    stretches = usable.select("start_s", "end_s").unique(maintain_order=True)
    nothing = {"audio_sha256": None, "audio_error": None}
    found = [utterance_digest({**nothing, **row}) for row in stretches.iter_rows(named=True)]
    digests = usable.join(
        stretches.with_columns(pl.Series("utterance_digest", found, dtype=pl.String)),
        on=["start_s", "end_s"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    ).select("id", "utterance_digest")
    return _Shared(manifest, corpus, digests)


def model_record(system: SystemTranscripts) -> ModelPart:
    """The recipe's ``model``: its digest is over the transcripts, since nothing else is known of what wrote them."""
    names = ("id", *counts_schema()) if system.counted else ("id", "text", "error", "confidence")
    digest = rows_digest(system.table.select(names))
    key = hashlib.sha256(json.dumps([FAMILY, digest, system.name]).encode()).hexdigest()[:16]
    return ModelPart(
        name=system.name,
        key=key,
        family=FAMILY,
        digest=digest,
        options=plain_value(system.source),
        versions={},
    )


def _check(run: RunFolder, shared: _Shared, system: SystemTranscripts, replace: bool) -> None:
    """Refuse before anything is written."""
    run.claim_empty()
    if not run.exists:
        return
    imported = read_sealed(run).recipe.source != "audio"
    if replace:
        if not imported:
            raise RunFolderError(
                f"{run.path} holds a run that was not imported; --replace removes only imported ones: choose "
                "another --out"
            )
        return
    try:
        refuse_other_recipe(run, "corpus", shared.corpus)
        refuse_other_recipe(run, "model", model_record(system))
    except RunFolderError as error:
        if imported:
            raise RunFolderError(f"{error}; or give --replace to import anew") from None
        raise


def _write(run: RunFolder, shared: _Shared, system: SystemTranscripts, replace: bool) -> None:
    model = model_record(system)
    with run.locked(new=True):
        if run.exists and replace:
            _remove(run)
        if run.exists and run.parts(model.key):
            return
        if not run.exists:
            run.begin()
        run.write_table(MANIFEST, shared.manifest)
        recipe, statement = _recipe(shared, system, model)
        seal(run, recipe, None, statement)
        mark_evaluation(run)
        run.add_part(model.key, _part(system, shared.digests, model.key))
        seal(run, recipe, None, statement)


def _recipe(shared: _Shared, system: SystemTranscripts, model: ModelPart) -> tuple[RunRecipe, str]:
    if system.counted:
        card = CardPart(normalizer=COUNTED_ELSEWHERE)
        return RunRecipe(corpus=shared.corpus, card=card, source="counts", model=model), COUNTED
    return RunRecipe(corpus=shared.corpus, source="imported", model=model), STATEMENT


def _part(system: SystemTranscripts, digests: pl.DataFrame, key: str) -> pl.DataFrame:
    import polars as pl

    schema = hypothesis_schema() | (counts_schema() if system.counted else {})
    if not digests["id"].equals(system.table["id"]):
        raise InputError(f"the rows of {system.name!r} are not those of the manifest")
    table = system.table.rename({"id": "utterance_id"}).with_columns(
        digests["utterance_digest"], pl.lit(key).alias("model"), pl.lit(0.0).alias("seconds")
    )
    return table.select(
        table[name].cast(kind) if name in table.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in schema.items()
    )


def _remove(run: RunFolder) -> None:
    """What an earlier import and its scoring wrote; the log, times and accepted changes stay on record."""
    for path in (*run.path.glob("hypotheses/*/*"), *run.path.glob("scores/*")):
        run.remove_file(path.relative_to(run.path).as_posix())
    for name in ("audit.json", "report.html"):
        run.remove_file(name)

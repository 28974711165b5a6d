"""Other labels for the rows of a run folder: its hypotheses stay, its scores and analysis go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from speechfair.errors import RunFolderError
from speechfair.running.run_recipe import CorpusPart
from speechfair.running.run_record import read_record, seal, utc_now
from speechfair.running.stored_manifest import read_manifest
from speechfair.store import MANIFEST, RunFolder

if TYPE_CHECKING:
    import polars as pl

__all__ = ["only_labels_differ", "relabel"]


def only_labels_differ(run: RunFolder, part: CorpusPart, manifest: pl.DataFrame) -> bool:
    """Whether the folder holds the same rows of the same audio under other labels."""
    old = read_record(run).recipe.corpus
    if old == part or (old.name, old.version) != (part.name, part.version):
        return False
    if _without_labels(old.options) != _without_labels(part.options):
        return False
    before = read_manifest(run)
    columns = [name for name in before.columns if name not in ("labels", "channels")]
    return before.select(columns).equals(manifest.select(columns))


def _without_labels(options: Mapping[str, Any]) -> dict[str, Any]:
    columns = {key: value for key, value in (options.get("columns") or {}).items() if key != "labels"}
    return {**options, "columns": columns}


def relabel(run: RunFolder, part: CorpusPart, manifest: pl.DataFrame) -> pl.DataFrame:
    """Put other labels in the place of those of a folder; its hypotheses stay, its scores and analysis go.

    Raises
    ------
    RunFolderError
        Criteria were frozen into the folder: labels that are chosen after them may be chosen for the verdict.
    """
    record = read_record(run)
    if record.history.criteria:
        raise RunFolderError(
            f"{run.path}: criteria were frozen into this folder, so its labels can no longer change; choose another "
            "--out"
        )
    for path in (run.path / "audit.json", *(run.path / "scores").rglob("*.parquet")):
        run.remove_file(path.relative_to(run.path).as_posix())
    run.write_table(MANIFEST, manifest)
    recipe = record.recipe.having(corpus=part, analysis=None)
    seal(run, recipe, record.root, record.statement, relabelled=utc_now())
    return read_manifest(run)

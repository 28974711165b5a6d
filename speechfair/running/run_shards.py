"""A run divided among machines: each recognises every n-th batch of the plan into a run folder of its own.

The prepared folder is only read. `speechfair.running.merging` brings the shards together.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.errors import InputError, RunFolderError
from speechfair.running.audio_root import audio_root
from speechfair.running.engine import Engine
from speechfair.running.run_recipe import MOST_SHARDS, RunRecipe, Shard, model_part
from speechfair.running.run_record import read_record, refuse_other_recipe, seal
from speechfair.running.seals import read_sealed
from speechfair.running.stored_manifest import read_manifest
from speechfair.running.transcription import Observer, transcribe_recorded
from speechfair.store import MANIFEST, RunFolder

if TYPE_CHECKING:
    from speechfair.types import Recognizer

__all__ = ["parse_shard", "refuse_shard", "shard_folder", "transcribe_shard"]


def parse_shard(text: str) -> Shard:
    """The shard that ``3/16`` names.

    Raises
    ------
    InputError
        It is not a number and a count, lies outside of 1 to the count, or the count is above `MOST_SHARDS`.
    """
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError(
            f"shard {text!r}: write it as NUMBER/COUNT, numbered from 1, such as 3/16 for the third of sixteen"
        )
    if int(match[2]) > MOST_SHARDS:
        raise InputError(f"shard {text!r}: a run is divided into {MOST_SHARDS:,} shards at most")
    return Shard(number=int(match[1]), of=int(match[2]))


def shard_folder(run: Path, shard: Shard) -> Path:
    """Where a shard lies unless another folder is named: ``RUN.shards/03-of-16``."""
    width = len(str(shard.of))
    return run.with_name(f"{run.name}.shards") / f"{shard.number:0{width}d}-of-{shard.of}"


def refuse_shard(run: RunFolder) -> None:
    """Raise `RunFolderError` for the folder of a shard, which is no whole run."""
    shard = read_record(run).recipe.shard
    if shard is not None:
        raise RunFolderError(
            f"{run.path} holds shard {shard} of a run. Continue it with `speechfair transcribe RUN --shard {shard}`, "
            "or bring all shards together with `speechfair merge RUN SHARD…`"
        )


def transcribe_shard(
    run: RunFolder,
    shard: Shard,
    model: Recognizer,
    out: str | Path | None = None,
    *,
    retry_failed: bool = False,
    observe: Observer | None = None,
    engine: Engine | None = None,
) -> RunFolder:
    """Recognise what is missing of one shard of a prepared run folder, and return the shard's folder.

    Parameters
    ----------
    run : prepared folder; it is only read.
    out : folder of the shard; None is `shard_folder`.
    engine : what recognises the batches; None is this process.

    Raises
    ------
    InputError
        The model's window is to be chosen by a trial, which every shard would decide for itself.
    RunFolderError
        A folder is not as it was written, holds something else, or `run` was imported or is of another model.
    """
    if getattr(model, "candidate_window_s", None) is not None:
        raise InputError(
            "with --shard every machine would choose the window for itself; name it, such as --window exact, "
            "or leave --shard out"
        )
    refuse_shard(run)
    whole = read_sealed(run)
    if whole.recipe.source != "audio":
        raise RunFolderError(f"{run.path} was imported, so it has no audio that a shard could recognise")
    refuse_other_recipe(run, "model", model_part(model))  # else only `merge` would, when all is recognised
    manifest = read_manifest(run)
    # A shard is begun here, so its root would pass for one that the user named, even if another stands in for it.
    named = whole.root is None or audio_root(whole.root, run.path) == Path(whole.root)
    folder = RunFolder(out if out is not None else shard_folder(run.path, shard))
    if folder.path.resolve() == run.path.resolve():
        raise InputError(f"{folder.path} is the run itself; name another folder for the shard")
    with folder.locked(new=True):
        folder.claim_empty()
        wanted = RunRecipe(corpus=whole.recipe.corpus, card=whole.recipe.card, shard=shard)
        if folder.exists:
            read_sealed(folder)
            _refuse_other_run(folder, wanted)
        else:
            folder.begin()
            folder.write_table(MANIFEST, manifest)
            seal(folder, wanted, whole.root, whole.statement, root_is_named=named)
        transcribe_recorded(
            folder,
            manifest,
            model,
            retry_failed=retry_failed,
            observe=observe,
            shard=shard,
            stored_audio=run.path,
            engine=engine,
        )
    return folder


def _refuse_other_run(folder: RunFolder, wanted: RunRecipe) -> None:
    if read_record(folder).recipe.shard is None:
        raise RunFolderError(
            f"{folder.path} holds a whole run, not a shard; name another folder for the shard"
        )
    for part in ("corpus", "card", "shard"):
        refuse_other_recipe(folder, part, getattr(wanted, part))

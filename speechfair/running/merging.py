"""`merge`: the shards of a run in one folder, as if one machine had recognised everything.

Each shard must be as it was written, of the same manifest, model and division, and there once. Parts are written in the
order of the plan, so that the folder holds what an undivided run holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, RunFolderError
from speechfair.running.batch_plan import plan_batches, share_of
from speechfair.running.run_log import log_state
from speechfair.running.run_recipe import ModelPart, RunRecipe, Shard
from speechfair.running.run_record import RunRecord, recipe_changes, seal
from speechfair.running.run_shards import refuse_shard
from speechfair.running.seals import read_sealed
from speechfair.running.stored_manifest import read_manifest
from speechfair.running.transcription import read_hypotheses, utterance_digest
from speechfair.store import RunFolder

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Merged", "merge"]


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merged folder holds.

    Parameters
    ----------
    folder : the run folder.
    n_hypotheses : utterances with a hypothesis or a recorded failure; of them `n_new` came with this call.
    n_failed : of them failures.
    n_missing : utterances that no shard has recognised yet.
    missing_from : the shards that lack them, such as ``7/16``.
    """

    folder: RunFolder
    n_hypotheses: int
    n_new: int
    n_failed: int
    n_missing: int
    missing_from: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Given:
    """A shard's folder and what it holds."""

    path: Path
    shard: Shard
    recipe: RunRecipe
    model: ModelPart
    evaluated: str
    table: pl.DataFrame


class _Plan:
    """The batches of a manifest, as ids of utterances, and the digest of what each of them is to be made from."""

    def __init__(self, manifest: pl.DataFrame) -> None:
        ids = manifest["id"].to_list()
        self.batches = [[ids[row] for row in batch] for batch in plan_batches(manifest)]
        self.digests = {
            row["id"]: utterance_digest(row)
            for row in manifest.filter(manifest["excluded"].is_null()).iter_rows(named=True)
        }

    def names(self, shard: Shard) -> list[str]:
        """The utterances of a shard."""
        return [name for batch in share_of(self.batches, shard) for name in batch]


def merge(
    out: str | Path,
    shards: Sequence[str | Path],
    *,
    partial: bool = False,
    read: Callable[[RunFolder], RunRecord] = read_sealed,
) -> Merged:
    """Bring the shards of `transcribe` together in the run folder that they were made from.

    Call it again with more shards, or after a kill: what is there already is not written twice. `out` records the
    earliest time at which a shard began, so criteria that were frozen before it are in order.

    Parameters
    ----------
    out : the prepared run folder.
    shards : folders of the shards.
    partial : accept that shards are missing or unfinished. `speechfair transcribe` recognises the rest in `out`.
    read : reads the record of `out` and refuses a folder that was changed.

    Raises
    ------
    RunFolderError
        A shard is of another run, model or division, was given twice, was changed, lacks utterances (unless `partial`),
        or contradicts what `out` holds. Every such shard is named, and nothing is written.
    """
    if not shards:
        raise InputError("no shard is named; give the folders that `speechfair transcribe --shard` wrote")
    run = RunFolder(out)
    with run.locked():
        refuse_shard(run)
        record = read(run)
        plan = _Plan(read_manifest(run))
        given = _read_shards(record, plan, [Path(path) for path in shards])
        model = record.recipe.model or given[0].model
        before = read_hypotheses(run, model.key)
        new = _new_rows(run, before, given)
        absent = _absent(plan, given[0].shard.of, {*before["utterance_id"], *new["utterance_id"]})
        if absent and not partial:
            raise RunFolderError(
                f"{run.path}: not every utterance was recognised:\n  "
                + "\n  ".join(f"shard {name} lacks {n} utterances" for name, n in absent.items())
                + "\nfinish or name these shards, or accept it with --partial and recognise the rest with "
                "`speechfair transcribe`"
            )
        if new.height:
            _write(run, record, model, plan, new, min(each.evaluated for each in given))
        whole = read_hypotheses(run, model.key)
    return Merged(
        folder=run,
        n_hypotheses=whole.height,
        n_new=new.height,
        n_failed=int(whole["error"].is_not_null().sum()),
        n_missing=sum(absent.values()),
        missing_from=tuple(absent),
    )


def _read_shards(record: RunRecord, plan: _Plan, paths: Sequence[Path]) -> list[_Given]:
    """The shards, if all can be used; else `RunFolderError` says what is wrong with each that cannot."""
    given: list[_Given] = []
    wrong: list[str] = []
    for path in paths:
        try:
            found = _read_shard(path)
        except RunFolderError as error:
            wrong.append(str(error))
            continue
        if changed := _other_run(record, found, given):
            wrong.append(changed)
        elif foreign := _foreign_row(plan, found):
            wrong.append(
                f"{path}: its hypothesis of utterance {foreign!r} does not belong to shard {found.shard}"
            )
        else:
            given.append(found)
    if wrong:
        raise RunFolderError("nothing was merged:\n  " + "\n  ".join(wrong))
    return given


def _read_shard(path: Path) -> _Given:
    folder = RunFolder(path)
    record = read_sealed(folder)
    shard, model, evaluated = record.recipe.shard, record.recipe.model, record.history.evaluated
    if shard is None:
        raise RunFolderError(f"{path} is not a shard; `speechfair transcribe --shard` writes them")
    if model is None or evaluated is None:
        raise RunFolderError(
            f"{path} does not record when shard {shard} began to recognise; transcribe it again"
        )
    if unseen := log_state(folder).unlogged:
        # when it began to recognise becomes the time of the merged run, which no log would then question
        raise RunFolderError(
            f"{path}: nobody can see {unseen.partition(';')[0]}; transcribe shard {shard} again"
        )
    if record.accepted:
        raise RunFolderError(
            f"{path} holds changes from outside ({record.accepted[0]}); transcribe shard {shard} again"
        )
    return _Given(path, shard, record.recipe, model, evaluated, read_hypotheses(folder, model.key))


def _other_run(record: RunRecord, found: _Given, given: Sequence[_Given]) -> str | None:
    """What tells a shard from the run and from the shards before it, in words; None where it belongs to them."""
    model = record.recipe.model or (given[0].model if given else None)
    for part, ours, theirs in (
        ("corpus", record.recipe.corpus, found.recipe.corpus),
        ("card", record.recipe.card, found.recipe.card),
        ("model", model, found.model),
    ):
        if changed := recipe_changes(ours, theirs, part):
            return f"{found.path} is of another run ({part}):\n    " + "\n    ".join(changed)
    for other in given:
        if other.shard.of != found.shard.of:
            return f"{found.path} is shard {found.shard}, but {other.path} is shard {other.shard} of another division"
        if other.shard == found.shard:
            return f"{found.path} is shard {found.shard}, and so is {other.path}; name one of them"
    return None


def _foreign_row(plan: _Plan, found: _Given) -> str | None:
    """An utterance that a shard holds and that is not among its batches, or was made from other audio."""
    ours = {name: plan.digests[name] for name in plan.names(found.shard)}
    pairs = found.table.select("utterance_id", "utterance_digest").iter_rows()
    return next((name for name, digest in pairs if ours.get(name) != digest), None)


def _new_rows(run: RunFolder, before: pl.DataFrame, given: Sequence[_Given]) -> pl.DataFrame:
    """What the shards hold and `run` does not. A failure in `run` may be replaced by a text, no text by anything."""
    import polars as pl

    table = pl.concat([each.table for each in given])
    new = table.join(before, on=table.columns, how="anti", nulls_equal=True)
    heard = before.filter(pl.col("error").is_null())["utterance_id"].implode()
    healed = pl.col("utterance_id").is_in(heard) & pl.col("error").is_not_null()
    new = new.filter(~healed)
    twice = new.filter(pl.col("utterance_id").is_in(heard))
    if twice.height:
        name = twice["utterance_id"][0]
        path = next(each.path for each in given if name in each.table["utterance_id"])
        raise RunFolderError(
            f"{run.path} already holds another hypothesis of utterance {name!r} than {path}; nothing was merged. "
            "Prepare the corpus into a new folder to merge these shards"
        )
    return new


def _absent(plan: _Plan, of: int, there: set[str]) -> dict[str, int]:
    """How many utterances each shard lacks, by its name; complete shards are left out."""
    shards = [Shard(number=number, of=of) for number in range(1, of + 1)]
    lacking = {str(shard): sum(name not in there for name in plan.names(shard)) for shard in shards}
    return {shard: n for shard, n in lacking.items() if n}


def _write(
    run: RunFolder, record: RunRecord, model: ModelPart, plan: _Plan, new: pl.DataFrame, began: str
) -> None:
    """The new rows as parts, in the order of the plan, under the earliest time at which a model was asked."""
    times: dict[str, Any] = {}
    if record.history.evaluated is not None or not run.parts(model.key):
        times["evaluated"] = min(began, record.history.evaluated or began)
    recipe = record.recipe.having(model=model)
    seal(run, recipe, record.root, record.statement, **times)
    rows = {name: row for row, name in enumerate(new["utterance_id"])}
    for batch in plan.batches:
        if there := [rows[name] for name in batch if name in rows]:
            run.add_part(model.key, new[there])
    seal(run, recipe, record.root, record.statement)

"""What a debiasing run leaves in a process folder: its training record, the rows it trained on, and its audits.

Written from the run folder after it ended. The release's approver reads it; nothing is judged here.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair import __version__
from speechfair.debias.process_record import training_record
from speechfair.errors import InputError
from speechfair.process.training_evidence import write_training

if TYPE_CHECKING:
    from speechfair.debias.recipe import DebiasRecipe

__all__ = ["enter_training", "require_evaluation"]


def enter_training(
    process: Path, run: Path, recipe: DebiasRecipe, trainer: str | None = None, *, evaluated: bool = True
) -> list[str]:
    """Write the training record of a run, and list it with its data and audits in ``runs.yaml``.

    Parameters
    ----------
    trainer : id in ``roles.yaml``; None takes its only trainer.
    evaluated : whether the audits are there to be listed; False directly after the training.

    Returns
    -------
    What was written, a line each.

    Raises
    ------
    InputError : nobody, or more than one, is named as trainer.
    """
    from speechfair.process.init import add_records, add_runs
    from speechfair.process.material import source_of

    who = trainer or _only_trainer(process)
    entries = _training_rows(process, run, recipe)
    targets = [source.name for source in recipe.evaluate if not source.protected]
    for name in targets[:1] if evaluated else []:
        entries += [
            ("baseline", source_of(run / "before" / name, process).path),
            ("evaluation", source_of(run / "after" / name, process).path),
        ]
    record = training_record(run, trainer=who, commit=_commit())
    path = process / "training" / f"{run.name}.json"
    write_training(path, record)
    add_records(process, [source_of(path, process).path])
    add_runs(process, entries)
    return [f"training record: {path}", *(f"runs.yaml: {role} {where}" for role, where in entries)]


def _training_rows(process: Path, run: Path, recipe: DebiasRecipe) -> list[tuple[str, str]]:
    """Prepared folders of all speech that was trained on, the method's side corpora too, unless they are listed."""
    from speechfair.auditing.run import prepare
    from speechfair.debias.data.sources import corpus_of
    from speechfair.debias.method import load_method
    from speechfair.process.material import source_of
    from speechfair.running.run_record import read_record

    listed = _listed(process)
    entries = []
    for number, source in enumerate([*recipe.train, *load_method(recipe.method).side_sources()]):
        data = process.parent / "data" / f"{run.name}-{number}-{source.corpus}"
        prepared = prepare(corpus_of(recipe, source), data)
        if read_record(prepared).recipe.corpus.manifest_sha256 not in listed:
            entries.append(("training", source_of(data, process).path))
    return entries


def require_evaluation(process: Path, run: Path, recipe: DebiasRecipe) -> None:
    """Refuse the audits of a run whose training is finished, if the evaluation gate is not open.

    Raises
    ------
    InputError : the gate is not open and no reason to override it was given.
    """
    from speechfair.process.journal import require_gate

    try:
        for source in recipe.evaluate:
            for place in ("before", "after"):
                require_gate("audit", run / place / source.name, process)
    except InputError as error:
        raise InputError(
            f"the training is finished and recorded. {error}. Then run the same command again to continue"
        ) from None


def _listed(process: Path) -> set[str | None]:
    """Digests of the manifests that ``runs.yaml`` already lists as trained on."""
    from speechfair.process.material import read_material

    return {run.manifest_sha256 for run in read_material(process).of_role("training")}


def _only_trainer(process: Path) -> str:
    from speechfair.process.forms import read_form

    named = read_form(process, "roles.yaml").values["trainer"]
    if len(named) != 1:
        raise InputError(
            f"{process / 'roles.yaml'} names {len(named)} trainers; say who trained with --trainer"
        )
    return str(named[0])


def _commit() -> str:
    """The commit of the checkout that this runs from, or the version of an installed package."""
    here = Path(__file__).resolve().parent.parent.parent
    if (here / ".git").exists():
        found = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
        if found.returncode == 0:
            return found.stdout.strip()
    return f"speechfair-{__version__}"

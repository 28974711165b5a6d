"""What a debiasing run leaves in a process folder: its training record, the rows it trained on, and its audits.

Written from the run folder after it ended. The release's approver reads it; nothing is judged here.
"""

from __future__ import annotations

import json
import platform
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair import __version__
from speechfair.errors import InputError
from speechfair.process.training import Base, Candidate, Selection, TrainingRecord, write_training
from speechfair.store import RunFolder

if TYPE_CHECKING:
    from speechfair.debias.recipe import DebiasRecipe

__all__ = ["enter_training"]


def enter_training(process: Path, run: Path, recipe: DebiasRecipe, trainer: str | None = None) -> list[str]:
    """Write the training record of a finished run, and list it with its data and audits in ``runs.yaml``.

    Parameters
    ----------
    trainer : id in ``roles.yaml``; None takes its only trainer.

    Returns
    -------
    What was written, a line each.

    Raises
    ------
    InputError : nobody, or more than one, is named as trainer.
    """
    from speechfair.auditing.run import prepare
    from speechfair.debias.sources import corpus_of
    from speechfair.process.init import add_records, add_runs
    from speechfair.process.material import source_of

    who = trainer or _only_trainer(process)
    entries: list[tuple[str, str]] = []
    digests: dict[str, str] = {}
    for number, source in enumerate(recipe.train):
        corpus = corpus_of(recipe, source)
        data = process.parent / "data" / f"{run.name}-{number}-{source.corpus}"
        prepared = prepare(corpus, data)
        digests[f"training-{number}"] = prepared.read()["recipe"]["corpus"]["manifest_sha256"]
        entries.append(("training", source_of(data, process).path))
    targets = [source.name for source in recipe.evaluate if not source.protected]
    for name in targets[:1]:
        entries += [
            ("baseline", source_of(run / "before" / name, process).path),
            ("evaluation", source_of(run / "after" / name, process).path),
        ]
    record = _record(process, run, recipe, who, digests, targets[0])
    path = process / "training" / f"{run.name}.json"
    write_training(path, record)
    add_records(process, [source_of(path, process).path])
    add_runs(process, entries)
    return [f"training record: {path}", *(f"runs.yaml: {role} {where}" for role, where in entries)]


def _only_trainer(process: Path) -> str:
    from speechfair.process.forms import read_form

    named = read_form(process, "roles.yaml").values["trainer"]
    if len(named) != 1:
        raise InputError(
            f"{process / 'roles.yaml'} names {len(named)} trainers; say who trained with --trainer"
        )
    return str(named[0])


def _record(
    process: Path, run: Path, recipe: DebiasRecipe, trainer: str, data: dict[str, str], target: str
) -> TrainingRecord:
    import yaml

    about = yaml.safe_load((run / "debias.yaml").read_text(encoding="utf-8"))
    training = json.loads((run / "training" / "training.json").read_text(encoding="utf-8"))
    started, ended = _times(process, run)
    evaluated = RunFolder(run / "after" / target).read()
    return TrainingRecord(
        id=run.name,
        outcome="completed",
        started=started,
        ended=ended,
        trainer=trainer,
        commit=_commit(),
        method=recipe.method.name,
        settings=recipe.model_dump(mode="json", exclude={"data_root"}),
        seed=recipe.seed,
        data=data,
        base=Base(name=recipe.model, sha256=about["base_digest"]),
        versions={str(k): str(v) for k, v in about["environment"].items()},
        hardware=f"{platform.machine()}, {platform.system()}",
        output_sha256=evaluated["recipe"]["model"]["digest"],
        selection=_selection(training, data, evaluated),
    )


def _selection(training: dict[str, Any], data: dict[str, str], evaluated: dict[str, Any]) -> Selection | None:
    """The checkpoints that were compared on the watched speakers, by the worst group's rate."""
    candidates = []
    for entry in training.get("history", []):
        groups = {k.removeprefix("eval_group/"): v for k, v in entry.items() if k.startswith("eval_group/")}
        if groups:
            overall = sum(groups.values()) / len(groups)
            candidates.append(Candidate(name=f"step {int(entry['step'])}", overall=overall, groups=groups))
    if not candidates:
        return None
    return Selection(
        rule="lowest_worst_group",
        development_manifest_sha256=next(iter(data.values())),
        candidates=candidates,
        chosen=f"step {training['kept_step']}",
        # the model was saved, and with it the choice was made, before its evaluation was prepared
        chosen_at=evaluated["history"]["prepared"],
    )


def _times(process: Path, run: Path) -> tuple[str, str]:
    """When the run began and ended, by the ledger."""
    from speechfair.process.ledger import Ledger
    from speechfair.process.material import source_of

    where = source_of(run, process).path
    entries = [e for e in Ledger(process).read().entries if e.body.get("folder") == where]
    begun = [e.time for e in entries if e.kind == "run_begun"]
    ended = [e.time for e in entries if e.kind == "run_ended"]
    if not begun or not ended:
        raise InputError(f"{process / 'ledger.jsonl'} does not hold the beginning and the end of {run}")
    return begun[-1], ended[-1]


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

"""A finished debiasing run as the process ledger wants it: data, recipe, seed, weights, and why this checkpoint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, RunFolderError, SpeechfairError
from speechfair.process.training_evidence import (
    Base,
    Candidate,
    Selection,
    Teacher,
    TrainingRecord,
    named_sources,
    write_training,
)
from speechfair.running.run_record import read_record
from speechfair.store import RunFolder
from speechfair.strict_json import parse_json
from speechfair.strict_yaml import parse_yaml

__all__ = ["ending_of", "record_training", "training_digests", "training_record"]

_DAMAGED = (OSError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, SpeechfairError)
"""What reading the files of a run ends in where they were damaged."""


def record_training(run: str | Path, target: str | Path, *, trainer: str, commit: str) -> TrainingRecord:
    """Write the training record of `run` to `target`, to be listed in a process folder.

    Parameters and errors as in `training_record`.
    """
    found = training_record(run, trainer=trainer, commit=commit)
    write_training(Path(target), found)
    return found


def training_record(run: str | Path, *, trainer: str, commit: str) -> TrainingRecord:
    """The record of a run whose training is finished; its evaluation need not be.

    Parameters
    ----------
    trainer : who trained, as named in ``roles.yaml``.
    commit : of the training code, seven characters or more.

    Raises
    ------
    RunFolderError
        `run` is not finished, or was made before runs noted their times.
    InputError
        `trainer` or `commit` is not usable.
    """
    if not trainer.strip() or len(commit) < 7:
        raise InputError(
            "a training record needs --trainer, as in roles.yaml, and --commit of at least 7 letters"
        )
    folder = Path(run)
    try:
        return _record_of(folder, trainer, commit)
    except _DAMAGED as error:
        raise RunFolderError(f"{folder} holds no finished training with its times: {error!r}") from None


def _record_of(folder: Path, trainer: str, commit: str) -> TrainingRecord:
    record: dict[str, Any] = parse_yaml(folder / "debias.yaml")[0]
    training = parse_json((folder / "training" / "training.json").read_text(encoding="utf-8"))
    asked = record["recipe"]
    made = record.get("trained") or _from_evaluation(folder, record)
    return TrainingRecord(
        id=folder.name,
        outcome="completed",
        started=record["started"],
        ended=made["ended"],
        trainer=trainer,
        commit=commit,
        method=asked["method"]["name"],
        # where the speech lay says nothing about the training, and is somebody's folder
        settings={key: value for key, value in asked.items() if key not in ("seed", "data_root")},
        seed=asked["seed"],
        data={**training_digests(record), "development": training["development_digest"]},
        base=Base(name=asked["model"], sha256=record["base_digest"]),
        averaged=training["finish"].get("averaged") or training["finish"].get("merged") or [],
        teacher=Teacher(**teacher) if (teacher := training["finish"].get("teacher")) else None,
        versions={str(name): str(version) for name, version in made["environment"].items()},
        hardware=made["hardware"],
        output_sha256=made["output_sha256"],
        # the model was saved, and with it the choice was made, before its evaluation
        selection=_selection(training, asked, made.get("chosen_at", made["ended"])),
    )


def ending_of(run: str | Path) -> dict[str, Any]:
    """What the ledger notes at the end of a debiasing run: digests of its record and of all data that it read.

    Raises
    ------
    RunFolderError : ``debias.yaml`` cannot be read.
    """
    path = Path(run) / "debias.yaml"
    try:
        content = path.read_bytes()
        data = training_digests(parse_yaml(path)[0])
    except _DAMAGED as error:
        raise RunFolderError(f"{path} holds no training: {error!r}") from None
    return {"debias_yaml_sha256": hashlib.sha256(content).hexdigest(), "training_data": data}


def training_digests(record: Mapping[str, Any]) -> dict[str, str]:
    """The sha256 of each manifest that a run read for its training, by name, and of the rows that it made.

    Parameters
    ----------
    record : content of ``debias.yaml``, whose digests come in the order of `named_sources`.
    """
    digests = record["training_manifests"]
    names = [*named_sources(record["recipe"])][: len(digests)]
    names += [f"made-{place}" for place in range(len(digests) - len(names))]
    return dict(zip(names, digests, strict=True))


def _from_evaluation(folder: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a run that did not note its training apart: from its end and its first evaluation."""
    # every evaluation is of the one model; what the first of them measured is what was made
    evaluated = read_record(RunFolder(folder / "after" / record["recipe"]["evaluate"][0]["name"]))
    output, prepared = evaluated.recipe.model, evaluated.history.prepared
    if output is None or prepared is None:
        raise RunFolderError("the evaluation was not transcribed, or its times are not recorded")
    return {
        "ended": record["ended"],
        "output_sha256": output.digest,
        "chosen_at": prepared,
        "environment": record["environment"],
        "hardware": record["hardware"],
    }


def _selection(training: Mapping[str, Any], asked: Mapping[str, Any], chosen_at: str) -> Selection | None:
    """What the method tried after training, or the checks, if the kept one was chosen among them by the worst group."""
    from speechfair.debias.recipe import Margin
    from speechfair.debias.training.selection import applied_before, protected_limit

    before = applied_before(training["finish"], training["development_before"])
    limits = {
        "protected_before": before.get("protected"),
        "protected_limit": protected_limit(before, Margin.model_validate(asked["margin"])),
    }
    if curve := training["finish"].get("curve"):
        return _of_curve(training, curve, chosen_at, limits)
    checks = [entry for entry in training.get("history", []) if "eval_worst" in entry]
    if not checks or asked["patience"] is None:
        return None
    return Selection(
        rule="lowest_worst_group",
        development_manifest_sha256=training["development_digest"],
        candidates=[
            Candidate(
                name=f"step-{int(entry['step'])}",
                overall=entry["eval_macro"],
                groups={
                    key.removeprefix("eval_group/"): rate
                    for key, rate in entry.items()
                    if key.startswith("eval_group/")
                },
                protected=entry.get("eval_protected"),
            )
            for entry in sorted(checks, key=lambda entry: float(entry["step"]))
        ],
        **limits,
        chosen=f"step-{training['kept_step']}",
        chosen_at=chosen_at,
    )


def _of_curve(
    training: Mapping[str, Any],
    curve: Sequence[Mapping[str, Any]],
    chosen_at: str,
    limits: Mapping[str, float | None],
) -> Selection:
    """The choice among the candidates that the method tried: it came last, and decided the weights."""
    finish = training["finish"]
    if "recognizer_options" in finish:
        kept = {"settings": finish["recognizer_options"]}
    else:
        kept = finish.get("kept") or {name: finish[name] for name in curve[0] if name != "development"}
    # of equal shares the smallest is kept, of everything else the first
    tried = sorted(curve, key=lambda point: float(point.get("share", 0)))
    return Selection(
        rule="lowest_worst_group",
        development_manifest_sha256=training["development_digest"],
        candidates=[
            Candidate(
                name=_candidate_name(point),
                overall=point["development"]["macro"],
                groups=point["development"]["groups"],
                protected=point["development"].get("protected"),
            )
            for point in tried
        ],
        **limits,
        chosen=_candidate_name(kept),
        chosen_at=chosen_at,
    )


def _candidate_name(point: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {json.dumps(value)}" for name, value in point.items() if name != "development")

"""`debias`: audit, train, audit again, compare. One run folder holds all of it; the same command resumes it.

The folder::

    debias.yaml            resolved recipe, what it was run on, digests of every file at the end
    before/NAME after/NAME the audits, each a run folder of its own
    training/              checkpoints while it trains, then the record
    model/                 the debiased model, as transformers saves it, with its card (README.md)
    debias.json            who changed by how much, and the verdict
    report.html            the same as a page, if the command line or `debias_run` made the run
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, RunFolderError
from speechfair.store import RunFolder, differences, write_atomically
from speechfair.strict_yaml import parse_yaml
from speechfair.wording import percent

if TYPE_CHECKING:
    from speechfair.debias.data.training_data import TrainingData
    from speechfair.debias.judging.before_after import DebiasResult
    from speechfair.debias.recipe import DebiasRecipe
    from speechfair.debias.training.loop import Say
    from speechfair.debias.training.pieces import Pieces
    from speechfair.running.transcription import Observer

__all__ = ["PAGE", "debias"]

SCHEMA = "speechfair/debias-run/1"
RECORD = "debias.yaml"
PAGE = "report.html"
WORK = "work"
PACKAGES = (
    "speechfair",
    "accelerate",
    "ctranslate2",
    "faster-whisper",
    "numpy",
    "peft",
    "torch",
    "transformers",
)


def debias(
    recipe: DebiasRecipe,
    out: str | Path,
    *,
    say: Say | None = None,
    observe: Observer | None = None,
    on_cpu: bool = False,
    trained: Callable[[], None] | None = None,
) -> DebiasResult:
    """Audit a model, debias it as a recipe says, audit it again, and say who changed by how much.

    Parameters
    ----------
    out : run folder. The same recipe on the same folder resumes, from checkpoints where training was under way.
    say : called with a line at each stage.
    observe : called after every transcribed batch.
    on_cpu : train on the CPU even where there is a GPU.
    trained : called when the training is finished and before any evaluation speech is given to a model; the audit
        of the model before is then done after the training. What it raises ends the run, which can be resumed.

    Raises
    ------
    InputError
        The recipe asks for what cannot be: test speakers among the training speakers, a licence that forbids
        training, a group of one speaker, …
    RunFolderError
        `out` holds a run of another recipe.
    TrainingError
        The loss is not finite, or memory is short; checkpoints are intact.
    """
    from speechfair.debias.training.pieces import need_training_packages

    need_training_packages()
    run = RunFolder(out)
    _refuse_foreign(run.path)
    with run.locked(new=True):
        return _debias(recipe, run, say or (lambda _: None), observe, on_cpu, trained)


def _debias(
    recipe: DebiasRecipe,
    run: RunFolder,
    say: Say,
    observe: Observer | None,
    on_cpu: bool,
    trained: Callable[[], None] | None,
) -> DebiasResult:
    from speechfair.debias.debias_card import card_text
    from speechfair.debias.judging.audits import audit_all, recognizer_for
    from speechfair.debias.training.fine_tuning import Training
    from speechfair.debias.training.pieces import base_folder, load_pieces

    base_folder(recipe.model)
    say("reading the corpora …")
    data = _gather(recipe, run.path)
    pieces = load_pieces(recipe.model, recipe.language)
    identity = _identity(recipe, data, pieces)
    started = _begin(run, identity)
    work = run.path / WORK

    def audit_before() -> None:
        say("auditing the model before …")
        audit_all(recipe, recognizer_for(recipe, pieces.folder, work, "before"), run.path / "before", observe)

    if trained is None:
        audit_before()
    training = Training(recipe, data, pieces, run.path / "training", say, on_cpu)
    what = f"{recipe.steps} steps of {recipe.batch}" if training.method.trains else "no training"
    say(f"{recipe.method.name}: {what} …")
    record = training.run(run.path / "model")
    changed = {
        given: record["finish"][name]
        for given, name in (("changed", "recognizer_options"), ("family", "recognizer_family"))
        if record["finish"].get(name) is not None
    }
    after = recognizer_for(recipe, run.path / "model", work, "after", **changed)
    made = _note_trained(run, identity, started, after.identity.digest, on_cpu)
    if trained is not None:
        trained()
        audit_before()
    say("auditing the model after …")
    audit_all(recipe, after, run.path / "after", observe)
    data = training.data
    result = _result(recipe, data, record, run.path)
    write_atomically(run.path / "debias.json", result.to_json().encode())
    write_atomically(run.path / "model" / "README.md", card_text(recipe, result).encode())
    shutil.rmtree(work, ignore_errors=True)
    _write(
        run,
        {
            **identity,
            "started": started,
            "trained": made,
            "ended": _now(),
            "verdict": result.verdict,
            "environment": _environment(),
            "hardware": _hardware(on_cpu),
            "digests": _digests(run),
        },
    )
    return result


def _gather(recipe: DebiasRecipe, folder: Path) -> TrainingData:
    """Training data, and a look that none of it is evaluated."""
    from speechfair.debias.data.same_person import naming_corpus
    from speechfair.debias.data.sources import corpus_of
    from speechfair.debias.data.training_rows import gather, refuse_overlap
    from speechfair.debias.judging.expected_power import check_groups
    from speechfair.debias.method import load_method
    from speechfair.running.run_manifest import build_manifest

    load_method(recipe.method)
    data = gather(recipe, folder)
    for source in recipe.evaluate:
        corpus = corpus_of(recipe, source)
        manifest = build_manifest(corpus, folder)
        refuse_overlap(data, manifest, source.name, naming_corpus(corpus))
        check_groups(recipe, source, manifest)
    return data


def _result(
    recipe: DebiasRecipe, data: TrainingData, record: Mapping[str, Any], folder: Path
) -> DebiasResult:
    from speechfair.debias.data.earlier_models import unrecorded
    from speechfair.debias.judging.before_after import DebiasResult, compare, overall_verdict

    groups, axes = compare(recipe, folder / "before", folder / "after")
    verdict, reasons = overall_verdict(groups)
    notes = [
        "a change against the base model is not the method's merit; compare with a run of erm on the same data"
    ]
    notes += [*_weights(record, recipe.axis), *_decoding(record), *unrecorded(data.earlier)]
    if note := record["finish"].get("note"):
        notes.append(note)
    target = {g.group for g in groups if g.axis == recipe.axis and not g.protected}
    if unheard := sorted(target - set(data.groups)):
        notes.append(f"evaluated but not trained on: {', '.join(f'{recipe.axis}={g}' for g in unheard)}")
    return DebiasResult(
        verdict=verdict,
        reasons=reasons,
        groups=groups,
        axes=axes,
        training={name: value for name, value in record.items() if name != "data"},
        # a method may train on some of the rows only, which a finished training that is resumed does not ask it again
        data=record.get("data") or data.table(),
        unused=dict(data.unused),
        permissions=list(data.permissions),
        notes=notes,
    )


def _weights(record: Mapping[str, Any], axis: str) -> list[str]:
    """A line that shows the group weights at the end of training next to the errors they should follow."""
    weights = record.get("objective", {}).get("weights")
    if not weights or len(weights) != len(record["groups"]):
        return []
    rates = [record[when]["groups"] for when in ("development_before", "development_after")]
    parts = [
        f"{axis}={group} {weight:.2f} ({', '.join(percent(side.get(group), sign=True) for side in rates)})"
        for group, weight in zip(record["groups"], weights, strict=True)
    ]
    return [f"group weights (WER of the development set before, after): {'; '.join(parts)}"]


def _decoding(record: Mapping[str, Any]) -> list[str]:
    """A line that shows what another decoding gained on the development speakers, and what it costs."""
    kept = record["finish"].get("recognizer_options")
    if not kept:
        return []
    curve = record["finish"]["curve"]
    before = curve[0]["development"]
    after = next(point["development"] for point in curve if point["settings"] == kept)
    what = ", ".join(f"{name} {value}" for name, value in kept.items())
    costs = " to ".join(f"{side['seconds_per_audio_second']:.2f}" for side in (before, after))
    rates = " to ".join(percent(side["worst"], sign=True) for side in (before, after))
    return [
        f"decoded after with {what}: worst group of the development set {rates}, {costs} s per second of audio"
    ]


def _identity(recipe: DebiasRecipe, data: TrainingData, pieces: Pieces) -> dict[str, Any]:
    """What makes a run this run and no other."""
    return {
        "recipe": recipe.settings(),
        "base_digest": pieces.digest,
        "training_manifests": list(data.digests),
    }


def _begin(run: RunFolder, identity: Mapping[str, Any]) -> str:
    """When the run was first started; what is in the folder must be this run."""
    path = run.path / RECORD
    if not path.exists():
        started = _now()
        _write(run, {**identity, "started": started, "verdict": None})
        return started
    old = _read(path)
    parts = [line for key in identity for line in differences(old.get(key), identity[key], key)]
    if parts:
        raise RunFolderError(
            f"{run.path} holds a debiasing run of another recipe or other data:\n  "
            + "\n  ".join(parts)
            + "\nchoose another --out, or delete the folder"
        )
    return str(old.get("started") or _now())


def _note_trained(
    run: RunFolder, identity: Mapping[str, Any], started: str, output: str, on_cpu: bool
) -> dict[str, Any]:
    """When the training ended, on what, and the digest of the model; written before anything is evaluated."""
    old = _read(run.path / RECORD).get("trained")
    if isinstance(old, dict) and old.get("output_sha256") == output:
        return old
    made = {
        "ended": _now(),
        "output_sha256": output,
        "environment": _environment(),
        "hardware": _hardware(on_cpu),
    }
    _write(run, {**identity, "started": started, "trained": made, "verdict": None})
    return made


def _read(path: Path) -> dict[str, Any]:
    try:
        content, _ = parse_yaml(path)
    except InputError as error:
        raise RunFolderError(f"{path} cannot be read: {error}; choose another --out") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise RunFolderError(f"{path} is not of schema {SCHEMA}; it was written by something else")
    return content


def _write(run: RunFolder, content: Mapping[str, Any]) -> None:
    import yaml

    text = yaml.safe_dump({"schema": SCHEMA, **content}, sort_keys=False, allow_unicode=True, width=100)
    write_atomically(run.path / RECORD, text.encode())


def _refuse_foreign(folder: Path) -> None:
    if not folder.is_dir() or (folder / RECORD).exists():
        return
    # the audits before of another run on the same model and corpora may be copied in: they check for themselves
    ours = {"audio", "before"}
    foreign = sorted(p.name for p in folder.iterdir() if not p.name.startswith(".") and p.name not in ours)
    if foreign:
        raise RunFolderError(
            f"{folder} is not empty and holds no debiasing run (it holds {foreign[0]!r}); choose another --out"
        )


def _digests(run: RunFolder) -> dict[str, str]:
    return {name: digest for name, digest in run.digests().items() if name not in (RECORD, PAGE)}


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _hardware(on_cpu: bool) -> str:
    """What the training could run on, without a name of the machine."""
    import os
    import platform

    import torch

    if not on_cpu and torch.cuda.is_available():
        return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}"
    return f"CPU {platform.machine()}, {os.cpu_count()} cores"


def _environment() -> dict[str, str]:
    from importlib import metadata

    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            raise InputError(
                f"the package {package} is not installed properly; reinstall speechfair[hf]"
            ) from None
    return found

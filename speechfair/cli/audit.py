"""``speechfair audit``: corpus, model and axes in; run folder, table and report out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechfair.cli import options, output
from speechfair.errors import InputError

if TYPE_CHECKING:
    from speechfair.auditing.result import AuditResult
    from speechfair.messages.translation import Language

__all__ = ["command", "finish", "in_language"]


def command(
    corpus: options.CorpusName,
    root: options.Root = None,
    split: options.Split = None,
    manifest: options.Manifest = None,
    columns: options.Columns = None,
    model: options.Model = "bundled:whisper-tiny.en",
    group_by: options.GroupBy = None,
    reference: options.Reference = None,
    out: Annotated[
        Path | None, typer.Option(help="Run folder; default runs/CORPUS-MODEL. The same command resumes it.")
    ] = None,
    normalizer: options.Normalizer = None,
    tokens: options.Tokens = None,
    window: options.Window = None,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    adjust: options.Adjust = None,
    metric: options.Metric = None,
    empty_references: options.EmptyReferences = "exclude",
    strip_prefix: options.StripPrefix = None,
    strip_suffix: options.StripSuffix = None,
    option: options.Option = None,
    model_option: options.ModelOption = None,
    engine: options.Engine = "local",
    address: options.Address = None,
    engine_option: options.EngineOption = None,
    retry_failed: options.RetryFailed = False,
    process: options.Process = None,
    override_gate: options.OverrideGate = None,
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Transcribe a corpus with a model and compare the error rates of its groups.

    Example: speechfair audit speechocean762 --root DIR --split test --group-by gender --out runs/first
    """
    from speechfair.corpora import load_corpus
    from speechfair.models import load_model
    from speechfair.process.journal import process_folder
    from speechfair.running.engine_choice import load_engine
    from speechfair.store import RunFolder
    from speechfair.verbs.audit import audit

    recognizing = load_engine(engine, **options.key_values(engine_option, "--engine-option", address=address))
    decoding = options.model_options(model_option, window)
    loaded = load_corpus(
        corpus,
        root,
        **options.key_values(option, "--option", split=split, manifest=manifest, columns=columns),
    )
    recognizer = load_model(model, **decoding)
    folder = out or Path("runs") / re.sub(r"[^\w.]+", "-", f"{corpus}-{model}")
    with process_folder(process, override_gate):
        with output.transcription_progress() as observe:
            result = audit(
                loaded,
                recognizer,
                group_by or (),
                out=folder,
                reference=options.pairs(reference, "--reference"),
                normalizer=normalizer,
                tokens=tokens,
                level=level,
                seed=seed,
                adjust=adjust or (),
                metrics=metric or (),
                empty_references=empty_references,
                strip_prefix=strip_prefix or (),
                strip_suffix=strip_suffix or (),
                retry_failed=retry_failed,
                engine=recognizing,
                observe=observe,
            )
        output.say_how(RunFolder(folder), recognizer)
        finish(result, folder, json, language)


def finish(result: AuditResult, folder: Path, json: bool, language: Language) -> None:
    """Print the result and write its page in the language. Where nothing was scored, the exit code is 2."""
    if json:
        typer.echo(result.to_json(), nl=False)
    else:
        output.show_table(result.table(), language)
    in_language(folder, language)
    output.say(f"run folder: {folder}\nreport:     {folder / 'report.html'}")
    if result.totals.scored == 0:
        raise InputError(
            f"no utterance could be scored ({result.totals.failed} failed, {result.totals.excluded} excluded); "
            f"the reasons are in {folder / 'audit.json'}"
        )


def in_language(folder: Path, language: Language) -> None:
    """The page of a run folder in another language than that in which the verb has written it."""
    if language != "en":
        from speechfair.reporting.from_run import report

        report(folder, language=language)

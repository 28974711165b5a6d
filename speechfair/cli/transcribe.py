"""``speechfair transcribe``: recognise what is still missing in a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speechfair.cli import options, output

__all__ = ["command"]


def command(
    run: options.RunArgument,
    model: options.Model = "bundled:whisper-tiny.en",
    window: options.Window = None,
    group_by: options.GroupBy = None,
    model_option: options.ModelOption = None,
    shard: Annotated[
        str | None,
        typer.Option(help="Recognise one share only, such as 3/16, into a folder of its own; see `merge`."),
    ] = None,
    shard_out: Annotated[
        Path | None, typer.Option(help="Folder of the shard; default RUN.shards/03-of-16.")
    ] = None,
    engine: options.Engine = "local",
    address: options.Address = None,
    engine_option: options.EngineOption = None,
    retry_failed: options.RetryFailed = False,
    process: options.Process = None,
    override_gate: options.OverrideGate = None,
    json: options.Json = False,
) -> None:
    """Recognise what is still missing in a prepared run folder; kill it at any time, give it again to go on.

    --group-by is for --window auto: the axes whose groups must not be worse off.
    """
    from speechfair.models import load_model
    from speechfair.process.journal import process_folder
    from speechfair.running.engine_choice import load_engine
    from speechfair.running.run_record import read_record
    from speechfair.running.transcription import read_hypotheses
    from speechfair.verbs.audit import transcribe

    recognizing = load_engine(engine, **options.key_values(engine_option, "--engine-option", address=address))
    recognizer = load_model(model, **options.model_options(model_option, window))
    with process_folder(process, override_gate), output.transcription_progress() as observe:
        folder = transcribe(
            run,
            recognizer,
            group_by or (),
            shard=shard,
            shard_out=shard_out,
            retry_failed=retry_failed,
            engine=recognizing,
            observe=observe,
        )
    output.say_how(folder, recognizer)
    model_now = read_record(folder).recipe.model
    assert model_now is not None
    table = read_hypotheses(folder, model_now.key)
    facts = {
        "hypotheses": table.height,
        "failed": int(table["error"].is_not_null().sum()),
        "redone": int(table["rejected"].is_not_null().sum()),
    }
    if json:
        import json as json_module

        typer.echo(json_module.dumps(facts))
    else:
        typer.echo(
            f"{facts['hypotheses']} hypotheses, {facts['failed']} of them failures, {facts['redone']} redone"
        )
    if shard is None:
        output.say(f"next: speechfair score {run} --group-by AXIS")
    else:
        output.say(
            f"shard {shard}: {folder.path}\nwhen all are there: speechfair merge {run} {folder.path.parent}/*"
        )

"""``speechfair merge``: the shards of a run in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speechfair.cli import options, output

__all__ = ["command"]


def command(
    run: options.RunArgument,
    shards: Annotated[list[Path], typer.Argument(help="Folders that `transcribe --shard` wrote.")],
    partial: Annotated[
        bool, typer.Option("--partial", help="Accept that shards are missing or unfinished.")
    ] = False,
    process: options.Process = None,
    json: options.Json = False,
) -> None:
    """Bring the shards of `transcribe --shard` together in the prepared run folder that they were made from.

    Example: speechfair merge runs/big runs/big.shards/*
    """
    from speechfair.process.journal import process_folder
    from speechfair.verbs.audit import merge

    with process_folder(process):
        found = merge(run, shards, partial=partial)
    facts = {
        "hypotheses": found.n_hypotheses,
        "new": found.n_new,
        "failed": found.n_failed,
        "missing": found.n_missing,
        "missing_from": list(found.missing_from),
    }
    if json:
        import json as json_module

        typer.echo(json_module.dumps(facts))
    else:
        typer.echo(
            f"{found.n_hypotheses} hypotheses ({found.n_new} new), {found.n_failed} of them failures, "
            f"{found.n_missing} missing"
        )
    if found.n_missing:
        output.say(f"missing from shard {', '.join(found.missing_from)}")
        output.say(f"next: speechfair transcribe {run}, or merge the missing shards")
    else:
        output.say(f"next: speechfair score {run} --group-by AXIS")

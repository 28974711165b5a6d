"""``speechfair verify``: recompute a run folder's digests and its whole audit, and say what differs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from speechfair.cli import options

__all__ = ["command"]


def command(
    run: options.RunArgument,
    audio: Annotated[
        bool, typer.Option(help="Also compare the audio files, where they are reachable.")
    ] = True,
    accept_changes: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Record that changes made outside of speechfair are accepted, and why. No gate passes after that.",
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Recompute a run folder's digests and audit from its stored hypotheses; exit 1 if anything differs."""
    from speechfair.auditing.verify import verify

    found = verify(run, audio=audio, accept_changes=accept_changes)
    if json:
        import json as json_module

        typer.echo(json_module.dumps({"ok": found.ok, **asdict(found)}, ensure_ascii=False))
    else:
        for line in found.checked:
            typer.echo(f"checked    {line}")
        for line in found.unchecked:
            typer.echo(f"unchecked  {line}")
        for line in found.unseen:
            typer.echo(f"unseen     {line}")
        for line in found.accepted:
            typer.echo(f"ACCEPTED   {line}")
        for line in found.differences:
            typer.echo(f"DIFFERS    {line}")
        typer.echo(
            "everything that was checked agrees" if found.ok else "the run folder does not agree with itself"
        )
    if not found.ok:
        raise typer.Exit(1)

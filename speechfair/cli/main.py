"""The entry point: verbs, exit codes, and errors as one clear message instead of a traceback.

Exit codes: 0 done or pass, 1 a check failed, 2 bad usage or input, 3 undetermined, 130 interrupted (resumable).
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from speechfair import __version__
from speechfair.cli import (
    audit,
    compare,
    confidence,
    corpora,
    criteria,
    debias,
    demo,
    discover,
    doctor,
    gate,
    models,
    plan,
    prepare,
    probe,
    process,
    report,
    score,
    transcribe,
    verify,
)
from speechfair.errors import SpeechfairError

__all__ = ["app", "main"]

app = typer.Typer(
    name="speechfair",
    help="Audit speech models for accent bias, with intervals that can be trusted and re-derived.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

for _verb in (
    demo,
    audit,
    prepare,
    transcribe,
    score,
    report,
    compare,
    confidence,
    verify,
    gate,
    plan,
    discover,
    models,
    doctor,
):
    app.command(_verb.__name__.rsplit(".", 1)[-1])(_verb.command)
app.add_typer(criteria.app, name="criteria")
app.add_typer(corpora.app, name="corpora")
app.add_typer(debias.app, name="debias")
app.add_typer(probe.app, name="probe")
app.add_typer(process.app, name="process")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"speechfair {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Audit speech models for accent bias, with intervals that can be trusted and re-derived."""


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        app()
    except SpeechfairError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("interrupted; what was done is kept, the same command goes on from there", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)

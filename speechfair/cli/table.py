"""``speechfair table``: the tables of a scored run folder for papers, spreadsheets and pull requests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from speechfair.cli import completion, options, output

__all__ = ["command"]


def command(
    run: options.RunArgument,
    format: Annotated[
        Literal["markdown", "latex", "csv", "html"], typer.Option(help="Form of the table.")
    ] = "markdown",
    axis: Annotated[str | None, typer.Option(help="Only this axis.", autocompletion=completion.axes)] = None,
    language: options.Language = "en",
    out: Annotated[Path | None, typer.Option(help="File to write; default: standard output.")] = None,
) -> None:
    """Print the tables of an audit, one for each axis, as Markdown, LaTeX, CSV or HTML.

    Example: speechfair table runs/first --format latex --axis accent --out paper/accents.tex
    """
    from speechfair.reporting.figure_files import table
    from speechfair.store import write_atomically
    from speechfair.verbs.written import outside_run_folders

    outside_run_folders(out)
    text = table(run, format, axis=axis, language=language)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_atomically(out, text.encode())
        output.say(f"table: {out}")

"""``speechfair figures``: the charts of a scored run folder as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from speechfair.cli import completion, options
from speechfair.errors import InputError

__all__ = ["command"]


def command(
    run: options.RunArgument,
    format: Annotated[
        str, typer.Option(help="Of svg, pdf and png, one or more, with commas between.")
    ] = "svg",
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("figures"),
    axis: Annotated[str | None, typer.Option(help="Only this axis.", autocompletion=completion.axes)] = None,
    json: options.Json = False,
) -> None:
    """Write the charts of an audit as files, and a summary in Markdown for a pull request.

    Example: speechfair figures runs/first --format svg,pdf --out paper/figures
    """
    from speechfair.charts.figure import Format
    from speechfair.reporting.figure_files import figures
    from speechfair.verbs.written import outside_run_folders

    outside_run_folders(out / "figure")
    formats = [part.strip() for part in format.split(",") if part.strip()]
    if not formats:
        raise InputError(f"--format {format!r} names no format; choose of {', '.join(get_args(Format))}")
    paths = figures(run, out, formats=formats, axis=axis)  # type: ignore[arg-type]
    if json:
        import json as json_module

        typer.echo(json_module.dumps({"figures": [str(path) for path in paths]}, ensure_ascii=False))
    else:
        for path in paths:
            typer.echo(str(path))

"""``speechfair sequence``: scored run folders of a model's releases in; each judged against earlier ones out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from speechfair.cli import options, output
from speechfair.cli.compare import EXIT_CODES

__all__ = ["command"]


def command(
    runs: Annotated[list[Path], typer.Argument(help="Scored run folders of the releases, the oldest first.")],
    group_by: options.GroupBy = None,
    match: Annotated[
        Literal["identical", "common"],
        typer.Option(help="identical: the manifests must agree. common: compare what all runs share."),
    ] = "identical",
    margin_relative: options.MarginRelative = 0.10,
    margin_absolute: options.MarginAbsolute = 0.01,
    level: options.Level = 0.95,
    format: options.TableFormat = "text",
    out: Annotated[Path | None, typer.Option(help="Also write the sequence to this JSON file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Also write a page (HTML) to this file.")] = None,
    language: options.Language = "en",
    process: options.Process = None,
    override_gate: options.OverrideGate = None,
    json: options.Json = False,
) -> None:
    """Judge each release against the one before, the first and the lowest earlier rates, so that slow drift is seen.

    Exit code of the last release: 0 no group got worse by more than the margin; 1 one did; 3 undetermined.
    Example: speechfair sequence runs/v1 runs/v2 runs/v3 --group-by accent
    """
    from speechfair.process.journal import process_folder
    from speechfair.verbs.compare import sequence

    with process_folder(process, override_gate):
        found = sequence(
            runs, group_by=group_by, match=match, relative=margin_relative, absolute=margin_absolute, level=level,
            out=out, report=report, language=language,
        )  # fmt: skip
    if json:
        typer.echo(found.to_json(), nl=False)
    else:
        output.show_tables(found.tables(), format, language)
    if out is not None:
        output.say(f"sequence: {out}")
    if report is not None:
        output.say(f"report:   {report}")
    raise typer.Exit(EXIT_CODES[found.verdict])

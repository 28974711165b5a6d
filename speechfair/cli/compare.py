"""``speechfair compare``: two scored run folders in; changes per group and a verdict on harm out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from speechfair.cli import options, output

if TYPE_CHECKING:
    from speechfair.comparing.comparison import Verdict

__all__ = ["EXIT_CODES", "command"]

EXIT_CODES: dict[Verdict, int] = {"pass": 0, "fail": 1, "undetermined": 3}


def command(
    before: Annotated[Path, typer.Argument(help="Scored run folder of the model before.")],
    after: Annotated[Path, typer.Argument(help="Scored run folder of the model after.")],
    match: Annotated[
        Literal["identical", "common"],
        typer.Option(help="identical: the manifests must agree. common: compare what both runs share."),
    ] = "identical",
    group_by: options.GroupBy = None,
    margin_relative: options.MarginRelative = 0.10,
    margin_absolute: options.MarginAbsolute = 0.01,
    metric: options.Metric = None,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Also write the comparison to this JSON file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Also write a page (HTML) to this file.")] = None,
    language: options.Language = "en",
    process: options.Process = None,
    override_gate: options.OverrideGate = None,
    json: options.Json = False,
) -> None:
    """Compare two models on the same audio, group by group: did any group get worse?

    Exit code 0: no group did by more than the margin; 1: one did; 3: undetermined; 2: the runs cannot be compared.
    """
    from speechfair.process.journal import process_folder
    from speechfair.verbs.compare import compare

    with process_folder(process, override_gate):
        found = compare(
            before,
            after,
            group_by=group_by,
            match=match,
            relative=margin_relative,
            absolute=margin_absolute,
            level=level,
            seed=seed,
            metrics=metric or (),
            out=out,
            report=report,
            language=language,
        )
    if json:
        typer.echo(found.to_json(), nl=False)
    else:
        output.show_table(found.table(), language)
    if out is not None:
        output.say(f"comparison: {out}")
    if report is not None:
        output.say(f"report:     {report}")
    raise typer.Exit(EXIT_CODES[found.verdict])

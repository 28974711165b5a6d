"""``speechfair leaderboard``: scored run folders in; models ranked by worst group, gap and overall rate out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from speechfair.cli import options, output

__all__ = ["command"]


def command(
    runs: Annotated[list[Path], typer.Argument(help="Two or more scored run folders.")],
    group_by: options.GroupBy = None,
    by: Annotated[
        Literal["worst", "gap", "overall"],
        typer.Option(help="What the order rests on: rate of the worst group, gap, or overall rate."),
    ] = "worst",
    match: Annotated[
        Literal["identical", "common"],
        typer.Option(help="identical: the manifests must agree. common: rank on what all runs share."),
    ] = "identical",
    min_speakers: Annotated[
        int | None,
        typer.Option(help="Leave out groups of fewer speakers; default: 5, the fewest for an interval."),
    ] = None,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    format: options.TableFormat = "text",
    out: Annotated[Path | None, typer.Option(help="Also write the leaderboard to this JSON file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Also write a page (HTML) to this file.")] = None,
    title: Annotated[
        str | None, typer.Option(help="What the models were tried on; default: the table's or corpus's name.")
    ] = None,
    language: options.Language = "en",
    process: options.Process = None,
    override_gate: options.OverrideGate = None,
    json: options.Json = False,
) -> None:
    """Rank models that transcribed the same audio, with ties where they cannot be told apart.

    Example: speechfair leaderboard runs/a runs/b runs/c --group-by accent
    """
    from speechfair.process.journal import process_folder
    from speechfair.verbs.compare import leaderboard

    with process_folder(process, override_gate):
        found = leaderboard(
            runs, group_by=group_by, by=by, match=match, min_speakers=min_speakers, level=level, seed=seed,
            title=title, out=out, report=report, language=language,
        )  # fmt: skip
    if json:
        typer.echo(found.to_json(), nl=False)
    else:
        output.show_tables(found.tables(), format, language)
    if out is not None:
        output.say(f"leaderboard: {out}")
    if report is not None:
        output.say(f"report:      {report}")

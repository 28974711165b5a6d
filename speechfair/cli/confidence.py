"""``speechfair confidence``: is the model as sure as it should be, for every group, and what may be accepted?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speechfair.cli import options, output

__all__ = ["command"]


def command(
    run: options.RunArgument,
    group_by: options.GroupBy = None,
    target_error: Annotated[
        float | None, typer.Option(help="Error rate wanted among what is accepted, such as 0.1.")
    ] = None,
    coverage: Annotated[
        float, typer.Option(help="Without a target: the error of the most confident share of words.")
    ] = 0.8,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Also write the report to this JSON file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Also write a page of the report to this file.")] = None,
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Calibration and rejection curves per group, and thresholds with equal error among what is accepted."""
    from speechfair.verbs.confidence import confidence

    found = confidence(
        run, group_by=group_by, target_error=target_error, coverage=coverage, level=level, seed=seed,
        out=out, html=html, language=language,
    )  # fmt: skip
    if json:
        typer.echo(found.to_json(), nl=False)
    else:
        output.show_table(found.table(), language)
    if out is not None:
        output.say(f"confidence: {out}")
    if html is not None:
        output.say(f"page:       {html}")

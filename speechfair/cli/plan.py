"""``speechfair plan``: speakers needed for a wanted ratio and power, or what a finished audit could have found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from speechfair.cli import options, output
from speechfair.errors import InputError

__all__ = ["command"]


def command(
    pilot: Annotated[
        Path | None, typer.Option(help="Scored run folder that shows how speakers differ.")
    ] = None,
    axis: Annotated[str | None, typer.Option(help="Label axis of the pilot, such as accent.")] = None,
    reference: Annotated[str | None, typer.Option(help="Reference group of the pilot.")] = None,
    finished: Annotated[
        Path | None, typer.Option(help="Scored run folder: print the smallest ratio it could have found.")
    ] = None,
    ratio: Annotated[float | None, typer.Option(help="True rate ratio to be found; default 1.25.")] = None,
    power: Annotated[float, typer.Option(help="Wanted probability of finding it.")] = 0.8,
    level: Annotated[float | None, typer.Option(help="Coverage of the intervals; default 0.95.")] = None,
    limit: Annotated[
        float | None,
        typer.Option(help="The interval must lie on the ratio's side of this; default 1, any difference."),
    ] = None,
    comparisons: Annotated[
        int,
        typer.Option(
            help="Number of groups compared with the reference; the error rate is Bonferroni-corrected."
        ),
    ] = 1,
    reference_speakers: Annotated[
        int | None, typer.Option(help="Speakers of a reference group that is fixed already.")
    ] = None,
    rate: Annotated[float | None, typer.Option(help="Reference group's error rate, such as 0.2.")] = None,
    cv: Annotated[
        float | None, typer.Option(help="Coefficient of variation of the speakers' rates; 0.5 is usual.")
    ] = None,
    words_per_speaker: Annotated[
        float | None, typer.Option(help="Mean reference words of a speaker.")
    ] = None,
    over_dispersion: Annotated[
        float | None, typer.Option(help="Variance / mean of a speaker's errors; default 1.")
    ] = None,
    talk_cv: Annotated[
        float | None, typer.Option(help="Coefficient of variation of the speakers' words; default 0.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write the power curve into this .svg or .png file.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the plan to this JSON file.")] = None,
    json: options.Json = False,
) -> None:
    """Say how many speakers and words per group a comparison needs, or what a finished audit could have found.

    Example: speechfair plan --rate 0.2 --cv 0.5 --words-per-speaker 200 --ratio 1.25
    """
    wanted: dict[str, Any] = {
        "ratio": ratio,
        "level": level,
        "limit": limit,
        "pilot": pilot,
        "axis": axis,
        "reference": reference,
        "reference_speakers": reference_speakers,
        "rate": rate,
        "cv": cv,
        "words_per_speaker": words_per_speaker,
        "over_dispersion": over_dispersion,
        "talk_cv": talk_cv,
    }
    wanted = {name: value for name, value in wanted.items() if value is not None}
    if finished is not None:
        files = [name for name, path in (("picture", picture), ("out", out)) if path]
        _print_finished(finished, power, comparisons, [*wanted, *files], json)
        return
    from speechfair.verbs.plan import plan

    made = plan(power=power, comparisons=comparisons, out=out, picture=picture, **wanted)
    if out is not None:
        output.say(f"plan:    {out}")
    if picture is not None:
        output.say(f"picture: {picture}")
    typer.echo(made.to_json() if json else f"{made}\n", nl=False)


def _print_finished(run: Path, power: float, comparisons: int, extra: list[str], json: bool) -> None:
    from speechfair.exploring.planning import detectable

    if extra:
        flags = ", ".join("--" + name.replace("_", "-") for name in extra)
        raise InputError(f"--finished takes a run as it is; leave out {flags}")
    found = detectable(run, power=power, comparisons=comparisons)
    typer.echo(found.to_json() if json else f"{found}\n", nl=False)

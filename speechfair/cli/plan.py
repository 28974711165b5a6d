"""``speechfair plan``: speakers needed for a wanted ratio and power, or what a finished audit could have found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from speechfair.cli import options, output
from speechfair.errors import InputError

if TYPE_CHECKING:
    from speechfair.exploring.paired_plans import PairedPlan
    from speechfair.exploring.plans import Plan

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
    texts: Annotated[
        int | None,
        typer.Option(help="Texts that every speaker reads; the ratio is then to hold for other texts too."),
    ] = None,
    text_cv: Annotated[
        float | None,
        typer.Option(help="How differently texts hit the two groups; a pilot with shared texts tells it."),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="Plan for this metric, such as failure_rate; default: word errors.")
    ] = None,
    trials_per_speaker: Annotated[
        float | None, typer.Option(help="With --metric: its trials per speaker, such as utterances.")
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="Two models on the same speakers: no harm, or a change.")
    ] = False,
    after: Annotated[
        Path | None, typer.Option(help="With --paired: the run of the model after; --pilot is before.")
    ] = None,
    change: Annotated[
        float | None, typer.Option(help="With --paired: true rate after / before; default 1.")
    ] = None,
    churn: Annotated[
        float | None, typer.Option(help="With --paired: errors that only one model makes, per word.")
    ] = None,
    change_cv: Annotated[
        float | None, typer.Option(help="With --paired: variation of the speakers' own changes; default 0.1.")
    ] = None,
    relative: Annotated[
        float | None, typer.Option(help="With --paired: margin of harm as a share; default 0.1.")
    ] = None,
    absolute: Annotated[
        float | None, typer.Option(help="With --paired: margin of harm as a rate; default 0.01.")
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
    from speechfair.exploring.planning import detectable
    from speechfair.verbs.plan import plan, plan_paired

    both: dict[str, Any] = {
        "level": level,
        "pilot": pilot,
        "rate": rate,
        "cv": cv,
        "words_per_speaker": words_per_speaker,
        "talk_cv": talk_cv,
        "out": out,
    }
    groups: dict[str, Any] = {
        "ratio": ratio,
        "limit": limit,
        "axis": axis,
        "reference": reference,
        "reference_speakers": reference_speakers,
        "over_dispersion": over_dispersion,
        "texts": texts,
        "text_cv": text_cv,
        "metric": metric,
        "trials_per_speaker": trials_per_speaker,
        "picture": picture,
    }
    models: dict[str, Any] = {
        "after": after,
        "change": change,
        "churn": churn,
        "change_cv": change_cv,
        "relative": relative,
        "absolute": absolute,
    }
    both, groups, models = (
        {name: value for name, value in part.items() if value is not None} for part in (both, groups, models)
    )
    if finished is not None:
        _leave_out(
            "--finished takes a run as it is", [*both, *groups, *models, *(["paired"] if paired else [])]
        )
        found = detectable(finished, power=power, comparisons=comparisons)
        typer.echo(found.to_json() if json else f"{found}\n", nl=False)
        return
    made: Plan | PairedPlan
    if paired:
        more = ["comparisons"] if comparisons != 1 else []
        _leave_out("--paired is about one group's speakers under two models", [*groups, *more])
        made = plan_paired(power=power, **both, **models)
    else:
        _leave_out("two groups are planned; for two models add --paired", [*models])
        made = plan(power=power, comparisons=comparisons, **both, **groups)
    if out is not None:
        output.say(f"plan:    {out}")
    if picture is not None:
        output.say(f"picture: {picture}")
    typer.echo(made.to_json() if json else f"{made}\n", nl=False)


def _leave_out(why: str, names: Sequence[str]) -> None:
    """Refuse options that mean nothing here."""
    if names:
        flags = ", ".join("--" + name.replace("_", "-") for name in names)
        raise InputError(f"{why}; leave out {flags}")

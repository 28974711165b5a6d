"""``speechfair debias``: a recipe in; a debiased model, audits before and after, and a verdict out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from speechfair.cli import options, output

if TYPE_CHECKING:
    from speechfair.debias.comparison import DebiasResult, GroupChange
    from speechfair.debias.plan import DebiasPlan

__all__ = ["command"]

EXIT_CODES = {"no harm": 0, "harm": 1, "undetermined": 3}


def command(
    recipe: Annotated[str, typer.Argument(help="Recipe file, or the name of one that ships, such as erm.")],
    out: Annotated[
        Path | None, typer.Option(help="Run folder; default runs/debias-RECIPE. The same command resumes it.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the data per group, the steps and the expected time.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change the recipe, as KEY=VALUE, such as steps=50. Repeatable."),
    ] = None,
    cpu: Annotated[bool, typer.Option("--cpu", help="Train on the CPU even where there is a GPU.")] = False,
    json: options.Json = False,
) -> None:
    """Fine-tune a recogniser as a recipe says, and show on speakers it never heard who gained and who lost.

    Exit code 0: shown that no group got worse by more than the margin; 1: a group did; 3: neither is shown.

    Example: speechfair debias erm --set data_root=DIR --out runs/erm
    """
    from speechfair.debias.recipe import find_recipe, read_recipe

    path = find_recipe(recipe)
    loaded = read_recipe(path, set_ or ())
    if dry_run:
        from speechfair.debias.plan import plan

        _show_plan(plan(loaded), json)
        return
    from speechfair.debias.run import debias

    folder = out or Path("runs") / f"debias-{path.stem}"
    with output.transcription_progress() as observe:
        result = debias(loaded, folder, say=output.say, observe=observe, on_cpu=cpu)
    if json:
        typer.echo(result.to_json(), nl=False)
    else:
        _show(result)
    output.say(f"run folder: {folder}\nmodel:      {folder / 'model'}   (whisper:{folder / 'model'})")
    if code := EXIT_CODES[result.verdict]:
        raise typer.Exit(code)


def _show_plan(found: DebiasPlan, json: bool) -> None:
    if json:
        import json as writer
        from dataclasses import asdict

        typer.echo(writer.dumps(asdict(found), indent=2))
        return
    from rich.table import Table

    table = Table(title=f"{found.method}: what would be trained on")
    for name in ("group", "utterances", "speakers", "hours", "draws", "watched", "watched speakers"):
        table.add_column(name, justify="left" if name == "group" else "right")
    for row in found.groups:
        table.add_row(
            row["group"], f"{row['train_utterances']}", f"{row['train_speakers']}", f"{row['train_hours']:.2f}",
            f"{row['draws']}", f"{row['dev_utterances']}", f"{row['dev_speakers']}",
        )  # fmt: skip
    output.show_table(table)
    for reason, count in found.unused.items():
        typer.echo(f"left out: {count} ({reason})")
    for row in found.evaluations:
        kind = "protected" if row["protected"] else "target"
        typer.echo(
            f"audited before and after: {row['name']} ({kind}), {row['utterances']} utterances, {row['hours']:.2f} h"
        )
    typer.echo(
        f"{found.steps} steps, {found.passes:.1f} passes over the data, window {found.window_s:g} s, "
        f"{found.trainable_share:.1%} of the weights trained"
    )
    typer.echo(
        f"about {_time(found.training_seconds)} of training here ({found.seconds_per_step:.1f} s a step), "
        "and the audits on top"
    )


def _show(result: DebiasResult) -> None:
    from rich.table import Table

    table = Table(title="word error rate on speakers that were not trained on")
    for name in (
        "evaluation",
        "axis",
        "group",
        "speakers",
        "before",
        "after",
        "change",
        "interval",
        "harmed (margin)",
    ):
        table.add_column(
            name, justify="left" if name in ("evaluation", "axis", "group", "harmed (margin)") else "right"
        )
    for group in result.groups:
        table.add_row(
            group.evaluation + (" (protected)" if group.protected else ""), group.axis or "", group.group,
            f"{group.n_speakers}", _percent(group.rate_before), _percent(group.rate_after),
            _points(group.change.value), _interval(group.change), _harm(group),
        )  # fmt: skip
    output.show_table(table)
    for axis in result.axes:
        parts = [
            f"{name} {_points(e.value)} {_interval(e)}"
            for name, e in (("mean of groups", axis.macro), ("worst group", axis.worst), ("gap", axis.gap))
        ]
        typer.echo(f"{axis.evaluation}, {axis.axis}: change in {'; '.join(parts)}")
    for note in result.notes:
        typer.echo(f"note: {note}")
    typer.echo(f"verdict: {result.verdict}")
    for reason in result.reasons:
        typer.echo(f"  {reason}")


def _harm(group: GroupChange) -> str:
    margin = f"+{group.limit - 1:.0%}" if group.scale == "ratio" else f"+{100 * group.limit:.1f}"
    word = {True: "yes", False: "no", None: "unclear"}[group.harmed]
    return f"{word} ({margin})"


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"


def _points(change: float | None) -> str:
    return "–" if change is None else f"{100 * change:+.1f}"


def _interval(estimate: Any) -> str:
    if estimate.low is None or estimate.high is None:
        return "no interval"
    return f"[{100 * estimate.low:+.1f}, {100 * estimate.high:+.1f}]"


def _time(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{max(1, round(seconds / 60))} min"

"""``speechfair criteria``: show, check and freeze the file that says what a run must keep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from speechfair.cli import options, output

__all__ = ["app"]

app = typer.Typer(
    help="Show, check and freeze the criteria by which `speechfair gate` judges a run.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

File = Annotated[Path, typer.Argument(help="Criteria file.")]


@app.command("show")
def show(
    file: Annotated[Path | None, typer.Argument(help="Criteria file; none prints the shipped one.")] = None,
    json: options.Json = False,
) -> None:
    """Say in words what a criteria file asks; without a file print the shipped one, to be copied and adapted."""
    from speechfair.gating.criteria import shipped_criteria
    from speechfair.strict_yaml import read_text
    from speechfair.verbs.criteria import criteria_show
    from speechfair.wording import printable

    content = criteria_show(file)
    if json:
        typer.echo(content.model_dump_json(by_alias=True))
    elif file is None:
        typer.echo(read_text(shipped_criteria()), nl=False)
    else:
        typer.echo(f"normaliser {content.normalizer}, counted in {content.tokens}")
        for criterion in content.criteria:
            typer.echo(printable(f"{criterion.id}: {criterion.sentence}"))


@app.command("freeze")
def freeze(
    file: File,
    run: Annotated[
        Path | None,
        typer.Option(
            help="Record it in this prepared run folder, which has no hypotheses yet, instead of next to FILE."
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Record the file's sha256 and the time, before the test set is transcribed.

    Example: speechfair criteria freeze criteria.yaml
    """
    from speechfair.gating.freezing import sidecar
    from speechfair.verbs.criteria import criteria_fit, criteria_freeze
    from speechfair.wording import printable

    record = criteria_freeze(file, run)
    for warning in criteria_fit(file, run).warnings if run is not None else ():
        output.say(printable(f"will be undetermined: {warning}"))
    place = str(sidecar(file)) if run is None else f"{run / 'run.yaml'}"
    if json:
        _echo_json({**record.model_dump(), "recorded_in": place})
    else:
        typer.echo(f"{record.sha256}  {record.file}\nfrozen at {record.time}, recorded in {place}")
        typer.echo("publish the sha256 where others see it: the record binds only who does not edit it")


@app.command("check")
def check(
    file: File,
    run: Annotated[Path | None, typer.Option(help="Also check whether it may judge this run.")] = None,
    json: options.Json = False,
) -> None:
    """Check a criteria file, and whether it is frozen; exit 3 if every verdict would be undetermined."""
    from speechfair.verbs.criteria import criteria_check, criteria_fit, criteria_show
    from speechfair.wording import printable

    content, state = criteria_show(file), criteria_check(file, run)
    fit = criteria_fit(file, run) if run is not None else None
    problem = state.problem[1] if state.problem is not None else None
    if json:
        found = {"criteria": len(content.criteria), "sha256": state.sha256, "frozen": state.frozen}
        _echo_json({**found, "evaluated": state.evaluated, "problem": problem})
    else:
        typer.echo(f"{len(content.criteria)} criteria, sha256 {state.sha256}")
        typer.echo(problem or f"frozen at {state.frozen} ({state.recorded_in})")
        if run is not None and problem is None:
            typer.echo(f"evaluation began at {state.evaluated}" if state.evaluated else "not evaluated yet")
    for kind in ("errors", "warnings"):
        for text in getattr(fit, kind, ()):
            output.say(printable(f"{'does not fit' if kind == 'errors' else 'will be undetermined'}: {text}"))
    if fit is not None and fit.errors:
        raise typer.Exit(2)
    if problem:
        raise typer.Exit(3)


def _echo_json(content: dict[str, Any]) -> None:
    import json as json_module

    typer.echo(json_module.dumps(content, ensure_ascii=False))

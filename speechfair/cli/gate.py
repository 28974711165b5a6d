"""``speechfair gate``: judge a run by frozen criteria; the exit code is the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechfair.cli import options

if TYPE_CHECKING:
    from speechfair.gating.gate_result import GateResult

__all__ = ["command"]

_INDENT = " " * 14


def command(
    run: options.RunArgument,
    criteria: Annotated[Path, typer.Option(help="Criteria file; `speechfair criteria show` gives one.")],
    junit: Annotated[
        Path | None, typer.Option(help="Also write JUnit XML here; undetermined is an error in it.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="Also write a Markdown summary here.")] = None,
    process: options.Process = None,
    json: options.Json = False,
) -> None:
    """Judge a scored run by frozen criteria. Exit code: 0 pass, 1 fail, 2 error, 3 undetermined.

    Example: speechfair gate runs/release --criteria criteria.yaml --junit gate.xml
    """
    from speechfair.process.journal import process_folder
    from speechfair.verbs.gate import gate

    with process_folder(process):
        result = gate(run, criteria, junit=junit, markdown=markdown)
    if json:
        typer.echo(result.to_json(), nl=False)
    else:
        for line in _lines(result):
            typer.echo(line)
    raise typer.Exit(result.exit_code)


def _lines(result: GateResult) -> Iterator[str]:
    from speechfair.gating.gate_result import above_limit
    from speechfair.wording import precise_interval, printable

    for comparison in result.comparisons:
        against = f" / {comparison.reference}" if comparison.reference is not None else ""
        what = printable(f"{comparison.criterion} · {comparison.axis}: {comparison.group}{against}")
        yield (
            f"{comparison.verdict.upper():12}  {what}  {comparison.metric} {precise_interval(comparison.estimate)}, "
            f"limit {comparison.limit:g}"
        )
        yield _INDENT + printable(comparison.reason)
        if comparison.more_speakers is not None:
            yield _INDENT + f"{comparison.more_speakers} more speakers {comparison.more_speakers_reason}"
        if comparison.probability_above is not None:
            yield _INDENT + above_limit(comparison)
    for each in result.requirements:
        if each.verdict != "pass" or "by choice" in each.reason:
            yield f"{each.verdict.upper():12}  {each.name.replace('_', ' ')}"
            yield _INDENT + printable(each.reason)
    for note in result.notes:
        yield printable(f"note: {note}")
    counts = ", ".join(f"{n} {kind}" for kind, n in result.counts.items())
    yield f"verdict: {result.verdict} ({counts})"

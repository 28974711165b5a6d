"""``speechfair gate``: judge a run by frozen criteria; the exit code is the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speechfair.cli import options

if TYPE_CHECKING:
    from speechfair.gating.gate_result import GateResult
    from speechfair.messages.translation import Translator

__all__ = ["command"]

_INDENT = " " * 14


def command(
    run: options.RunArgument,
    criteria: Annotated[Path, typer.Option(help="Criteria file; `speechfair criteria show` gives one.")],
    junit: Annotated[
        Path | None, typer.Option(help="Also write JUnit XML here; undetermined is an error in it.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="Also write a Markdown summary here.")] = None,
    language: options.Language = "en",
    process: options.Process = None,
    json: options.Json = False,
) -> None:
    """Judge a scored run by frozen criteria. Exit code: 0 pass, 1 fail, 2 error, 3 undetermined.

    Example: speechfair gate runs/release --criteria criteria.yaml --junit gate.xml
    """
    from speechfair.messages.translation import Translator
    from speechfair.process.journal import process_folder
    from speechfair.verbs.gate import gate

    with process_folder(process):
        result = gate(run, criteria, junit=junit, markdown=markdown, language=language)
    if json:
        typer.echo(result.to_json(), nl=False)
    else:
        for line in _lines(result, Translator(language)):
            typer.echo(line)
    raise typer.Exit(result.exit_code)


def _lines(result: GateResult, tell: Translator) -> Iterator[str]:
    from speechfair.gating.gate_words import compared, in_words, remarks
    from speechfair.wording import precise_interval, printable

    def of(verdict: str) -> str:
        return f"{tell(verdict).upper():12}"

    said = in_words(result, tell)
    for comparison in said.comparisons:
        what = printable(f"{comparison.criterion} · {comparison.axis}: {compared(comparison)}")
        figure = tell(precise_interval(comparison.estimate))
        limit = tell("limit {limit}", limit=f"{comparison.limit:g}")
        yield f"{of(comparison.verdict)}  {what}  {comparison.metric} {figure}, {limit}"
        for remark in remarks(comparison, tell):
            yield _INDENT + printable(remark)
    for recorded, each in zip(result.requirements, said.requirements, strict=True):
        if each.verdict != "pass" or "by choice" in recorded.reason:
            yield f"{of(each.verdict)}  {tell(each.name.replace('_', ' '))}"
            yield _INDENT + printable(each.reason)
    for note in said.notes:
        yield printable(tell("note: {what}", what=note))
    counts = ", ".join(f"{n} {tell(kind)}" for kind, n in said.counts.items())
    yield tell("verdict: {verdict} ({counts})", verdict=tell(said.verdict), counts=counts)

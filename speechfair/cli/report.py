"""``speechfair report``: write the report page of a scored run folder."""

from __future__ import annotations

from typing import Annotated

import typer

from speechfair.cli import options

__all__ = ["command"]


def command(
    run: options.RunArgument,
    worst: Annotated[int, typer.Option(min=0, help="How many of the worst utterances to show.")] = 30,
    embed_audio: Annotated[
        bool | None,
        typer.Option(
            "--embed-audio/--no-embed-audio",
            help="Put the worst utterances' audio into the page. Default: only where the corpus may be redistributed.",
        ),
    ] = None,
    permission: Annotated[
        str | None,
        typer.Option(
            help="Who allowed the audio on the page, in words, such as 'our own recordings'; for --embed-audio."
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Title of the page; default: the model on the corpus or the table.")
    ] = None,
    language: options.Language = "en",
    phonemes: Annotated[
        bool,
        typer.Option("--phonemes", help="Also show which phonemes differ in misheard words (espeak-ng)."),
    ] = False,
    json: options.Json = False,
) -> None:
    """Write report.html, one self-contained page, into a scored run folder."""
    from speechfair.reporting.from_run import report

    page = report(
        run, worst=worst, embed_audio=embed_audio, permission=permission, title=title, language=language,
        phonemes=phonemes,
    )  # fmt: skip
    if json:
        import json as json_module

        typer.echo(json_module.dumps({"report": str(page)}))
    else:
        typer.echo(str(page))

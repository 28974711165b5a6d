"""``speechfair view``: show scored runs in the browser, from this machine or as static files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speechfair.cli import options

__all__ = ["command"]


def command(
    runs: Annotated[list[Path], typer.Argument(help="Scored run folders.")],
    bundle: Annotated[
        Path | None,
        typer.Option(help="Write static files into this folder, for a file share or any web server."),
    ] = None,
    audio: Annotated[
        int,
        typer.Option(
            min=0, help="For --bundle: utterances with the most errors whose audio is copied, per run."
        ),
    ] = 0,
    permission: Annotated[
        str | None,
        typer.Option(help="For --audio: who allowed to copy it, in words, where the corpus card does not."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the server; 0 takes a free one.")] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    json: options.Json = False,
) -> None:
    """Show scored runs: models, groups, utterances, and what every model heard.

    The server is read-only, answers on this machine alone, and needs the token in the address that is printed.
    """
    import json as json_module

    from speechfair.verbs.view import view

    def said(address: str) -> None:
        if json:
            typer.echo(json_module.dumps({"page" if bundle else "address": address}))
        elif bundle:
            typer.echo(address)
        else:
            typer.echo(f"{address}\nread-only, on this machine; Ctrl-C ends it")

    view(
        *runs,
        bundle=bundle,
        audio=audio,
        permission=permission,
        port=port,
        browser=browser,
        observe=said,
    )

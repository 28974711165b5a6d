"""``speechfair process stamp``: a time-stamp of an authority over a ledger entry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speechfair.errors import InputError

__all__ = ["stamp_command"]


def stamp_command(
    folder: Annotated[Path, typer.Argument(help="Process folder.")],
    url: Annotated[
        str | None, typer.Option(help="Time-stamping authority that is asked (RFC 3161 over HTTP).")
    ] = None,
    token: Annotated[
        Path | None, typer.Option(help="The authority's answer, asked for elsewhere (.tsr file).")
    ] = None,
    request: Annotated[
        Path | None, typer.Option(help="Only write the request into this file (.tsq); nothing is sent.")
    ] = None,
    entry: Annotated[int | None, typer.Option(help="Number of the ledger entry; default the last.")] = None,
    authority: Annotated[
        Path | None,
        typer.Option(
            help="The authority's certificate and those above it (PEM); pinned with the first stamp."
        ),
    ] = None,
) -> None:
    """Add a trusted time-stamp (RFC 3161) over a ledger entry; it covers every entry before, too.

    It shows that they existed at that time, not that they are true. `process verify` checks it.
    """
    from speechfair.process.process_plan import read_plan
    from speechfair.verbs.process import process_stamp, process_stamp_request

    english = read_plan(folder).language == "en"
    if request is not None:
        if url is not None or token is not None:
            raise InputError("--request only writes the request; leave --url and --token out")
        number = process_stamp_request(folder, request, entry=entry)
        typer.echo(
            f"{request}: request for entry {number}; send it to the authority, then: speechfair process stamp {folder} "
            "--token ANSWER.tsr --authority CERTIFICATE.pem"
            if english
            else f"{request}:記録 {number} のタイムスタンプ要求。時刻認証局に送り、応答を "
            f"`speechfair process stamp {folder} --token ANSWER.tsr --authority CERTIFICATE.pem` で加える"
        )
        return
    found = process_stamp(folder, url=url, token=token, entry=entry, authority=authority)
    typer.echo(
        f"{found.path}: entry {found.entry} and all before it existed at {found.time}, signed by {found.authority}"
        if english
        else f"{found.path}:記録 {found.entry} とそれ以前の記録は {found.time} に存在していた(署名:{found.authority})"
    )

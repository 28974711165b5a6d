"""``speechfair process stamp`` and ``sign``: a time-stamp over a ledger entry, a signature over a model's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from speechfair.errors import InputError

__all__ = ["sign_command", "stamp_command"]

PROVES = {
    "en": "proves: the holder of the key signed these files, and none was changed, added or removed since\n"
    "does not prove: whose key it is (compare the fingerprint), when it was signed, or that the model is good",
    "ja": "証明すること:鍵の持ち主がこれらのファイルに署名し、その後に変更・追加・削除がないこと\n"
    "証明しないこと:鍵が誰のものか(フィンガープリントを照合する)、署名の時刻、モデルの良し悪し",
}

PROVES_IDENTITY = {
    "en": "proves: whoever could sign in to that account signed these files, and none was changed, added or removed "
    "since\ndoes not prove: that issuer and trusted root deserve trust, who used the account, or a good model",
    "ja": "証明すること:このアカウントにログインできた者がこれらのファイルに署名し、"
    "その後に変更・追加・削除がないこと\n"
    "証明しないこと:発行者と信頼の起点が信頼に値するか、アカウントを使ったのが誰か、モデルの良し悪し",
}


def sign_command(
    folder: Annotated[Path, typer.Argument(help="Process folder.")],
    target: Annotated[Path, typer.Argument(help="Folder to sign: the model's, or exports of the process.")],
    key: Annotated[
        Path | None, typer.Option(help="EC private key (PEM; P-256, P-384 or P-521) to sign with.")
    ] = None,
    signature: Annotated[
        Path | None, typer.Option(help="Add this signature (Sigstore bundle), made elsewhere, instead.")
    ] = None,
    public_key: Annotated[Path | None, typer.Option(help="The key (PEM) that checks --signature.")] = None,
    identity: Annotated[
        str | None, typer.Option(help="Of a keyless --signature: e-mail address or URI of the signer.")
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="OIDC issuer that vouched for --identity.")] = None,
    trusted_root: Annotated[
        Path | None, typer.Option(help="Sigstore's trusted_root.json, or your own, to check it offline.")
    ] = None,
) -> None:
    """Sign a model's folder with OpenSSF model signing, or add such a signature; `process verify` checks it."""
    from speechfair.process.process_plan import read_plan
    from speechfair.verbs.process import process_sign

    language = read_plan(folder).language
    found = process_sign(
        folder, target, key=key, signature=signature, public_key=public_key, identity=identity, issuer=issuer,
        trusted_root=trusted_root,
    )  # fmt: skip
    if identity is not None:
        pin = "identity and trusted root, sha256" if language == "en" else "署名者と信頼の起点の sha256"
        typer.echo(f"{found.path}\n{pin}: {found.key_sha256}\n{PROVES_IDENTITY[language]}")
        return
    pin = "public key, sha256" if language == "en" else "公開鍵の sha256"
    typer.echo(f"{found.path}\n{pin}: {found.key_sha256}\n{PROVES[language]}")


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

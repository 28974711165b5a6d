"""Signatures of the OpenSSF model-signing project over a folder (a Sigstore bundle), made and checked with a key.

The package ``model-signing`` does the work; here are its errors in words, and what a signature covers. We sign with
keys only, since a keyless (OIDC) signature is made with Sigstore's servers. It is checked without them: against an
identity that is pinned with its issuer and a trusted root.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, MissingExtraError
from speechfair.process.signer_identity import is_identity, read_identity, use_identity
from speechfair.strict_json import parse_json

__all__ = [
    "check_own_signature",
    "check_signature",
    "public_pem",
    "refuse_certificate",
    "sign_folder",
    "signer_data",
]

_GIT = (".git", ".gitattributes", ".github", ".gitignore")
"""What the project leaves out by default."""

_MISMATCH = "Signature mismatch"
"""How the package begins when a signature holds and the files are not those that were signed."""


def sign_folder(target: Path, key: Path, signature: Path) -> bytes:
    """Sign every file of a folder with an elliptic-curve private key, and return the public key (PEM).

    Raises
    ------
    InputError : the key is not one of P-256, P-384 or P-521 in PEM without a password, or the folder cannot be signed.
    MissingExtraError : without ``model-signing``.
    """
    signing = _package().signing
    public = public_pem(key)
    _or_input_error(
        f"{target}: cannot be signed",
        lambda: signing.Config().use_elliptic_key_signer(private_key=key).sign(target, signature),
    )
    return public


def check_signature(target: Path, signature: Path, signer: Path) -> None:
    """Check that a signature is by a signer and over every file of a folder as it is now.

    Parameters
    ----------
    signer : file of a public key (PEM), or of an identity (`speechfair.process.signer_identity`).

    Raises
    ------
    InputError : it is not; the message names the files that were added, removed or changed.
    MissingExtraError : without ``model-signing``.
    """
    _package()
    _or_input_error("the signature does not hold", lambda: _verifier(signer).verify(target, signature))
    if left_out := _left_out(target, signature):
        raise InputError(
            f"the signature leaves out {left_out[0]!r} and {len(left_out) - 1} more files of {target}"
        )


def _verifier(signer: Path) -> Any:
    config = _package().verifying.Config()
    if is_identity(signer):
        return use_identity(config, read_identity(signer))
    return config.use_elliptic_key_verifier(public_key=signer)


def signer_data(signer: Path) -> bytes:
    """What is kept of a signer's file: a public key in PEM, or an identity as canonical JSON.

    Raises
    ------
    InputError : it holds neither.
    """
    return read_identity(signer).data() if is_identity(signer) else public_pem(signer)


def check_own_signature(signature: Path, signer: Path) -> None:
    """Check that a signature is by a signer, without the files that it is over.

    Raises
    ------
    InputError : it is not.
    MissingExtraError : without ``model-signing``.
    """
    _package()

    def check() -> None:
        # the package has no such check of its own; over an empty folder it reports differing files only
        # after it has verified the signature
        with tempfile.TemporaryDirectory() as empty:
            try:
                _verifier(signer).verify(Path(empty), signature)
            except ValueError as error:
                if not str(error).startswith(_MISMATCH):
                    raise

    _or_input_error("the signature does not hold", check)


def refuse_certificate(signature: Path) -> None:
    """Refuse a signature that was made with a certificate, such as a short-lived one of Sigstore, instead of a key.

    Raises
    ------
    InputError : the file is such a bundle, or cannot be read.
    """
    try:
        material = parse_json(signature.read_bytes())["verificationMaterial"]
    except OSError as error:
        raise InputError(f"{signature}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        return  # no bundle at all, which the check of the signature reports
    if isinstance(material, dict) and {"certificate", "x509CertificateChain"} & material.keys():
        raise InputError(
            f"{signature}: is signed with a certificate, as keyless signatures are, and not with a key. Give "
            "--identity, --issuer and --trusted-root of the signer instead of --public-key (a certificate of your own "
            "authority: `model_signing verify certificate`)"
        )


def public_pem(key: Path) -> bytes:
    """The public key (PEM) of a private or public elliptic-curve key in a file.

    Raises
    ------
    InputError : it is no such key.
    """
    try:
        from cryptography.hazmat.primitives import serialization as form
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise MissingExtraError("signing a model", "cryptography", "model-signing") from None

    wanted = "an EC key (P-256, P-384 or P-521) in PEM; make one with `openssl ecparam -genkey -noout -name prime256v1`"
    try:
        data = key.read_bytes()
        private = b"PRIVATE KEY" in data
        found = (
            form.load_pem_private_key(data, None).public_key() if private else form.load_pem_public_key(data)
        )
    except OSError as error:
        raise InputError(f"{key}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise InputError(f"{key}: is not {wanted} ({error})") from None
    if not isinstance(found, ec.EllipticCurvePublicKey):
        raise InputError(f"{key}: is not {wanted}")
    return found.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)


def _left_out(target: Path, signature: Path) -> list[str]:
    """Files of a folder that a signature does not cover, but for git's own and the signature itself."""
    covered = _or_input_error("the signature cannot be read", lambda: _covered(signature))
    return [
        name
        for path in sorted(target.rglob("*"))
        if path.is_file()
        and (name := path.relative_to(target).as_posix()) not in covered
        and name.split("/", 1)[0] not in _GIT
        and path.read_bytes() != signature.read_bytes()
    ]


def _covered(signature: Path) -> set[str]:
    envelope = parse_json(signature.read_bytes())["dsseEnvelope"]
    resources = parse_json(base64.b64decode(envelope["payload"]))["predicate"]["resources"]
    # a large file may be signed in pieces, each named FILE:FROM:TO
    shards = {name.rsplit(":", 2)[0] for name in (one["name"] for one in resources) if name.count(":") >= 2}
    return {one["name"] for one in resources} | shards


def _or_input_error(what: str, call: Callable[[], Any]) -> Any:
    import contextlib
    import io

    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints its warnings
            return call()
    except Exception as error:  # a bundle from elsewhere raises of many kinds
        text = _mismatch(str(error)) or (str(error).splitlines() or [""])[0]
        raise InputError(f"{what}: {text[:300] or type(error).__name__}") from None


def _mismatch(text: str) -> str | None:
    """What the package reports about files that differ, without the digests."""
    if not text.startswith(_MISMATCH):
        return None
    text = text.replace("\\'", "'")
    parts = [f"{name!r} was changed" for name in re.findall(r"Hash mismatch for '(.+?)': Expected", text)]
    for head, what in (("Extra files found in", "added"), ("Missing files in", "removed")):
        parts += [f"{what}: {names}" for names in re.findall(rf"{head} model '.*?': (.*?)[\"']", text)]
    return ", ".join(parts) or text


def _package() -> Any:
    try:
        import model_signing
        import model_signing.signing
        import model_signing.verifying
    except ImportError:
        raise MissingExtraError("signing a model", "model-signing", "model-signing") from None
    return model_signing

"""Ed25519 signatures over a ledger entry's body. The private key never leaves its file; the public one is written down.

A valid signature shows that the holder of a key signed this text. Whose key it is, its reader must know: compare the
public key with the one the person published.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, MissingExtraError
from speechfair.process.ledger import canonical

__all__ = ["new_key", "signature_of", "valid_signature"]


def signature_of(body: Mapping[str, Any], key: Path) -> dict[str, str]:
    """Sign a body with the Ed25519 private key in a PEM file.

    Raises
    ------
    MissingExtraError : without ``cryptography``.
    InputError : the file is not an unencrypted Ed25519 private key.
    """
    _require()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(key.read_bytes(), password=None)
    except OSError as error:
        raise InputError(f"{key}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise InputError(f"{key}: is not an unencrypted PEM private key: {error}") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise InputError(f"{key}: is not an Ed25519 key; make one with `speechfair process key FILE`")
    public = private.public_key().public_bytes_raw().hex()
    return {
        "algorithm": "ed25519",
        "public_key": public,
        "value": private.sign(_message(body)).hex(),
    }


def valid_signature(body: Mapping[str, Any]) -> bool:
    """Whether a body carries a signature and it is one over the rest of the body. False without one."""
    signature = body.get("signature")
    if not isinstance(signature, Mapping) or signature.get("algorithm") != "ed25519":
        return False
    _require()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(str(signature.get("public_key"))))
        public.verify(bytes.fromhex(str(signature.get("value"))), _message(body))
    except (InvalidSignature, ValueError):
        return False
    return True


def new_key(path: Path) -> str:
    """Write a new private key (PEM, readable by its owner only) and return the public one (hex). Never overwrites."""
    _require()
    import os

    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    text = private.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(f"{path} exists; a key is never overwritten") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "wb") as stream:
        stream.write(text)
    return private.public_key().public_bytes_raw().hex()


def _message(body: Mapping[str, Any]) -> bytes:
    return b"speechfair/process-signature/1\n" + canonical(
        {k: v for k, v in body.items() if k != "signature"}
    )


def _require() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise MissingExtraError("signing and checking signatures", "cryptography", "sign") from None

"""Ed25519 signatures over a ledger entry's body. The private key never leaves its file; the public one is written down.

A valid signature shows that the holder of a key signed this text. Whose key it is, ``roles.yaml`` says
(`speechfair.process.identity`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, MissingExtraError
from speechfair.process.ledger import Reading, canonical

__all__ = [
    "AFTER",
    "SIGNED_AS",
    "new_key",
    "openssh_key",
    "public_key",
    "signature_of",
    "signed_body",
    "signed_by",
    "valid_signature",
    "verifies",
]


AFTER = "after"
"""Field of a signed body: digest of the entry that was last in the ledger when it was signed, so where it belongs."""


SIGNED_AS = "signed_as"
"""Field of a signed body: kind of the entry that it is for."""


def signed_body(kind: str, body: Mapping[str, Any], key: Path, reading: Reading) -> dict[str, Any]:
    """A body for the next ledger entry with its kind, its place and a signature over all. Raises as `signature_of`."""
    placed = {**body, SIGNED_AS: kind, AFTER: reading.head}
    return {**placed, "signature": signature_of(placed, key)}


def signature_of(body: Mapping[str, Any], key: Path) -> dict[str, str]:
    """Sign a body with the Ed25519 private key in a file, PEM or OpenSSH.

    Raises
    ------
    MissingExtraError : without ``cryptography``.
    InputError : the file is not an unencrypted Ed25519 private key.
    """
    public, value = signed_by(key, _message(body))
    return {"algorithm": "ed25519", "public_key": public, "value": value.hex()}


def signed_by(key: Path, message: bytes) -> tuple[str, bytes]:
    """The public key (hex) that belongs to a private one in a file, and the signature over a message.

    Raises
    ------
    MissingExtraError : without ``cryptography``.
    InputError : the file is not an unencrypted Ed25519 private key.
    """
    _require()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    try:
        data = key.read_bytes()
        load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else load_pem_private_key
        private = load(data, password=None)
    except OSError as error:
        raise InputError(f"{key}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise InputError(f"{key}: is not an unencrypted private key (PEM or OpenSSH): {error}") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise InputError(f"{key}: is not an Ed25519 key; make one with `speechfair process key FILE`")
    return private.public_key().public_bytes_raw().hex(), private.sign(message)


def valid_signature(body: Mapping[str, Any]) -> bool:
    """Whether a body carries a signature and it is one over the rest of the body. False without one."""
    signature = body.get("signature")
    if not isinstance(signature, Mapping) or signature.get("algorithm") != "ed25519":
        return False
    try:
        value = bytes.fromhex(str(signature.get("value")))
    except ValueError:
        return False
    return verifies(str(signature.get("public_key")), value, _message(body))


_SMALL_ORDER = frozenset(
    (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
"""Points of small order (as libsodium lists them): under such a "key" a made-up signature holds for many a message."""


def _is_weak(key: bytes) -> bool:
    return (key[:-1] + bytes([key[-1] & 0x7F])).hex() in _SMALL_ORDER


def verifies(public: str, signature: bytes, message: bytes) -> bool:
    """Whether a signature over a message is by an Ed25519 public key (hex). False for what is no key, or a weak one."""
    _require()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = bytes.fromhex(public)
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return not _is_weak(key)


def public_key(text: str) -> str:
    """An Ed25519 public key as 64 hexadecimal digits, from such digits, an OpenSSH line, or PEM.

    Raises
    ------
    InputError : it is none of these, or a key of another kind.
    """
    text = text.strip()
    if len(text) == 64 and all(letter in "0123456789abcdefABCDEF" for letter in text):
        return text.lower()
    _require()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key

    try:
        load = load_pem_public_key if text.startswith("-----BEGIN") else load_ssh_public_key
        found = load(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"{text[:40]!r} is no public key (hex, OpenSSH or PEM): {error}") from None
    if not isinstance(found, Ed25519PublicKey):
        raise InputError(f"{text[:40]!r} is not an Ed25519 key; make one with `ssh-keygen -t ed25519`")
    return found.public_bytes_raw().hex()


def openssh_key(public: str) -> str:
    """A public key (hex) as an OpenSSH line."""
    _require()
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    return key.public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()


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

"""DSSE envelopes: a statement together with signatures over it, as in-toto, cosign and securesystemslib read them.

The signature is over the type, the payload and their lengths (DSSE 1.0.2, pre-authentication encoding), by Ed25519. The
key id is the public key in hexadecimal digits, as ``roles.yaml`` pins it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path

from speechfair.errors import InputError
from speechfair.process.signing import signed_by, verifies
from speechfair.strict_json import parse_json

__all__ = ["IN_TOTO", "envelope", "opened"]

IN_TOTO = "application/vnd.in-toto+json"
"""The payload type of in-toto statements."""


def envelope(payload: bytes, payload_type: str, key: Path) -> bytes:
    """A payload and one signature over it with the Ed25519 private key in a file (PEM or OpenSSH).

    Raises
    ------
    InputError : the file is not an unencrypted Ed25519 private key.
    """
    public, signature = signed_by(key, _encoded(payload, payload_type))
    content = {
        "payloadType": payload_type,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": public, "sig": base64.b64encode(signature).decode()}],
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def opened(data: bytes, payload_type: str, keys: Iterable[str]) -> tuple[bytes, str]:
    """The payload of an envelope of one type, and the first of some public keys (hex) that signed it.

    Raises
    ------
    InputError : it is no envelope, its payload is of another type, or none of the keys signed it.
    """
    try:
        content = parse_json(data)
        payload = base64.b64decode(content["payload"], validate=True)
        signatures = [base64.b64decode(one["sig"], validate=True) for one in content["signatures"]]
        message = _encoded(payload, content["payloadType"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"is no DSSE envelope: {error!r}") from None
    if content["payloadType"] != payload_type:
        raise InputError(f"holds the payload type {content['payloadType']!r}, not {payload_type!r}")
    for key in keys:
        if any(verifies(key, one, message) for one in signatures):
            return payload, key
    raise InputError("is not signed with any of the keys")


def _encoded(payload: bytes, payload_type: str) -> bytes:
    """What is signed: ``DSSEv1 LENGTH TYPE LENGTH PAYLOAD``."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)

"""A signer who is named by an identity instead of a key: a certificate of Sigstore's kind for an OIDC account.

The identity, who vouches for it (the issuer) and the trusted root (certificates and log keys) are pinned in one file,
so that a bundle is checked without a network.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from speechfair.errors import InputError
from speechfair.process.ledger import canonical
from speechfair.records import StrictRecord
from speechfair.strict_json import read_json

__all__ = ["SignerIdentity", "identity_of", "is_identity", "read_identity", "use_identity"]

_ROOT = "application/vnd.dev.sigstore.trustedroot"
_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
_SIGNING = "application/vnd.dev.sigstore.signingconfig.v0.2+json"


class SignerIdentity(StrictRecord):
    """Who signs, by whose word, and what that word is checked with."""

    schema_: Literal["speechfair/signer-identity/1"] = Field(alias="schema")
    identity: str = Field(min_length=1, description="e-mail address or URI in the certificate")
    issuer: str = Field(pattern=r"^https?://\S+$", description="OIDC issuer")
    trusted_root: dict[str, Any] = Field(description="Sigstore's trusted_root.json, or one's own")

    def data(self) -> bytes:
        """The file's content; the same for the same signer, however the root was laid out."""
        return canonical(self.model_dump(mode="json", by_alias=True)) + b"\n"


def identity_of(identity: str, issuer: str, trusted_root: Path) -> SignerIdentity:
    """A signer by identity, issuer and the file of the trusted root (or of a client's trust configuration).

    Raises
    ------
    InputError : the file is no trusted root, or a name is empty or no address.
    """
    root = read_json(trusted_root)
    root = root.get("trustedRoot", root) if isinstance(root, dict) else root
    content = {
        "schema": "speechfair/signer-identity/1",
        "identity": identity,
        "issuer": issuer,
        "trusted_root": root,
    }
    return _checked(content, str(trusted_root))


def is_identity(path: Path) -> bool:
    """Whether a file of a signer holds an identity, not a key."""
    try:
        with path.open("rb") as stream:
            return stream.read(200).lstrip().startswith(b"{")
    except OSError:
        return False


def read_identity(path: Path) -> SignerIdentity:
    """Read a signer's file; `InputError` names it."""
    return _checked(read_json(path), str(path))


def _checked(content: Any, where: str) -> SignerIdentity:
    try:
        found = SignerIdentity.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"{where}: {key}: {first['msg']}; a signer's file has schema (speechfair/signer-identity/1), identity, "
            "issuer (https://…) and trusted_root"
        ) from None
    if not str(found.trusted_root.get("mediaType")).startswith(_ROOT):
        raise InputError(f"{where}: holds no trusted root of Sigstore (its mediaType begins with {_ROOT})")
    return found


def use_identity(config: Any, signer: SignerIdentity) -> Any:
    """A configuration of model signing that verifies by an identity."""
    trust = {
        "mediaType": _CONFIG,
        "trustedRoot": signer.trusted_root,
        "signingConfig": {"mediaType": _SIGNING},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trust.json"
        path.write_text(json.dumps(trust), encoding="utf-8")
        return config.use_sigstore_verifier(
            identity=signer.identity, oidc_issuer=signer.issuer, trust_config=path
        )

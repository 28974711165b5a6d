"""A Sigstore of one's own for the tests: certificate authority, certificate log and signature log, without a network.

It signs a folder as ``model_signing sign sigstore`` does, for an identity that it invents.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

ISSUER = "https://accounts.example.org"
_ISSUER_OID = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Sigstore:
    """Three keys and what is made with them."""

    def __init__(self) -> None:
        self.ca_key, self.ct_key, self.log_key = _key(), _key(), _key()
        self.now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made authority")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.ca = (
            x509.CertificateBuilder(name, name, self.ca_key.public_key(), x509.random_serial_number())
            .not_valid_before(self.now - dt.timedelta(days=1))
            .not_valid_after(self.now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.ca_key.public_key()), critical=False
            )
            .sign(self.ca_key, hashes.SHA256())
        )

    def trusted_root(self) -> dict[str, Any]:
        """What a verifier pins: the authority's certificate and the public keys of both logs."""

        def log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
            start = (self.now - dt.timedelta(days=1)).isoformat().replace("+00:00", "Z")
            public = {
                "rawBytes": _b64(_der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": {"start": start},
            }  # fmt: skip
            return {
                "baseUrl": "https://log.example.org", "hashAlgorithm": "SHA2_256", "publicKey": public,
                "logId": {"keyId": _b64(hashlib.sha256(_der(key)).digest())},
            }  # fmt: skip

        start = (self.now - dt.timedelta(days=1)).isoformat().replace("+00:00", "Z")
        authority = {
            "subject": {"organization": "made", "commonName": "made"}, "uri": "https://ca.example.org",
            "certChain": {"certificates": [{"rawBytes": _b64(self.ca.public_bytes(form.Encoding.DER))}]},
            "validFor": {"start": start},
        }  # fmt: skip
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "tlogs": [log(self.log_key)],
            "certificateAuthorities": [authority], "ctlogs": [log(self.ct_key)], "timestampAuthorities": [],
        }  # fmt: skip

    def certificate(self, public: ec.EllipticCurvePublicKey, identity: str, issuer: str) -> x509.Certificate:
        """A short-lived certificate for an identity, with the receipt of the certificate log."""
        builder = (
            x509.CertificateBuilder(self.ca.subject, x509.Name([]), public, x509.random_serial_number())
            .not_valid_before(self.now - dt.timedelta(minutes=5))
            .not_valid_after(self.now + dt.timedelta(minutes=5))
            .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(identity)]), critical=True)
            .add_extension(
                x509.KeyUsage(True, False, False, False, False, False, False, False, False),
                critical=True,
            )
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca_key.public_key()), critical=False
            )
            .add_extension(x509.UnrecognizedExtension(_ISSUER_OID, issuer.encode()), critical=False)
        )
        before = builder.sign(self.ca_key, hashes.SHA256()).tbs_certificate_bytes
        moment = int(self.now.timestamp() * 1000)
        entry = hashlib.sha256(_der(self.ca_key)).digest() + len(before).to_bytes(3, "big") + before
        signed = struct.pack("!BBQH", 0, 0, moment, 1) + entry + b"\0\0"
        receipt = self.ct_key.sign(signed, ec.ECDSA(hashes.SHA256()))
        sct = b"\0" + hashlib.sha256(_der(self.ct_key)).digest() + struct.pack("!QH", moment, 0)
        sct += b"\x04\x03" + struct.pack("!H", len(receipt)) + receipt
        content = struct.pack("!H", len(sct) + 2) + struct.pack("!H", len(sct)) + sct
        octets = (
            b"\x04"
            + (bytes([len(content)]) if len(content) < 128 else b"\x81" + bytes([len(content)]))
            + content
        )
        oid = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
        return builder.add_extension(x509.UnrecognizedExtension(oid, octets), critical=False).sign(
            self.ca_key, hashes.SHA256()
        )

    def sign(self, folder: Path, path: Path, identity: str, issuer: str = ISSUER) -> Path:
        """Sign a folder for an identity and write the bundle, as ``model_signing sign sigstore`` writes it."""
        from google.protobuf import json_format
        from model_signing import hashing
        from model_signing._signing.signing import Payload
        from sigstore import dsse

        payload = Payload(hashing.Config().set_ignored_paths(paths=[path]).hash(folder))
        key = _key()
        certificate = self.certificate(key.public_key(), identity, issuer)
        statement = dsse.Statement(json_format.MessageToJson(payload.statement.pb).encode())
        envelope = json.loads(dsse._sign(key, statement).to_json())
        pem = certificate.public_bytes(form.Encoding.PEM)
        body = json.dumps(
            {
                "apiVersion": "0.0.1", "kind": "dsse",
                "spec": {
                    "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
                    "payloadHash": {
                        "algorithm": "sha256",
                        "value": hashlib.sha256(base64.b64decode(envelope["payload"])).hexdigest(),
                    },
                    "signatures": [{"signature": envelope["signatures"][0]["sig"], "verifier": _b64(pem)}],
                },
            },
            separators=(",", ":"),
            sort_keys=True,
        ).encode()  # fmt: skip
        bundle = {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": _b64(certificate.public_bytes(form.Encoding.DER))},
                "tlogEntries": [self._logged(body)],
            },
            "dsseEnvelope": envelope,
        }
        path.write_text(json.dumps(bundle))
        return path

    def _logged(self, body: bytes) -> dict[str, Any]:
        """An entry of the signature log, which holds nothing else: its root is the entry's own hash."""
        log_id = hashlib.sha256(_der(self.log_key)).digest()
        root = hashlib.sha256(b"\0" + body).digest()
        moment = int(self.now.timestamp())
        note = f"log.example.org - 1\n1\n{_b64(root)}\n"
        signature = self.log_key.sign(note.encode(), ec.ECDSA(hashes.SHA256()))
        checkpoint = f"{note}\n— log.example.org {_b64(log_id[:4] + signature)}\n"
        promised = json.dumps(
            {"body": _b64(body), "integratedTime": moment, "logID": log_id.hex(), "logIndex": 0},
            separators=(",", ":"),
            sort_keys=True,
        ).encode()
        promise = self.log_key.sign(promised, ec.ECDSA(hashes.SHA256()))
        return {
            "logIndex": "0", "logId": {"keyId": _b64(log_id)}, "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(moment), "inclusionPromise": {"signedEntryTimestamp": _b64(promise)},
            "inclusionProof": {
                "logIndex": "0", "rootHash": _b64(root), "treeSize": "1", "hashes": [],
                "checkpoint": {"envelope": checkpoint},
            },
            "canonicalizedBody": _b64(body),
        }  # fmt: skip

"""A time-stamping authority (RFC 3161) with a certificate of its own: what a real one answers, made in the test."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import algos, cms, core, tsp, x509
from cryptography import x509 as certificate_parts
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Authority:
    """A key and its certificate; `answer` gives the response (DER) to a request (DER)."""

    key: ec.EllipticCurvePrivateKey
    certificate: certificate_parts.Certificate

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def answer(
        self,
        request: bytes,
        time: datetime | None = None,
        *,
        granted: bool = True,
        chain: Sequence[Authority] = (),
        bare: bool = False,
        status: str = "granted",
    ) -> bytes:
        """The response to a request, at a time; with the certificates of a chain; `bare` is its token alone."""
        asked = tsp.TimeStampReq.load(request)
        info = tsp.TSTInfo(
            {
                "version": "v1", "policy": "1.2.3.4", "message_imprint": asked["message_imprint"], "serial_number": 7,
                "gen_time": (time or datetime.now(UTC)).replace(microsecond=0),
                **({"nonce": asked["nonce"]} if asked["nonce"].native is not None else {}),
            }
        )  # fmt: skip
        if not granted:
            return bytes.fromhex(
                "30053003020102"
            )  # a status of 2 and no token, which asn1crypto does not write
        token = self._token(info)
        if chain:
            der = [one.certificate.public_bytes(serialization.Encoding.DER) for one in (self, *chain)]
            certificates = cms.CertificateSet(contents=b"".join(sorted(der, reverse=True)))
            token["content"]["certificates"] = certificates
        response = tsp.TimeStampResp({"status": {"status": status}, "time_stamp_token": token})
        return bytes((token if bare else response).dump())

    def revoking(
        self,
        other: Authority,
        since: datetime,
        reason: certificate_parts.ReasonFlags | None = None,
        *,
        until: datetime | None = None,
        issued: datetime | None = None,
    ) -> bytes:
        """A list (PEM) by which the certificate of another, or its own, is revoked from a time on."""
        row = certificate_parts.RevokedCertificateBuilder().serial_number(other.certificate.serial_number)
        row = row.revocation_date(since)
        if reason is not None:
            row = row.add_extension(certificate_parts.CRLReason(reason), critical=False)
        now = datetime.now(UTC)
        built = (
            certificate_parts.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(issued or now - timedelta(days=20))
            .next_update(until or now + timedelta(days=20))
            .add_revoked_certificate(row.build())
        )
        return built.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _token(self, info: tsp.TSTInfo) -> cms.ContentInfo:
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        own = x509.Certificate.load(der)
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
                cms.CMSAttribute(
                    {"type": "message_digest", "values": [hashlib.sha256(info.dump()).digest()]}
                ),
                cms.CMSAttribute(
                    {
                        "type": "signing_certificate_v2",
                        "values": [{"certs": [{"cert_hash": hashlib.sha256(der).digest()}]}],
                    }
                ),
            ]
        )
        signature = self.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
        sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": {
                    "issuer_and_serial_number": {"issuer": own.issuer, "serial_number": own.serial_number}
                },
                "digest_algorithm": sha256,
                "signed_attrs": attributes,
                "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                "signature": signature,
            }
        )
        data = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [sha256],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(info.dump()),
                },
                "certificates": [own],
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": data})


def authority_chain() -> tuple[Authority, Authority]:
    """A root, and an authority whose certificate it signs."""
    root = authority("A root", stamps=False)
    return root, authority("Below the root", above=root)


def authority(
    name: str = "A made authority", *, above: Authority | None = None, stamps: bool = True
) -> Authority:
    """An authority whose certificate signs itself, or that another signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = certificate_parts.Name([certificate_parts.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        certificate_parts.CertificateBuilder()
        .subject_name(called)
        .issuer_name(above.certificate.subject if above else called)
        .public_key(key.public_key())
        .serial_number(certificate_parts.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=3650))
    )
    usage: certificate_parts.ExtensionType = certificate_parts.BasicConstraints(ca=True, path_length=None)
    if stamps:
        usage = certificate_parts.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    made = made.add_extension(usage, critical=True)
    return Authority(key, made.sign(above.key if above else key, hashes.SHA256()))

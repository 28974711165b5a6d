"""RFC 3161 time-stamps over a ledger entry: the request, and what a token says once it is checked.

The imprint in the token is the entry's digest, so that ``openssl ts -query -digest DIGEST -sha256`` asks for the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, MissingExtraError
from speechfair.hash_chain import Entry, canonical, undigested, utc

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name

__all__ = [
    "CLOCK_TOLERANCE",
    "imprint_of",
    "names_authority",
    "read_authority",
    "request_for",
    "signer_of",
    "stamped_time",
    "subject_of",
]

CLOCK_TOLERANCE = timedelta(seconds=60)
"""How far the clock of a machine and that of an authority may lie apart before it is a finding."""

_SHA256 = "2.16.840.1.101.3.4.2.1"


def request_for(entry: Entry) -> bytes:
    """The request (DER) for a time-stamp over an entry, with a nonce, asking for the certificate.

    Raises
    ------
    MissingExtraError : without ``rfc3161-client``.
    """
    client = _client()
    builder = client.TimestampRequestBuilder().data(canonical(undigested(entry)))
    request: bytes = builder.hash_algorithm(client.HashAlgorithm.SHA256).build().as_bytes()
    return request


def imprint_of(data: bytes) -> str:
    """The SHA-256 digest (hex) that a response is a time-stamp of.

    Raises
    ------
    InputError : it is no response with a token, or its imprint is not SHA-256.
    """
    imprint = _read(data).tst_info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA256:
        raise InputError(
            "its imprint is not SHA-256; ask for one with `openssl ts -query -digest DIGEST -sha256`"
        )
    return str(imprint.message.hex())


def stamped_time(data: bytes, digest: str, authority: bytes) -> str:
    """The time of a token (UTC, as the ledger writes it) that an authority signed over a digest.

    Parameters
    ----------
    data : response of the authority (DER, a ``.tsr`` file).
    digest : SHA-256 (hex) that must be its imprint.
    authority : certificates (PEM) that are trusted: the authority's, and those above it.

    Raises
    ------
    InputError : it is no token, was altered, is of another authority, or is over something else.
    """
    client = _client()
    response, trusted = _read(data), read_authority(authority)
    if imprint_of(data) != digest:
        raise InputError(f"is a time-stamp of something else ({imprint_of(data)[:16]}…)")
    # where certificates for time-stamping are pinned, only these count, and not any other that a root signed
    problem: Exception | None = None
    counting: list[Certificate | None] = [one for one in trusted if _stamps(one)]
    for own in counting or [None]:
        verifier = client.VerifierBuilder(roots=trusted, tsa_certificate=own).build()
        try:
            verifier.verify(response, bytes.fromhex(digest))
        except Exception as error:  # cryptography raises of many kinds for a damaged certificate
            problem = problem or error
        else:
            return utc(response.tst_info.gen_time)
    assert problem is not None
    above = (
        "" if any(one.issuer == one.subject for one in trusted) else "; pin the certificates above it, too"
    )
    raise InputError(f"was altered, or is not by the pinned authority: {_short(problem)}{above}")


def signer_of(data: bytes) -> tuple[Name, int]:
    """The issuer and the serial number of the certificate that a response names as its signer's.

    Raises
    ------
    InputError : it is no response with a token.
    """
    (signer,) = _read(data).signed_data.signer_infos
    return signer.issuer, signer.serial_number


def read_authority(pem: bytes) -> list[Certificate]:
    """The certificates in a PEM file.

    Raises
    ------
    InputError : there is none.
    """
    _client()
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(pem)
    except ValueError as error:
        raise InputError(f"holds no certificate in PEM: {_short(error)}") from None


def subject_of(pem: bytes) -> str:
    """Whom the first certificate in a PEM file names."""
    return read_authority(pem)[0].subject.rfc4514_string()


def names_authority(pem: bytes) -> bool:
    """Whether a PEM file holds the certificate of an authority itself, and not only those above it."""
    return any(_stamps(one) for one in read_authority(pem))


def _stamps(certificate: Certificate) -> bool:
    from cryptography.x509 import ExtendedKeyUsage, ExtensionNotFound
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
    except (ExtensionNotFound, ValueError):
        return False
    return ExtendedKeyUsageOID.TIME_STAMPING in usage


def _read(data: bytes) -> Any:
    client = _client()
    try:
        response = client.decode_timestamp_response(_in_order(data))
        if response.status in (0, 1):
            response.tst_info.message_imprint  # noqa: B018 - a token that cannot be read raises here
            return response
    except Exception as error:  # the parsers let through whatever they stumble over
        raise InputError(f"is no response of a time-stamping authority: {_short(error)}") from None
    raise InputError(f"is a refusal of the authority (status {response.status}), not a time-stamp")


def _in_order(data: bytes) -> bytes:
    """A response whose certificates are sorted as DER asks, which `openssl ts` does not do; a bare token gets one.

    What the authority signed is left as it is: neither the certificates nor the status are part of it. A response that
    was granted with modifications counts as granted (RFC 3161, section 2.4.2), because its token is checked as any.
    """
    from asn1crypto import cms, tsp

    if data[:1] != b"\x30" or len(data) < 32:  # a refusal has no token
        return data
    try:
        response = tsp.TimeStampResp.load(data, strict=True)
        token = response["time_stamp_token"]
    except (ValueError, TypeError):
        token = cms.ContentInfo.load(data, strict=True)
        response = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})
    if response["status"]["status"].native == "granted_with_mods":
        response["status"] = {"status": "granted"}
    content = token["content"]
    if len(content["certificates"]) > 1:
        ordered = sorted(content["certificates"], key=lambda one: bytes(one.dump()))
        content["certificates"] = cms.CertificateSet(ordered)
    return bytes(response.dump())


def _short(error: Exception) -> str:
    """One line; of OpenSSL's stack of errors its verdict."""
    text = (str(error).splitlines() or [type(error).__name__])[0]
    _, _, verdict = text.partition("Verify error: ")
    return (verdict.partition('"')[0] or text)[:200]


def _client() -> Any:
    try:
        import asn1crypto  # noqa: F401
        import rfc3161_client
    except ImportError as error:
        missing = "asn1crypto" if error.name == "asn1crypto" else "rfc3161-client"
        raise MissingExtraError("making and checking time-stamps", missing, "stamp") from None
    return rfc3161_client

"""Was the certificate of a time-stamping authority revoked? By lists (CRL) that whoever verifies fetched themselves.

RFC 3161, section 4: a certificate revoked without a reason, or because its key was compromised, makes all its
time-stamps invalid. For the other reasons, only those from the day of the revocation on are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.errors import InputError, MissingExtraError
from speechfair.process.catalogue import Text
from speechfair.process.finding import say
from speechfair.process.time_stamp_token import read_authority, signer_of

if TYPE_CHECKING:
    from cryptography.x509 import CertificateRevocationList

__all__ = ["read_revocations", "revocation_problems"]

_STILL_VALID_BEFORE = ("unspecified", "affiliationChanged", "superseded", "cessationOfOperation")
"""Reasons after which time-stamps from before the revocation stay valid."""


def read_revocations(paths: Sequence[str | Path]) -> list[CertificateRevocationList]:
    """The revocation lists in files, PEM or DER.

    Raises
    ------
    InputError : a file cannot be read, or holds no such list.
    MissingExtraError : without ``cryptography``.
    """
    if not paths:
        return []
    try:
        from cryptography.x509 import load_der_x509_crl, load_pem_x509_crl
    except ImportError:
        raise MissingExtraError("checking a revocation list", "cryptography", "stamp") from None

    found = []
    for path in paths:
        try:
            data = Path(path).read_bytes()
            found.append((load_pem_x509_crl if b"-----BEGIN" in data else load_der_x509_crl)(data))
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from None
        except ValueError:
            raise InputError(f"{path}: is no certificate revocation list (PEM or DER)") from None
    return found


def revocation_problems(
    token: bytes, time: str, authority: bytes, lists: Sequence[CertificateRevocationList]
) -> Iterator[Text]:
    """Why a time-stamp does not count, by the revocation lists that were given; without any: nothing.

    Parameters
    ----------
    token : response of the authority (DER), which was checked.
    time : that it states (UTC).
    authority : certificates (PEM) that are trusted.
    """
    if not lists:
        return
    issuer, serial = signer_of(token)
    own = [one for one in lists if one.issuer == issuer and _signed(one, authority)]
    own.sort(key=lambda one: one.last_update_utc)
    if not own:
        name = issuer.rfc4514_string()
        yield say(
            f"no revocation list that was given is by {name}, which issued the authority's certificate, and signed "
            "with a trusted certificate of that name",
            f"指定された失効リストに、時刻認証局の証明書の発行者(`{name}`)が署名したものがない",
        )
        return
    due = own[-1].next_update_utc
    if due is not None and due < datetime.now(UTC):
        yield say(
            f"the revocation list is out of date: a newer one was due on {due.date()}; fetch it",
            f"失効リストが古い(次回更新 {due.date()})。新しいものを取得する",
        )
    for each in own:
        yield from _listed(each, serial, time, newest=each is own[-1])


def _listed(each: CertificateRevocationList, serial: int, time: str, *, newest: bool) -> Iterator[Text]:
    """What one list of the certificate's issuer says.

    An older one counts too, because a newer one may omit a certificate that has expired. Only a hold can be lifted.
    """
    from cryptography.x509 import CRLReason, ExtensionNotFound

    entry = each.get_revoked_certificate_by_serial_number(serial)
    if entry is None:
        return
    try:
        reason = entry.extensions.get_extension_for_class(CRLReason).value.reason.value
    except ExtensionNotFound:
        reason = None
    if reason == "certificateHold" and not newest:
        return
    revoked = entry.revocation_date_utc
    if reason in _STILL_VALID_BEFORE and datetime.fromisoformat(time) < revoked:
        return
    why = reason or "no reason given"
    yield say(
        f"the authority's certificate was revoked on {revoked.date()} ({why})",
        f"時刻認証局の証明書が {revoked.date()} に失効している(理由:`{reason}`)"
        if reason
        else f"時刻認証局の証明書が {revoked.date()} に失効している(理由の記載なし)",
    )


def _signed(each: CertificateRevocationList, authority: bytes) -> bool:
    """Whether a trusted certificate of the list's issuer signed it."""
    for one in read_authority(authority):
        if one.subject == each.issuer:
            try:
                if each.is_signature_valid(one.public_key()):  # type: ignore[arg-type]
                    return True
            except (TypeError, ValueError):  # a key of a kind that signs no lists
                continue
    return False

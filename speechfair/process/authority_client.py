"""Asking a time-stamping authority over HTTP (RFC 3161, section 3.4); the answer is bounded in bytes and in time."""

from __future__ import annotations

from speechfair.errors import InputError
from speechfair.models.served.bounded_answer import UnboundedAnswerError, content_of, in_time

__all__ = ["ask"]

_LARGEST = 2**20
_SECONDS = 30.0


def ask(url: str, request: bytes) -> bytes:
    """The answer to a request, unread.

    Raises
    ------
    InputError : the URL is none, nobody answers, or the answer is not one of an authority.
    """
    import httpx2

    if not url.startswith(("http://", "https://")):
        raise InputError(f"{url!r} is no URL of an authority; it begins with https:// or http://")

    def send() -> bytes:
        headers = {"content-type": "application/timestamp-query", "accept-encoding": "identity"}
        with (
            httpx2.Client(timeout=_SECONDS) as client,
            client.stream("POST", url, content=request, headers=headers) as response,
        ):
            if response.status_code != 200:
                raise InputError(f"{url}: the authority answered with status {response.status_code}")
            return content_of(response, _LARGEST)

    try:
        return in_time(send, _SECONDS)
    except (httpx2.HTTPError, httpx2.InvalidURL, UnboundedAnswerError) as error:
        raise InputError(
            f"{url}: no answer of a time-stamping authority: {error}. Write the request with --request FILE, send it "
            "from elsewhere and add the answer with --token FILE"
        ) from None

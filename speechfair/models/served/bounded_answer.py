"""What bounds an answer of a server: bytes, also after unpacking, and total time.

The usual timeout counts the silence between two bytes, so a server that sends one byte at a time holds a client for
ever, and one that sends without end fills its memory. Neither can happen here.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import httpx2

__all__ = ["LARGEST_ANSWER", "UnboundedAnswerError", "content_of", "in_time"]

LARGEST_ANSWER = 64 * 2**20
"""Bytes; an hour of speech with a time for every word is below 2 MB."""

Result = TypeVar("Result")


class UnboundedAnswerError(Exception):
    """An answer was too large, took too long, or came packed in a way that was not asked for."""


def content_of(response: httpx2.Response, largest: int) -> bytes:
    """The unpacked body of a streamed response, of at most `largest` bytes.

    Raises
    ------
    UnboundedAnswerError
        The body, or what it unpacks to, is larger; or it is packed with anything but gzip or deflate.
    """
    parts, size = [], 0
    for part in response.iter_raw():
        size += len(part)
        if size > largest:
            raise UnboundedAnswerError(f"the answer is larger than {largest:,} bytes")
        parts.append(part)
    packed = b"".join(parts)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return packed
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise UnboundedAnswerError(f"the answer is packed with {encoding[:40]!r}, which was not asked for")
    try:
        unpacked = zlib.decompressobj(wbits=47).decompress(packed, largest + 1)
    except zlib.error as error:
        raise UnboundedAnswerError(f"the answer cannot be unpacked: {error}") from None
    if len(unpacked) > largest:
        raise UnboundedAnswerError(f"the answer unpacks to more than {largest:,} bytes")
    return unpacked


def in_time(call: Callable[[], Result], seconds: float) -> Result:
    """What `call` returns or raises, if that takes at most so many seconds.

    Raises
    ------
    UnboundedAnswerError
        It takes longer. It is left alone then and ends by its own bounds, or when its connection is closed.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name="speechfair request").start()
    try:
        return future.result(seconds)
    except TimeoutError:
        if future.done():  # the call's own
            raise
        raise UnboundedAnswerError(f"no whole answer within {seconds:g} s") from None

"""Other people's servers on loopback, with hard limits on every wait, and a proxy that puts faults before them."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.models.server import Answer, Seen, TranscriptionServer

START_S = 480.0
"""A server that is not up by then fails the test; a machine with much to do needs a good part of it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(module: str, arguments: Sequence[str], port: int, log: Path) -> Iterator[str]:
    """The base URL (with ``/v1``) of ``python -m module arguments``, ended again whatever happens."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
        try:
            _wait_until_up(process, port, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    tick = threading.Event()
    for _ in range(round(START_S / 0.25)):
        if process.poll() is not None:
            break
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        tick.wait(0.25)
    pytest.fail(
        f"the server did not come up within {START_S:g} s:\n{log.read_text(errors='replace')[-2000:]}"
    )


class FaultProxy(TranscriptionServer):
    """Passes requests on to `upstream`, unless `script` makes something of a request and its number (from 0).

    A fault that is called ``slow`` keeps the client waiting until the proxy stops or `patience` seconds are over.
    """

    def __init__(
        self, upstream: str, script: Callable[[Seen, int], Answer | None], patience: float = 30.0
    ) -> None:
        super().__init__(script)
        self._upstream, self._patience, self._over = upstream, patience, threading.Event()

    def slow(self) -> Answer:
        self._over.wait(self._patience)
        return Answer(503)

    def stop(self) -> None:
        self._over.set()
        super().stop()

    def _default(self, seen: Seen) -> Answer:
        where = urlsplit(self._upstream)
        connection = HTTPConnection(str(where.hostname), where.port, timeout=120)
        try:
            connection.request("POST", seen.path, seen.body, {"Content-Type": seen.content_type})
            response = connection.getresponse()
            return Answer(response.status, response.read(), {"Content-Type": "application/json"})
        finally:
            connection.close()

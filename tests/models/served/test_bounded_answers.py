"""Answers of a server are bounded in bytes and in time, whatever it sends."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from speechfair.models.served.http_client import HttpClient, RequestFailedError, Retries

Send = Callable[[bytes], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class RawServer:
    """Sends what `script` sends on every connection, as raw bytes, until the client goes away."""

    def __init__(self, script: Callable[[Send, threading.Event], None]) -> None:
        self.script, self.over = script, threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    self.script(connection.sendall, self.over)
                except OSError:
                    continue

    def stop(self) -> None:
        self.over.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


def whole(body: bytes, encoding: str = "") -> Callable[[Send, threading.Event], None]:
    more = f"Content-Encoding: {encoding}\r\n".encode() if encoding else b""
    return lambda send, over: send(OK + more + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)


def endless(send: Send, over: threading.Event) -> None:
    send(OK + b"Connection: close\r\n\r\n")
    while not over.is_set():
        send(b"[" * 65536)


def slow_body(send: Send, over: threading.Event) -> None:
    send(OK + b"Content-Length: 100000\r\n\r\n")
    while not over.wait(0.01):
        send(b" ")


def slow_headers(send: Send, over: threading.Event) -> None:
    send(OK + b"X: ")
    while not over.wait(0.01):
        send(b"x")


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Send, threading.Event], None]], RawServer]]:
    servers: list[RawServer] = []

    def start(script: Callable[[Send, threading.Event], None]) -> RawServer:
        servers.append(RawServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def client_of(server: RawServer) -> HttpClient:
    return HttpClient(server.url, None, longest_s=0.3, largest=100_000, retries=Retries(1))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (endless, "larger than 100,000 bytes"),
        (whole(gzip.compress(b" " * 50_000_000), "gzip"), "unpacks to more than 100,000 bytes"),
        (whole(b"no gzip", "gzip"), "cannot be unpacked"),
        (whole(b"{}", "br"), "packed with 'br'"),
        (slow_body, "no whole answer within 0.3 s"),
        (slow_headers, "no whole answer within 0.3 s"),
        (whole(b"[" * 50_000), "not JSON"),
        (whole(b"1" * 50_000), "not JSON"),
    ],
)  # fmt: skip
def test_no_answer_fills_the_memory_or_holds_a_request_for_ever(
    serve: Callable[..., RawServer], script: Callable[[Send, threading.Event], None], words: str
) -> None:
    with client_of(serve(script)) as client, pytest.raises(RequestFailedError, match=words):
        client.post("/x", json={})
    with client_of(serve(script)) as client:
        assert client.get("/models") is None


def test_a_packed_answer_is_read(serve: Callable[..., RawServer]) -> None:
    body = gzip.compress(json.dumps({"text": "x" * 90_000}).encode())
    with client_of(serve(whole(body, "gzip"))) as client:
        assert len(client.post("/x", json={})["text"]) == 90_000

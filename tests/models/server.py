"""A server on loopback that speaks as much of OpenAI's transcription interface as tests need, faults included."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the server answers: a status, a body (JSON unless it is bytes), headers; `cut` closes without a word."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    path: str
    authorization: str | None
    body: bytes
    content_type: str = ""

    @property
    def sound(self) -> str:
        """Digest of the uploaded WAV file, or of a chat's messages (8 hex digits)."""
        if self.path.endswith("/chat/completions"):
            return hashlib.sha256(json.dumps(json.loads(self.body)["messages"]).encode()).hexdigest()[:8]
        start = self.body.index(b"RIFF")
        return hashlib.sha256(self.body[start : self.body.rindex(b"\r\n--")]).hexdigest()[:8]


class TranscriptionServer:
    """Answers with a digest of the audio, or with what `script` makes of a request and its number (from 0)."""

    def __init__(self, script: Callable[[Seen, int], Answer | None] = lambda seen, number: None) -> None:
        self.script = script
        self.models = Answer(404)
        """What it answers to a question about its models."""
        self.models_asked = 0
        self.seen: list[Seen] = []
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                server._answer(self)

            def do_GET(self) -> None:
                server.models_asked += self.path == "/v1/models"
                server._send(self, server.models)

            def log_message(self, *arguments: Any) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def start(self) -> TranscriptionServer:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> TranscriptionServer:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _default(self, seen: Seen) -> Answer:
        if not seen.path.endswith("/chat/completions"):
            return Answer(body={"text": f" heard {seen.sound}"})
        message = {"role": "assistant", "content": f" heard {seen.sound}"}
        return Answer(body={"choices": [{"index": 0, "finish_reason": "stop", "message": message}]})

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        kind = handler.headers.get("Content-Type", "")
        seen = Seen(handler.path, handler.headers.get("Authorization"), body, kind)
        with self._lock:
            number = len(self.seen)
            self.seen.append(seen)
        self._send(handler, self.script(seen, number) or self._default(seen))

    def _send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        if answer.cut:
            handler.close_connection = True
            return
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        handler.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(len(content))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

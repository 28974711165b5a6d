"""The viewer's server: read-only, on this machine alone, and nothing answers without the token in the address.

Every address begins with the token, so every link, script and clip carries it. A text is never put into HTML here: the
page is static, and data is JSON.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, RunFolderError, SpeechfairError
from speechfair.viewing import screens
from speechfair.viewing.changes import change_screen
from speechfair.viewing.csv_export import csv_lines
from speechfair.viewing.listening import clip, listening
from speechfair.viewing.opened_run import OpenedRun, RunShelf
from speechfair.viewing.page_files import POLICY, static_file
from speechfair.viewing.sentences import messages_script, with_translations
from speechfair.viewing.sound_pictures import pictures
from speechfair.viewing.utterance_query import UtteranceQuery, matching_rows
from speechfair.viewing.utterance_table import details, is_internal

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["HOST", "new_token", "viewer_app"]

HOST = "127.0.0.1"
_MOST_ROWS = 500
_CLIPS = 16
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def new_token() -> str:
    """A random token of 192 bits, safe in addresses."""
    return secrets.token_urlsafe(24)


class Answers:
    """The server's answers: a shelf of runs, and what is worth keeping between two questions."""

    def __init__(self, shelf: RunShelf) -> None:
        self.shelf = shelf
        self._lock = threading.Lock()
        self._clips: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def runs(self, _: Request) -> dict[str, Any]:
        """The first screen."""
        return screens.runs_screen(self.shelf)

    def run(self, request: Request) -> dict[str, Any]:
        """One run."""
        return screens.run_screen(self._run(request))

    def group(self, request: Request) -> dict[str, Any]:
        """One group; axis and value come as parameters, since a value may hold any character."""
        run, axis, value = self._run(request), _one(request, "axis"), _one(request, "value")
        key = (run.stamps, run.key, axis, value)
        found: dict[str, Any] = self._keep(key, lambda: screens.group_screen(run, axis, value))
        return found

    def utterances(self, request: Request) -> dict[str, Any]:
        """A page of utterances."""
        run, against, query, asked = self._asked(request)
        offset, limit = _whole(asked, "offset", 0), _whole(asked, "limit", screens.PAGE)
        if limit > _MOST_ROWS:
            raise InputError(f"limit is {limit}; at most {_MOST_ROWS} rows come at once")
        return screens.page_of(run, query, offset, limit, against, keep=self._keep)

    def utterance(self, request: Request) -> dict[str, Any]:
        """One utterance under all models."""
        run = self._run(request)
        row = int(request.path_params["row"])
        others = [one for one in self.shelf.usable() if one.key != run.key]
        found = screens.utterance_screen(run, row, others)
        may = listening(run, "evaluation")
        found["listening"] = {"allowed": may.allowed, "reason": may.reason}
        return found

    def wave(self, request: Request) -> dict[str, Any]:
        """Waveform and spectrogram of one utterance."""
        run, manifest = self._heard(request)
        return {**pictures(run, manifest), "duration_s": manifest["duration_s"]}

    def levels(self, request: Request) -> dict[str, Any]:
        """How loud the audio of a group is, next to that of all utterances."""
        run, axis, value = self._run(request), _one(request, "axis"), _one(request, "value")
        self._require_heard(run)
        key = (run.stamps, run.key, axis, value, "levels")
        found: dict[str, Any] = self._keep(key, lambda: screens.level_screen(run, axis, value))
        return found

    def change(self, request: Request) -> dict[str, Any]:
        """The comparison of two runs."""
        before, after = (self.shelf.run(request.path_params[side]) for side in ("before", "after"))
        key = (before.stamps, after.stamps, before.key, after.key)
        found: dict[str, Any] = self._keep(key, lambda: change_screen(before, after))
        return found

    def audio(self, request: Request) -> bytes:
        """The clip of one utterance as WAV."""
        run, manifest = self._heard(request)
        key = (run.key, run.stamps, manifest["id"])
        with self._lock:
            if key in self._clips:
                self._clips.move_to_end(key)
                return self._clips[key]
        sound = clip(run, manifest)
        with self._lock:
            self._clips[key] = sound
            while len(self._clips) > _CLIPS:
                self._clips.popitem(last=False)
        return sound

    def table(self, request: Request) -> Iterator[str]:
        """All utterances that match, as lines of CSV."""
        run, against, query, _ = self._asked(request)
        table = run.table if against is None else screens.with_change(run, against)
        rows = matching_rows(table, query)
        header = [name for name in table.columns if not is_internal(name)]

        def cells() -> Iterator[tuple[Any, ...]]:
            for start in range(0, rows.len(), 10_000):
                yield from table[rows.slice(start, 10_000)].select(header).iter_rows()

        return csv_lines([name.replace("group:", "") for name in header], cells())

    def _run(self, request: Request) -> OpenedRun:
        return self.shelf.run(request.path_params["key"])

    @staticmethod
    def _require_heard(run: OpenedRun) -> None:
        may = listening(run, "evaluation")
        if not may.allowed:
            raise RunFolderError(f"the audio is not played: {may.reason}")

    def _heard(self, request: Request) -> tuple[OpenedRun, dict[str, Any]]:
        run, row = self._run(request), int(request.path_params["row"])
        self._require_heard(run)
        if row >= run.table.height:
            raise InputError(f"there is no row {row}")
        return run, details(run.folder, run.record, row, None)["manifest"]

    def _asked(self, request: Request) -> tuple[OpenedRun, OpenedRun | None, UtteranceQuery, dict[str, str]]:
        asked = dict(request.query_params)
        against = asked.pop("against", None)
        page: dict[str, str] = {name: asked.pop(name) for name in ("offset", "limit") if name in asked}
        other = self.shelf.run(against) if against else None
        return self._run(request), other, UtteranceQuery.parse(asked), page

    def _keep(self, key: tuple[Any, ...], make: Callable[[], Any], most: int = 24) -> Any:
        """What `make` gives, kept for the next time."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > most:
                self._kept.popitem(last=False)
        return made


def viewer_app(shelf: RunShelf, token: str) -> Starlette:
    """The viewer as an ASGI application, below ``/TOKEN/``."""
    from starlette.applications import Starlette
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.responses import PlainTextResponse, StreamingResponse
    from starlette.routing import Route

    answers = Answers(shelf)

    def guarded(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
        def handle(request: Request) -> Response:
            if not secrets.compare_digest(request.path_params["token"].encode(), token.encode()):
                return PlainTextResponse(
                    "the address lacks the token that `speechfair view` printed", 403, _HEADERS
                )
            try:
                response = answer(request)
            except SpeechfairError as error:
                response = _json({"error": str(error)}, 409 if isinstance(error, RunFolderError) else 404)
            for name, value in _HEADERS.items():
                response.headers[name] = value
            return response

        return handle

    def data(answer: Callable[[Request], dict[str, Any]]) -> Callable[[Request], Response]:
        return lambda request: _json(with_translations(answer(request)))

    def saved(request: Request) -> Response:
        name = f"{request.path_params['key']}-utterances.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(
            answers.table(request), media_type="text/csv; charset=utf-8", headers=headers
        )

    paths: dict[str, Callable[[Request], Response]] = {
        "/": lambda _: static_file("index.html"),
        "/messages.js": lambda _: _script(messages_script()),
        "/static/{name}": lambda request: static_file(request.path_params["name"]),
        "/api/runs": data(answers.runs),
        "/api/runs/{key}": data(answers.run),
        "/api/runs/{key}/group": data(answers.group),
        "/api/runs/{key}/levels": data(answers.levels),
        "/api/runs/{key}/utterances": data(answers.utterances),
        "/api/runs/{key}/utterances.csv": saved,
        "/api/runs/{key}/utterances/{row:int}": data(answers.utterance),
        "/api/runs/{key}/utterances/{row:int}/wave": data(answers.wave),
        "/api/runs/{key}/utterances/{row:int}/audio.wav": lambda r: _ranged(answers.audio(r), r, "audio/wav"),
        "/api/compare/{before}/{after}": data(answers.change),
    }
    routes = [Route("/{token}" + path, guarded(answer), methods=["GET"]) for path, answer in paths.items()]
    app = Starlette(routes=routes)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    return app


def _json(content: dict[str, Any], status: int = 200) -> Response:
    from starlette.responses import Response

    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode(), status, media_type="application/json")


def _script(text: str) -> Response:
    from starlette.responses import Response

    return Response(text, media_type="text/javascript")


def _ranged(content: bytes, request: Request, media_type: str) -> Response:
    """The whole of `content`, or the one range that is asked for (RFC 9110)."""
    from starlette.responses import Response

    headers = {"Accept-Ranges": "bytes"}
    asked = request.headers.get("range", "")
    if not asked.startswith("bytes=") or "," in asked:
        return Response(content, media_type=media_type, headers=headers)
    first, _, last = asked.removeprefix("bytes=").strip().partition("-")
    try:
        start = int(first) if first else max(0, len(content) - int(last))
        end = min(int(last), len(content) - 1) if first and last else len(content) - 1
    except ValueError:
        return Response(content, media_type=media_type, headers=headers)
    if not 0 <= start <= end:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return Response(content[start : end + 1], 206, media_type=media_type, headers=headers)


def _one(request: Request, name: str) -> str:
    if name not in request.query_params:
        raise InputError(f"the parameter {name!r} is missing")
    return request.query_params[name]


def _whole(asked: dict[str, str], name: str, default: int) -> int:
    text = asked.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise InputError(f"{name} is {text!r}, not a whole number from 0")
    return int(text)

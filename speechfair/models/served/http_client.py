"""A patient HTTP client for paid or flaky model servers: bounded retries, rate limit, and a key that never shows.

What a wait can mend (429, 5xx, timeouts, cut connections, broken JSON) is tried again with exponential back-off and
jitter, or when the server says (Retry-After). What concerns one request raises `RequestFailedError`; what would fail
every other request too (a refused key, an unknown model, a server that is not there) raises `ModelError`, so that
a run stops at once and goes on later. The key comes from the environment and goes into one header, nowhere else.
An answer is bounded in bytes and in total time (`speechfair.models.served.bounded_answer`).
"""

from __future__ import annotations

import os
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from speechfair.errors import InputError, ModelError
from speechfair.models.served.bounded_answer import LARGEST_ANSWER, UnboundedAnswerError, content_of, in_time
from speechfair.models.served.chat_form import merged_stream

if TYPE_CHECKING:
    import httpx2

__all__ = ["HttpClient", "NotFoundError", "RequestFailedError", "Retries", "read_base_url", "read_key"]

TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SHOWN = 300


class RequestFailedError(Exception):
    """One request got no usable answer; the message says why and after how many attempts.

    `status` is that of an answer that no repetition can mend, else None.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class NotFoundError(ModelError):
    """The server says that the model, or the address, does not exist."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how patiently a request is tried.

    Parameters
    ----------
    attempts : in all, the first included.
    first_s : wait before the second attempt in seconds, doubled each time, and shortened by up to half at random.
    most_s : the longest such wait in seconds.
    longest_asked_s : a server that asks for a longer wait than this (Retry-After) is not waited for.
    """

    attempts: int = 6
    first_s: float = 1.0
    most_s: float = 60.0
    longest_asked_s: float = 300.0

    def wait_s(self, attempt: int, asked_s: float | None, jitter: float) -> float:
        """Seconds to wait after failed attempt number `attempt` (from 1); `jitter` lies in [0, 1).

        >>> [Retries().wait_s(attempt, None, 0.0) for attempt in (1, 2, 3, 9)]
        [1.0, 2.0, 4.0, 60.0]
        >>> Retries().wait_s(1, 7.0, 0.5)
        7.0
        """
        if asked_s is not None:
            return asked_s
        return min(self.most_s, self.first_s * 2.0 ** (attempt - 1)) * (1.0 - jitter / 2.0)


def read_base_url(url: str) -> str:
    """`url` without a final slash; one that is no web address, or that carries a secret, raises `InputError`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"base_url={url!r} is not usable: give it as https://HOST/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(
            "base_url must not hold a user, a password or a query, because it is written into run.yaml; "
            "give the key in an environment variable and name that with key_env"
        )
    return url.rstrip("/")


def read_key(base_url: str, key_env: str, required: bool) -> str | None:
    """The key in the environment variable `key_env`, or None; never sent in the clear beyond this machine."""
    key = os.environ.get(key_env, "").strip() if key_env else ""
    if not key:
        if required:
            raise InputError(
                f"{base_url} needs a key: put it into the environment variable {key_env or 'OPENAI_API_KEY'}, "
                "or name another one with key_env"
            )
        return None
    parts = urlsplit(base_url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise InputError(
            f"the key in {key_env} would go to {base_url} unencrypted; use https, or key_env='' to send none"
        )
    return key


class HttpClient:
    """Posts forms to one server and gives back parsed JSON. Safe to use from several threads, within ``with``.

    Parameters
    ----------
    base_url : such as ``https://api.openai.com/v1``.
    key : goes into the Authorization header, or None.
    timeout_s : seconds that one attempt may take between two bytes.
    longest_s : seconds that one attempt may take in all; None is five times `timeout_s`.
    largest : bytes of an answer, unpacked; a longer one fails the request.
    per_minute : greatest number of attempts a minute, or None.
    sleep, clock : replaced in tests.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None,
        *,
        timeout_s: float = 120.0,
        longest_s: float | None = None,
        largest: int = LARGEST_ANSWER,
        retries: Retries | None = None,
        per_minute: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url, self._key, self._timeout_s = base_url, key, timeout_s
        self._longest_s, self._largest = longest_s or 5 * timeout_s, largest
        self._retries = retries or Retries()
        self._sleep, self._clock = sleep, clock
        self._pause_s = 60.0 / per_minute if per_minute else 0.0
        self._lock, self._next_start = threading.Lock(), 0.0
        # only spreads attempts in time; no result depends on it
        self._random = random.Random()
        self._http: httpx2.Client | None = None

    def __repr__(self) -> str:
        return f"HttpClient({self._base_url!r})"

    def __enter__(self) -> HttpClient:
        import httpx2

        headers = {"Accept-Encoding": "gzip"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._http = httpx2.Client(headers=headers, timeout=self._timeout_s, follow_redirects=False)
        return self

    def __exit__(self, *error: object) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def post(
        self,
        path: str,
        *,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
        json: Any = None,
        check: Callable[[Any], str | None] = lambda answer: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Any:
        """The parsed JSON that the server answers.

        Parameters
        ----------
        data, files, json : body, as httpx takes it.
        check : says why an answer is not usable, or None.
        stopped : asked before each attempt; True gives up.

        Raises
        ------
        RequestFailedError
            This request failed for good.
        ModelError
            No request can succeed.
        """
        last, reached = "", True
        for attempt in range(1, self._retries.attempts + 1):
            if stopped():
                raise RequestFailedError("not tried: the run was stopped")
            self._wait_for_turn()
            answer, last, asked_s, reached = self._attempt(path, data, files, json, check)
            if not last:
                return answer
            if asked_s is not None and asked_s > self._retries.longest_asked_s:
                raise RequestFailedError(
                    f"{last}; the server asks to wait {asked_s:.0f} s, which is too long"
                )
            if attempt < self._retries.attempts:
                self._sleep(self._retries.wait_s(attempt, asked_s, self._random.random()))
        if not reached:
            raise ModelError(
                f"{self._base_url} cannot be reached ({last}, {self._retries.attempts} attempts); check base_url and "
                "that the server runs. Finished work is saved. Run the same command again to continue"
            )
        raise RequestFailedError(f"{last} ({self._retries.attempts} attempts)")

    def get(self, path: str) -> Any:
        """The parsed JSON at `path`, asked for once; None where there is none. Counts against the rate limit."""
        import httpx2

        self._wait_for_turn()
        try:
            response = self._send("GET", path)
            return _json(response) if response.is_success else None
        except (httpx2.HTTPError, UnboundedAnswerError, ValueError):
            return None

    def _send(self, method: str, path: str, **body: Any) -> httpx2.Response:
        """The whole answer to one request, within its bounds."""
        import httpx2

        client = self._http
        if client is None:
            raise RuntimeError("HttpClient is used outside of its with block")

        def send() -> httpx2.Response:
            with client.stream(method, f"{self._base_url}{path}", **body) as response:
                content = content_of(response, self._largest)
                plain = [pair for pair in response.headers.multi_items() if pair[0] != "content-encoding"]
                return httpx2.Response(response.status_code, headers=plain, content=content)

        return in_time(send, self._longest_s)

    def _attempt(
        self, path: str, data: Any, files: Any, json: Any, check: Callable[[Any], str | None]
    ) -> tuple[Any, str, float | None, bool]:
        """Answer, why it is none (or ''), seconds the server asks to wait, and whether there was a server."""
        import httpx2

        try:
            response = self._send("POST", path, data=data, files=files, json=json)
        except UnboundedAnswerError as error:
            return None, str(error), None, True
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            return None, self._clean(f"{type(error).__name__}: {error}"), None, False
        except httpx2.TimeoutException as error:
            return None, f"no answer in time ({type(error).__name__})", None, True
        except httpx2.TransportError as error:
            return None, self._clean(f"{type(error).__name__}: {error}"), None, True
        if response.status_code in TRANSIENT and not _out_of_money(response):
            return None, self._said(response), _asked_wait(response), True
        if not response.is_success:
            raise self._final(response)
        try:
            answer = _parsed(response)
        except (ValueError, AttributeError, TypeError) as error:
            if _streams(response):
                return None, self._clean(f"answered with a broken stream: {error}"), None, True
            return None, f"answered {response.status_code} with something that is not JSON", None, True
        unusable = check(answer)
        return answer, self._clean(unusable or ""), None, True

    def _final(self, response: httpx2.Response) -> Exception:
        """What an answer means that no wait can mend."""
        status = response.status_code
        if status in (401, 403):
            # servers repeat parts of the key here, so their words are not shown
            return ModelError(
                f"{self._base_url} refuses the key (status {status}); check the environment variable that holds it. "
                "Finished work is saved. Run the same command again to continue"
            )
        if _out_of_money(response):
            return ModelError(f"{self._base_url} says the account's quota is used up: {self._said(response)}")
        if status == 404 or _code(response) == "model_not_found":
            return NotFoundError(
                f"{self._base_url} does not know the model or the address: {self._said(response)}; check both"
            )
        if 300 <= status < 400:
            return ModelError(
                f"{self._base_url} redirects elsewhere (status {status}); give the final base_url"
            )
        return RequestFailedError(self._said(response), status)

    def _said(self, response: httpx2.Response) -> str:
        """Status and message of an answer, in one line, without the key."""
        try:
            content = _json(response)
            error = content.get("error", content) if isinstance(content, dict) else content
            words = error.get("message", error) if isinstance(error, dict) else error
        except ValueError:
            words = response.text
        return self._clean(f"status {response.status_code}: {words}")

    def _clean(self, text: str) -> str:
        text = " ".join(text.split())
        return (text.replace(self._key, "[key]") if self._key else text)[:SHOWN]

    def _wait_for_turn(self) -> None:
        """Wait until the rate limit lets the next attempt start."""
        if not self._pause_s:
            return
        with self._lock:
            now = self._clock()
            start = max(now, self._next_start)
            self._next_start = start + self._pause_s
        if start > now:
            self._sleep(start - now)


def _streams(response: httpx2.Response) -> bool:
    return str(response.headers.get("content-type", "")).startswith("text/event-stream")


def _parsed(response: httpx2.Response) -> Any:
    return merged_stream(response.content.decode("utf-8")) if _streams(response) else _json(response)


def _asked_wait(response: httpx2.Response) -> float | None:
    """Seconds that a server asks to wait: Retry-After (a number or a date), or the headers of rate limits, or None."""
    milliseconds = response.headers.get("retry-after-ms", "")
    if milliseconds.replace(".", "", 1).isdigit():
        return float(milliseconds) / 1000
    value = response.headers.get("retry-after", "")
    if not value and response.status_code == 429:
        return _until_reset(response.headers)
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _until_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until a limit that is used up is reset, as OpenAI words it: ``x-ratelimit-reset-requests: 6m0s``."""
    waits = []
    for what in ("requests", "tokens"):
        span = headers.get(f"x-ratelimit-reset-{what}", "")
        if headers.get(f"x-ratelimit-remaining-{what}", "0") == "0" and _SPAN.search(span):
            waits.append(sum(float(number) * _SECONDS[unit] for number, unit in _SPAN.findall(span)))
    return max(waits, default=None)


def _json(response: httpx2.Response) -> Any:
    """The JSON of an answer; `ValueError` for everything else."""
    try:
        return response.json()
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _code(response: httpx2.Response) -> str:
    try:
        return str(_json(response)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _out_of_money(response: httpx2.Response) -> bool:
    return response.status_code in (402, 429) and _code(response) in (
        "insufficient_quota",
        "billing_hard_limit_reached",
    )

"""What adapters of served models share: several requests at a time, one account of what was sent, one way to stop.

An error that would meet every request stops all; one that concerns a request is the request's own. Of the interface it
knows only the list of models, which it asks for where a request was refused and none has succeeded yet. (To ask before
the first request would refuse good servers: ``transformers serve`` lists its download cache, not the model it serves.)
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from typing import Any, TypeVar

from speechfair.errors import InputError, ModelError, SpeechfairError
from speechfair.models.arguments import positive_number, whole_number
from speechfair.models.served.http_client import (
    HttpClient,
    NotFoundError,
    RequestFailedError,
    Retries,
    read_base_url,
    read_key,
)
from speechfair.registry import did_you_mean
from speechfair.types import Audio

__all__ = ["OPENAI", "Served", "connect", "wav_bytes"]

OPENAI = "https://api.openai.com/v1"

MOST_NAMES = 20
"""More names than this are not put into a message."""
LONGEST_NAME = 200

Asked = TypeVar("Asked")
Told = TypeVar("Told")


def connect(
    base_url: str | None,
    key_env: str,
    *,
    timeout_s: float,
    attempts: int,
    concurrency: int,
    per_minute: float | None,
    price_per_minute: float | None,
    max_cost: float | None,
    check_model: bool = True,
) -> Served:
    """A connection to the server at `base_url`, else ``$OPENAI_BASE_URL``, else OpenAI's own. Sends nothing yet.

    See `Served` for `check_model`.

    Raises
    ------
    InputError
        A value is not usable, or OpenAI's own service is asked without a key.
    """
    url = read_base_url(base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI)
    if max_cost is not None and price_per_minute is None:
        raise InputError("max_cost needs price_per_minute, otherwise no cost can be estimated")
    client = HttpClient(
        url,
        read_key(url, key_env, required=url == OPENAI),
        timeout_s=positive_number("timeout_s", timeout_s),
        retries=Retries(whole_number("attempts", attempts)),
        per_minute=None if per_minute is None else positive_number("per_minute", per_minute),
    )
    if not isinstance(check_model, bool):
        raise InputError(f"check_model={check_model!r} is not usable: give true or false")
    number = whole_number("concurrency", concurrency)
    return Served(client, url, number, price_per_minute, max_cost, check_model)


def wav_bytes(audio: Audio) -> bytes:
    """The audio as a WAV file of 16 bit."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, audio.samples, audio.sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


class Served:
    """One server, asked several times at once. Made by `connect`.

    Parameters
    ----------
    concurrency : requests at the same time.
    price_per_minute : of audio, in any currency, or None.
    max_cost : nothing is sent that would make the estimate pass this.
    check_model : a request that is refused before any succeeded stops the run if the server says, or its list of
        models shows, that it has no such model; False makes it a failed row.
    """

    def __init__(
        self,
        client: HttpClient,
        base_url: str,
        concurrency: int = 4,
        price_per_minute: float | None = None,
        max_cost: float | None = None,
        check_model: bool = True,
    ) -> None:
        self._check_model, self._has_answered = check_model, False
        self._names: list[str] | None = None
        self.client, self.base_url = client, base_url
        self._concurrency, self._price, self._max_cost = concurrency, price_per_minute, max_cost
        self._lock, self._asked_s = threading.Lock(), 0.0
        self._stop = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether something went wrong that concerns every request."""
        return self._stop.is_set()

    def each(self, items: Sequence[Asked], one: Callable[[Asked], Told]) -> list[Told]:
        """What `one` makes of each item, in order; a `SpeechfairError` of one stops the others and is raised."""
        self._stop.clear()
        with self.client, ThreadPoolExecutor(self._concurrency) as pool:
            waiting = [pool.submit(self._guarded, one, item) for item in items]
            try:
                return [future.result() for future in waiting]
            except BaseException:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise

    def post(
        self,
        model: str,
        path: str,
        *,
        data: dict[str, str] | None = None,
        files: dict[str, Any] | None = None,
        json: Any = None,
        check: Callable[[Any], str | None],
    ) -> Any:
        """`HttpClient.post` for `model`, which tells a model that the server does not have from a row it cannot do.

        Raises
        ------
        RequestFailedError
            This request failed for good.
        ModelError
            No request can succeed; for an unknown model the message names those that the server offers.
        """
        try:
            answer = self.client.post(
                path, data=data, files=files, json=json, check=check, stopped=lambda: self.stopped
            )
        except NotFoundError as error:
            raise ModelError(f"{error}{self._offer(model)}") from None
        except RequestFailedError as error:
            if self._check_model and not self._has_answered and self._is_unknown(model, error):
                raise ModelError(
                    f"{self.base_url} does not take the model {model!r} ({error}){self._offer(model)}. If the name is "
                    "right, --model-option check_model=false makes such an answer a failed row"
                ) from None
            raise
        self._has_answered = True
        return answer

    def account(self, seconds: float) -> None:
        """Count audio that is about to be sent; `ModelError` where it would cost more than allowed."""
        with self._lock:
            cost = (self._asked_s + seconds) / 60 * (self._price or 0.0)
            if self._max_cost is not None and cost > self._max_cost:
                raise ModelError(
                    f"stopped before the estimated cost passes max_cost={self._max_cost:g}; finished work is saved; "
                    "run the same command again to continue; it counts the cost from 0"
                )
            self._asked_s += seconds

    def summary(self) -> str:
        """How much audio was sent, and what that costs by the price that was given."""
        minutes = self._asked_s / 60
        cost = f", estimated cost {minutes * self._price:.4g}" if self._price is not None else ""
        return f"{minutes:.1f} minutes of audio sent{cost}"

    def _is_unknown(self, model: str, error: RequestFailedError) -> bool:
        """Whether a refusal is about the model: its name is not in the server's list, or, without one, in its words."""
        if error.status not in (400, 404, 422):
            return False
        names = self._listed()
        return model not in names if names else model in str(error)

    def _offer(self, model: str) -> str:
        names = self._listed()
        if not names or model in names:
            return ""
        shown = names if len(names) <= MOST_NAMES else get_close_matches(model, names, MOST_NAMES, 0.3)
        return f"; {did_you_mean(model, shown or names[:MOST_NAMES])}"

    def _listed(self) -> list[str]:
        """Names in the server's list of models, asked for once; empty where it has none, or one of another shape."""
        with self._lock:
            if self._names is None:
                found = self.client.get("/models")
                rows = found.get("data") if isinstance(found, dict) else None
                names = (
                    [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
                )
                self._names = [
                    name
                    for name in names
                    if isinstance(name, str) and name.isprintable() and 0 < len(name) <= LONGEST_NAME
                ]
            return self._names

    def _guarded(self, one: Callable[[Asked], Told], item: Asked) -> Told:
        try:
            return one(item)
        except SpeechfairError:
            # at once, before the pool starts what waits
            self._stop.set()
            raise

"""What adapters of served models share: several requests at a time, one account of what was sent, one way to stop.

An error that would meet every request stops all; one that concerns a request is the request's own. Knows no interface.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from speechfair.errors import InputError, ModelError, SpeechfairError
from speechfair.models.arguments import positive_number, whole_number
from speechfair.models.http_client import HttpClient, Retries, read_base_url, read_key
from speechfair.types import Audio

__all__ = ["OPENAI", "Served", "connect", "wav_bytes"]

OPENAI = "https://api.openai.com/v1"

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
) -> Served:
    """A connection to the server at `base_url`, else ``$OPENAI_BASE_URL``, else OpenAI's own. Sends nothing yet.

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
    return Served(client, url, whole_number("concurrency", concurrency), price_per_minute, max_cost)


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
    """

    def __init__(
        self,
        client: HttpClient,
        base_url: str,
        concurrency: int = 4,
        price_per_minute: float | None = None,
        max_cost: float | None = None,
    ) -> None:
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

    def account(self, seconds: float) -> None:
        """Count audio that is about to be sent; `ModelError` where it would cost more than allowed."""
        with self._lock:
            cost = (self._asked_s + seconds) / 60 * (self._price or 0.0)
            if self._max_cost is not None and cost > self._max_cost:
                raise ModelError(
                    f"stopped before the estimated cost passes max_cost={self._max_cost:g}; what is done is kept: "
                    "give the same command again, which counts from 0, to go on"
                )
            self._asked_s += seconds

    def summary(self) -> str:
        """How much audio was sent, and what that costs by the price that was given."""
        minutes = self._asked_s / 60
        cost = f", estimated cost {minutes * self._price:.4g}" if self._price is not None else ""
        return f"{minutes:.1f} minutes of audio sent{cost}"

    def _guarded(self, one: Callable[[Asked], Told], item: Asked) -> Told:
        try:
            return one(item)
        except SpeechfairError:
            # at once, before the pool starts what waits
            self._stop.set()
            raise

"""Any server with OpenAI's ``/v1/audio/transcriptions``: the paid service, or one of your own.

Each utterance is one request with a 16-bit WAV, several at a time. A server may cut long audio without saying so;
therefore audio over 30 s is refused where it is not known that more is heard. What lies behind a served name
can change any day without a trace in the answer: say a `version` where you know one.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any

from speechfair.errors import InputError, SpeechfairError
from speechfair.models.arguments import positive_number
from speechfair.models.batching import describe, failed, refusal, too_long
from speechfair.models.served.endpoint import OPENAI, Served, connect, wav_bytes
from speechfair.models.served.http_client import RequestFailedError
from speechfair.types import Audio, Hypothesis, ModelIdentity

__all__ = ["OpenAITranscriptions", "load"]

SAMPLE_RATE = 16_000
OPENAI_LONGEST_S = 780.0
"""OpenAI takes files of up to 25 MB; at 16 kHz and 16 bit that is 781 s."""
OTHER_LONGEST_S = 30.0


def load(
    which: str | None,
    *,
    base_url: str | None = None,
    key_env: str = "OPENAI_API_KEY",
    language: str | None = None,
    prompt: str | None = None,
    temperature: float = 0.0,
    longest_s: float | None = None,
    timeout_s: float = 120.0,
    attempts: int = 6,
    concurrency: int = 4,
    per_minute: float | None = None,
    price_per_minute: float | None = None,
    max_cost: float | None = None,
    check_model: bool = True,
    version: str = "",
    name: str | None = None,
) -> OpenAITranscriptions:
    """Make a recogniser of a served model.

    Parameters
    ----------
    which : the model's name on the server, such as ``whisper-1``.
    base_url : up to and with ``/v1``; default ``$OPENAI_BASE_URL``, else OpenAI's own.
    key_env : environment variable that holds the key; empty to send none. The key is in no file and no message.
    language : two-letter code, or None to let the server guess.
    prompt : text to guide the model, or None.
    temperature : of the sampling; 0 is greedy.
    longest_s : longer audio (seconds) becomes a failed row; default 780 for OpenAI, else 30.
    timeout_s, attempts : of one attempt in seconds; attempts per utterance. Not part of the identity.
    concurrency : requests at the same time. Not part of the identity.
    per_minute : greatest number of requests a minute, or None. Not part of the identity.
    price_per_minute : of audio, in any currency, for the estimate of cost.
    max_cost : the run stops before the estimate passes this.
    check_model : stop the run at once where the server does not know the model. Not part of the identity.
    version : anything that tells this state of the server from another. Part of the identity.
    name : what the model is called in results; default ``openai:WHICH``.

    Raises
    ------
    InputError
        No model is named, an option's value is not usable, or OpenAI's own service is asked without a key.
    """
    if not which:
        raise InputError("openai needs the name of a served model, such as openai:whisper-1")
    served = connect(
        base_url,
        key_env,
        timeout_s=timeout_s,
        attempts=attempts,
        concurrency=concurrency,
        per_minute=per_minute,
        price_per_minute=price_per_minute,
        max_cost=max_cost,
        check_model=check_model,
    )
    ours = OPENAI_LONGEST_S if served.base_url == OPENAI else OTHER_LONGEST_S
    form = {"model": which, "temperature": f"{temperature:g}", "response_format": "json"}
    form.update({key: value for key, value in (("language", language), ("prompt", prompt)) if value})
    return OpenAITranscriptions(
        served,
        form,
        longest_s=positive_number("longest_s", ours if longest_s is None else longest_s),
        version=str(version),
        name=name or f"openai:{which}",
    )


class OpenAITranscriptions:
    """A `Recognizer` over a served model. Made by `load`."""

    sample_rate = SAMPLE_RATE

    def __init__(
        self, served: Served, form: dict[str, str], *, longest_s: float, version: str, name: str
    ) -> None:
        self._served, self._form, self._longest_s = served, form, longest_s
        digest = hashlib.sha256(f"{served.base_url}\n{form['model']}".encode()).hexdigest()
        options = {"base_url": served.base_url, **form, "longest_s": longest_s, "version": version}
        self._identity = ModelIdentity(name, "openai", digest, options, {})

    @property
    def identity(self) -> ModelIdentity:
        """Address, model name and options; there are no weights to see."""
        return self._identity

    def summary(self) -> str:
        """How much audio was sent, and what that costs by the price that was given."""
        return self._served.summary()

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio (16 kHz), in order. What concerns one utterance becomes its `error`.

        Raises
        ------
        ModelError
            Nothing can be transcribed: the key is refused, the model unknown, the server not there, or `max_cost`
            reached. The run stops, and goes on where it was when it is started again.
        """
        return self._served.each(batch, self._one)

    def _one(self, audio: Audio) -> Hypothesis:
        key = self.identity.key
        reason = refusal(audio, SAMPLE_RATE) or too_long(audio, self._longest_s)
        if reason is not None:
            return failed(audio, reason, key)
        started = time.perf_counter()
        try:
            self._served.account(audio.duration_s)
            answer = self._served.post(
                self._form["model"],
                "/audio/transcriptions",
                data=self._form,
                files={"file": ("audio.wav", wav_bytes(audio), "audio/wav")},
                check=_without_text,
            )
        except SpeechfairError:
            raise
        except Exception as error:
            reason = str(error) if isinstance(error, RequestFailedError) else describe(error)
            return failed(audio, reason, key, time.perf_counter() - started)
        return Hypothesis(
            audio.utterance_id, answer["text"].strip(), None, time.perf_counter() - started, key
        )


def _without_text(answer: Any) -> str | None:
    if isinstance(answer, dict) and isinstance(answer.get("text"), str):
        return None
    return "answered JSON without a string 'text'"

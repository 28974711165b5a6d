"""Any server with OpenAI's ``/v1/chat/completions``: speech-LLMs by ``input_audio``, text models by transcript.

Each question is one request, several at a time; audio goes in as a 16-bit WAV. A server may cut long audio without
saying so; therefore audio over 30 s is refused where it is not known that more is heard. What lies behind a
served name can change any day without a trace in the answer: say a `version` where you know one.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from speechfair.errors import InputError, SpeechfairError
from speechfair.models.answering import (
    TRANSCRIBE,
    TRANSCRIPT_FORM,
    failed_answer,
    key_with_prompt,
    refuse_question,
    transcribe_by_prompt,
)
from speechfair.models.arguments import one_of, positive_number, whole_number
from speechfair.models.batching import describe
from speechfair.models.served.chat_form import AudioPart, ChatForm, reply_of
from speechfair.models.served.endpoint import Served, connect, wav_bytes
from speechfair.models.served.http_client import RequestFailedError
from speechfair.types import Answer, Architecture, Audio, Hypothesis, ModelIdentity, Question

__all__ = ["OpenAIChat", "load"]

SAMPLE_RATE = 16_000
ARCHITECTURES: tuple[Architecture, ...] = ("modular", "native", "hybrid")


def load(
    which: str | None,
    *,
    prompt: str = TRANSCRIBE,
    base_url: str | None = None,
    key_env: str = "OPENAI_API_KEY",
    architecture: Architecture = "native",
    temperature: float | None = 0.0,
    seed: int | None = None,
    max_new_tokens: int = 256,
    max_completion_tokens: int | None = None,
    system: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
    audio_part: AudioPart = "input_audio",
    stream: bool = False,
    longest_s: float = 30.0,
    timeout_s: float = 120.0,
    attempts: int = 6,
    concurrency: int = 4,
    per_minute: float | None = None,
    price_per_minute: float | None = None,
    max_cost: float | None = None,
    check_model: bool = True,
    version: str = "",
    name: str | None = None,
) -> OpenAIChat:
    """Make a speech-LLM of a served chat model.

    Parameters
    ----------
    which : the model's name on the server, such as ``gpt-4o-audio-preview``.
    prompt : what is asked of each utterance where it serves as a recogniser.
    base_url : up to and with ``/v1``; default ``$OPENAI_BASE_URL``, else OpenAI's own.
    key_env : environment variable that holds the key; empty to send none. The key is in no file and no message.
    architecture : how speech reaches the served model, as far as you know.
    temperature, seed : of the sampling; 0 is greedy, None sends none; a seed is sent where one is given.
    max_new_tokens : greatest length of an answer, sent as ``max_tokens``.
    max_completion_tokens : sent in its place, for servers that want this name; make it large for a model that thinks.
    system, extra_body, audio_part, stream : how requests are written, see `ChatForm`. Part of the identity.
    longest_s : longer audio (seconds) becomes a failed row.
    timeout_s, attempts : of one attempt in seconds; attempts per question. Not part of the identity.
    concurrency : requests at the same time. Not part of the identity.
    per_minute : greatest number of requests a minute, or None. Not part of the identity.
    price_per_minute : of audio, in any currency, for the estimate of cost.
    max_cost : the run stops before the estimate passes this.
    check_model : stop the run at once where the server does not know the model. Not part of the identity.
    version : anything that tells this state of the server from another. Part of the identity.
    name : what the model is called in results; default ``openai-chat:WHICH``.

    Raises
    ------
    InputError
        No model is named, an option's value is not usable, or OpenAI's own service is asked without a key.
    """
    if not which:
        raise InputError(
            "openai-chat needs the name of a served model, such as openai-chat:gpt-4o-audio-preview"
        )
    if not prompt.strip():
        raise InputError("prompt is empty: say what is asked of each utterance")
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
    settings: dict[str, Any] = {"model": which}
    if temperature is not None:
        settings["temperature"] = temperature
    if max_completion_tokens is None:
        settings["max_tokens"] = whole_number("max_new_tokens", max_new_tokens)
    else:
        settings["max_completion_tokens"] = whole_number("max_completion_tokens", max_completion_tokens)
    if seed is not None:
        settings["seed"] = seed
    return OpenAIChat(
        served,
        settings,
        ChatForm(system, extra_body or {}, audio_part, stream),
        prompt=prompt,
        architecture=one_of("architecture", architecture, ARCHITECTURES),
        longest_s=positive_number("longest_s", longest_s),
        version=str(version),
        name=name or f"openai-chat:{which}",
    )


class OpenAIChat:
    """A speech-LLM behind a server, and a `Recognizer` by its prompt. Made by `load`."""

    sample_rate = SAMPLE_RATE

    def __init__(
        self,
        served: Served,
        settings: dict[str, Any],
        form: ChatForm,
        *,
        prompt: str,
        architecture: Architecture,
        longest_s: float,
        version: str,
        name: str,
    ) -> None:
        self._served, self._settings, self._form, self._prompt = served, settings, form, prompt
        self._encoded: dict[int, str] = {}
        self._architecture, self._longest_s = architecture, longest_s
        digest = hashlib.sha256(f"{served.base_url}\n{settings['model']}".encode()).hexdigest()
        options = {
            "base_url": served.base_url,
            **settings,
            "architecture": architecture,
            "prompt": prompt,
            "transcript_form": TRANSCRIPT_FORM,
            "longest_s": longest_s,
            "version": version,
            **form.options(),
        }
        self._identity = ModelIdentity(name, "openai-chat", digest, options, {})

    @property
    def identity(self) -> ModelIdentity:
        """Address, model name, prompt and options; there are no weights to see."""
        return self._identity

    @property
    def architecture(self) -> Architecture:
        """As the user said."""
        return self._architecture

    def summary(self) -> str:
        """How much audio was sent, and what that costs by the price that was given."""
        return self._served.summary()

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio (16 kHz), in order: the answer to the prompt. Raises as `answer` does.

        What the server's content filter stopped has no text but an ``error``.
        """
        return transcribe_by_prompt(batch, self._prompt, self.answer)

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        """One answer per question, in order. What concerns one question becomes its `error`.

        Raises
        ------
        ModelError
            Nothing can be answered: the key is refused, the model unknown, the server not there, or `max_cost`
            reached.
        """
        sounds = {id(question.audio): question.audio for question in batch if question.audio is not None}
        # several questions about one recording share its encoding; too long a one is refused later
        self._encoded = {
            name: base64.b64encode(wav_bytes(audio)).decode()
            for name, audio in sounds.items()
            if audio.duration_s <= self._longest_s
        }
        try:
            return self._served.each(batch, self._one)
        finally:
            self._encoded = {}

    def _one(self, question: Question) -> Answer:
        key = key_with_prompt(self._identity, question.prompt)
        reason = refuse_question(question, SAMPLE_RATE, self._longest_s)
        if reason is not None:
            return failed_answer(question, reason, key)
        started = time.perf_counter()
        try:
            if question.audio is not None:
                self._served.account(question.audio.duration_s)
            found = self._served.post(
                self._settings["model"],
                "/chat/completions",
                json=self._form.body(self._settings, question, self._encoded.get(id(question.audio))),
                check=_without_answer,
            )
        except SpeechfairError:
            raise
        except Exception as error:
            reason = str(error) if isinstance(error, RequestFailedError) else describe(error)
            return failed_answer(question, reason, key, time.perf_counter() - started)
        text = (reply_of(found) or "").strip()
        return Answer(question.id, text, None, time.perf_counter() - started, key)


def _without_answer(answer: Any) -> str | None:
    if reply_of(answer) is not None:
        return None
    try:
        calls = answer["choices"][0]["message"].get("tool_calls")
    except (TypeError, KeyError, IndexError, AttributeError):
        calls = None
    if calls:
        return "called a tool instead of answering; switch tools off with extra_body: {tool_choice: none}"
    return "answered JSON without choices[0].message.content"

"""How a chat request is written and its reply read, in the forms that servers of speech-LLMs have.

Forms of audio: ``input_audio`` (OpenAI, llama.cpp, transformers serve, vLLM), ``audio_url`` with a data URL (vLLM,
SGLang), and ``input_audio_data_url`` (the same key as OpenAI's with a data URL in it, as DashScope wants it).
Replies: a text, a list of parts, a refusal of its own field, or thinking without an answer; whole or as a stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from speechfair.errors import InputError
from speechfair.models.answer_kinds import CUT_OFF, FILTERED, REFUSAL_FIELD
from speechfair.models.answering import written
from speechfair.models.arguments import one_of
from speechfair.strict_json import parse_json
from speechfair.types import Question

__all__ = ["AUDIO_PARTS", "AudioPart", "ChatForm", "merged_stream", "reply_of"]

AudioPart = Literal["input_audio", "audio_url", "input_audio_data_url"]
AUDIO_PARTS: tuple[AudioPart, ...] = get_args(AudioPart)

OURS = ("messages", "model", "stream")
"""Keys of a body that ``extra_body`` must not hold: they decide what is asked."""

THINKING = ("reasoning_content", "reasoning", "thinking")


@dataclass(frozen=True, slots=True)
class ChatForm:
    """How requests are written.

    Parameters
    ----------
    system : a message that comes before each question, or None.
    extra_body : further keys of the body, such as ``modalities`` or ``chat_template_kwargs``.
    audio_part : how audio is put into the message.
    stream : ask for the reply as a stream, which some servers insist on.
    """

    system: str | None = None
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    audio_part: AudioPart = "input_audio"
    stream: bool = False

    def __post_init__(self) -> None:
        one_of("audio_part", self.audio_part, AUDIO_PARTS)
        if not isinstance(self.stream, bool):
            raise InputError(f"stream={self.stream!r} is not usable: give true or false")
        if not isinstance(self.extra_body, Mapping) or not all(
            isinstance(key, str) for key in self.extra_body
        ):
            raise InputError("extra_body must be keys and values, such as {modalities: [text]}")
        if taken := [key for key in OURS if key in self.extra_body]:
            raise InputError(f"extra_body must not hold {taken[0]!r}: that decides what is asked")
        if self.system is not None and not self.system.strip():
            raise InputError("system is empty: leave it out, or say what the model shall be")

    def options(self) -> dict[str, Any]:
        """What differs from the usual form; part of a model's identity."""
        usual = ChatForm()
        return {
            name: dict(value) if isinstance(value, Mapping) else value
            for name in ("system", "extra_body", "audio_part", "stream")
            if (value := getattr(self, name)) != getattr(usual, name)
        }

    def body(self, settings: Mapping[str, Any], question: Question, encoded: str | None) -> dict[str, Any]:
        """The body of a request.

        Parameters
        ----------
        settings : model, sampling and length.
        encoded : the question's audio as a WAV file in base64; None where it has none.
        """
        messages: list[dict[str, Any]] = []
        if self.system is not None:
            messages.append({"role": "system", "content": self.system})
        # without audio as a plain string, which text-only servers take too
        content: Any = written(question)
        if encoded is not None:
            content = [self._part(encoded), {"type": "text", "text": written(question)}]
        messages.append({"role": "user", "content": content})
        stream = {"stream": True} if self.stream else {}
        return {**settings, **self.extra_body, **stream, "messages": messages}

    def _part(self, encoded: str) -> dict[str, Any]:
        url = f"data:audio/wav;base64,{encoded}"
        if self.audio_part == "audio_url":
            return {"type": "audio_url", "audio_url": {"url": url}}
        data = url if self.audio_part == "input_audio_data_url" else encoded
        return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def reply_of(answer: Any) -> str | None:
    """What a model said, verbatim; None where the answer holds nothing of the kind.

    Thinking that comes in a field of its own is left out, unless there is nothing else: then it is given as an
    unfinished thought (``<think>…``), which probes count as unreadable. What a server says apart from the words is
    marked: ``<refusal>`` before a refusal of its own field or a content filter's, ``<cut>`` behind a reply that was
    ended at the greatest length.
    """
    try:
        choice = answer["choices"][0]
        message, ended = choice["message"], choice.get("finish_reason")
        content = message.get("content")
    except (TypeError, KeyError, IndexError, AttributeError):
        return None
    if isinstance(content, list):
        parts = [one.get("text") for one in content if isinstance(one, dict)]
        content = "".join(part for part in parts if isinstance(part, str)) or None
    if isinstance(content, str) and content.strip():
        return content + CUT_OFF if ended == "length" else content
    # a refusal of its own field is what the model said, too
    if isinstance(refusal := message.get("refusal"), str) and refusal.strip():
        return REFUSAL_FIELD + refusal
    if ended == "content_filter":
        return REFUSAL_FIELD + FILTERED
    thought = next(
        (message[key] for key in THINKING if isinstance(message.get(key), str) and message[key]), None
    )
    if thought is not None:
        return f"<think>{thought}"
    return content if isinstance(content, str) else None


def merged_stream(text: str) -> dict[str, Any]:
    """The answer that a stream of server-sent events amounts to, in the form of one that came whole.

    Raises
    ------
    ValueError
        An event is not JSON or reports an error, or the stream ends before the model did.
    """
    found: dict[str, list[str]] = {}
    ended, reason = False, None
    for line in text.splitlines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            ended = True
            break
        event = parse_json(data)
        if not isinstance(event, dict) or event.get("error"):
            raise ValueError("the stream reports an error")
        for choice in (event.get("choices") or [])[:1]:
            delta = choice.get("delta") or {}
            for key in ("content", "refusal", *THINKING):
                if isinstance(delta.get(key), str):
                    found.setdefault(key, []).append(delta[key])
            reason = choice.get("finish_reason") or reason
    if not ended and reason is None:
        raise ValueError("the stream ends before the reply does")
    message = {key: "".join(parts) for key, parts in found.items()}
    return {"choices": [{"message": message, "finish_reason": reason}]}

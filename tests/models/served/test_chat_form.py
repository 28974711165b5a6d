"""Chat servers as they differ: forms of requests, of replies and of streams, and waits that headers ask for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from speechfair.errors import InputError
from speechfair.models import load_speech_llm
from speechfair.models.served.chat_form import ChatForm, merged_stream, reply_of
from speechfair.models.served.http_client import Retries
from speechfair.probes.items import Item
from speechfair.probes.reading import read
from speechfair.types import Audio, Question
from tests.models.server import Answer, Seen, TranscriptionServer

Script = Callable[[Seen, int], Answer | None]
WAITS: list[float | None] = []


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Any, list[Seen]]]]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    WAITS.clear()

    def wait(self: Retries, attempt: int, asked_s: float | None, jitter: float) -> float:
        WAITS.append(asked_s)
        return 0.0

    monkeypatch.setattr(Retries, "wait_s", wait)
    servers: list[TranscriptionServer] = []

    def start(
        script: Script, questions: int = 1, transcribes: bool = False, **options: Any
    ) -> tuple[Any, list[Seen]]:
        servers.append(TranscriptionServer(script).start())
        model = load_speech_llm("openai-chat:m", base_url=servers[-1].base_url, attempts=2, **options)
        sound = Audio("a", np.full(1600, 0.25, np.float32), 16_000)
        if transcribes:
            return model.transcribe([sound]), servers[-1].seen
        return model.answer(
            [Question(f"q{n}", f"Which? {n}", audio=sound) for n in range(questions)]
        ), servers[-1].seen

    yield start
    for server in servers:
        server.stop()


def whole(message: dict[str, Any]) -> Script:
    return lambda seen, number: Answer(body={"choices": [{"message": message}]})


def streamed(*deltas: dict[str, Any], end: str = "data: [DONE]\n\n") -> bytes:
    events = [{"choices": [{"delta": delta, "finish_reason": None}]} for delta in deltas]
    lines = [": keep-alive\n\n", *(f"data: {json.dumps(event)}\n\n" for event in events), end]
    return "".join(lines).encode()


def ended(message: dict[str, Any], reason: str, stream: bool) -> tuple[Any, dict[str, str]]:
    """Body and headers of a reply that ended for a reason."""
    if not stream:
        return {"choices": [{"message": message, "finish_reason": reason}]}, {}
    last = {"choices": [{"delta": {}, "finish_reason": reason}]}
    body = streamed(message, end=f"event: x\r\ndata: {json.dumps(last)}\r\n\r\n: bye\n")
    return body, {"Content-Type": "text/event-stream"}


REPLIES = [
    ({"content": "Based on the audio, the answer is **(B)**."}, "right"),
    ({"content": [{"type": "text", "text": "The answer "}, {"type": "text", "text": "is B."}]}, "right"),
    ({"content": "<think>A or B?</think>\n\nB"}, "right"),
    ({"content": "B", "reasoning_content": "It could be A."}, "right"),
    ({"content": "B", "reasoning": "It could be A."}, "right"),
    ({"content": "", "reasoning_content": "Is it A or"}, "format"),
    ({"content": None, "reasoning": "Is it A or"}, "format"),
    ({"content": None, "refusal": "I'm sorry, I can't help with that."}, "refusal"),
    ({"content": "音声によると、答えはBです。"}, "right"),
]


def outcome_of(reply: str | None) -> str:
    """How a reply to "(A) milk, (B) tea" is classed, where the tea is right."""
    item = Item("i", 1, "k", "Which?", "tea", ("milk",))
    seed = next(n for n in range(9) if read("B", "s", item, "choice", n).outcome == "right")
    return read(reply, "s", item, "choice", seed).outcome


@pytest.mark.parametrize(("message", "outcome"), REPLIES)
def test_every_form_of_a_reply_is_read(ask: Any, message: dict[str, Any], outcome: str) -> None:
    (found,), _ = ask(whole(message))
    assert outcome_of(found.text) == outcome


TOOL = {
    "content": None,
    "tool_calls": [{"type": "function", "function": {"name": "hear", "arguments": "{}"}}],
}
ENDED = [
    ({"content": "B. The speaker asks for t"}, "length", "right"),
    ({"content": "They speak of milk and"}, "length", "format"),
    ({"content": "Okay, the user wants to know which. The speaker says milk, but"}, "length", "format"),
    ({"content": None, "reasoning_content": "Is it A or"}, "length", "format"),
    ({"content": None, "refusal": "That is B."}, "stop", "refusal"),
    ({"content": "", "refusal": None}, "content_filter", "refusal"),
    ({"content": None}, "content_filter", "refusal"),
    ({"content": [{"type": "output_audio"}, {"type": "text", "text": "B"}, "?"]}, "stop", "right"),
    ({"content": []}, "stop", "error"),
    ({"content": "  "}, "stop", "empty"),
    (TOOL, "tool_calls", "error"),
]


FORMS = [
    (*row, stream)
    for row in ENDED
    for stream in (False, True)
    if not (stream and type(row[0]["content"]) is list)
]
"""Streams have texts only."""


@pytest.mark.parametrize(("message", "reason", "outcome", "stream"), FORMS)
def test_how_a_reply_ended_decides_its_class(
    ask: Any, message: dict[str, Any], reason: str, outcome: str, stream: bool
) -> None:
    """A reply that is cut off, filtered or no text is never a wrong answer."""
    answer, headers = ended(message, reason, stream)
    (found,), _ = ask(lambda s, n: Answer(body=answer, headers=headers), stream=stream)
    assert (outcome_of(found.text), found.text is None) == (outcome, outcome == "error")
    if message is TOOL and not stream:
        assert "called a tool" in str(found.error)


def test_a_page_with_status_200_is_a_failure(ask: Any) -> None:
    page = Answer(body=b"<html><body>Bad gateway: (B)</body></html>", headers={"Content-Type": "text/html"})
    (found,), seen = ask(lambda s, n: page)
    assert (found.text, len(seen)) == (None, 2)
    assert "not JSON" in str(found.error)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({}, {"type": "input_audio"}),
        ({"audio_part": "audio_url"}, {"type": "audio_url"}),
        ({"audio_part": "input_audio_data_url"}, {"type": "input_audio"}),
    ],
)
def test_every_form_of_audio_is_sent(ask: Any, options: dict[str, Any], part: dict[str, str]) -> None:
    (found,), seen = ask(whole({"content": "yes"}), system="Be brief.", **options)
    system, user = json.loads(seen[0].body)["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    sent = user["content"][0]
    assert sent["type"] == part["type"]
    data = sent["audio_url"]["url"] if "audio_url" in sent else sent["input_audio"]["data"]
    assert data.startswith("data:audio/wav;base64,UklGR") == bool(options)
    assert found.text == "yes"


def test_a_body_of_ones_own_and_the_names_of_the_length(ask: Any) -> None:
    extra = {"modalities": ["text"], "chat_template_kwargs": {"enable_thinking": False}}
    _, seen = ask(whole({"content": "y"}), extra_body=extra, max_completion_tokens=4096, temperature=None)
    body = json.loads(seen[0].body)
    assert {key: body[key] for key in body if key != "messages"} == {
        "model": "m",
        "max_completion_tokens": 4096,
        **extra,
    }
    for wrong in ({"messages": []}, {"stream": True}, ["x"], {1: 2}):
        with pytest.raises(InputError, match="extra_body"):
            ChatForm(extra_body=wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="audio_part"):
        ChatForm(audio_part="file")  # type: ignore[arg-type]


def test_the_form_is_part_of_the_identity_only_where_it_is_not_the_usual_one() -> None:
    usual = load_speech_llm("openai-chat:m", base_url="http://localhost/v1")
    other = load_speech_llm("openai-chat:m", base_url="http://localhost/v1", system="Be brief.")
    assert usual.identity.key != other.identity.key
    assert not {"system", "extra_body", "audio_part", "stream"} & set(usual.identity.options)


def test_a_stream_is_put_together_and_a_cut_one_is_asked_again(ask: Any) -> None:
    body = streamed({"role": "assistant"}, {"content": "The answer "}, {"content": "is B."})
    cut = streamed({"content": "The answer is "}, end="")

    def script(seen: Seen, number: int) -> Answer:
        return Answer(body=cut if number == 0 else body, headers={"Content-Type": "text/event-stream"})

    (found,), seen = ask(script, stream=True)
    assert found.text == "The answer is B."
    assert json.loads(seen[0].body)["stream"] is True
    assert len(seen) == 2
    (lost,), _ = ask(
        lambda s, n: Answer(body=cut, headers={"Content-Type": "text/event-stream"}), stream=True
    )
    assert "the stream ends before the reply does" in str(lost.error)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("message", [{"content": ""}, {"content": None}, {"content": None, "refusal": None}])
def test_a_filtered_transcription_is_a_failed_row_and_no_words(
    ask: Any, message: dict[str, Any], stream: bool
) -> None:
    answer, headers = ended(message, "content_filter", stream)
    (heard,), _ = ask(lambda s, n: Answer(body=answer, headers=headers), transcribes=True, stream=stream)
    assert (heard.text, heard.error) == (None, "stopped by the content filter")


def test_streams_that_are_no_answer_are_refused() -> None:
    done = merged_stream('data: {"choices":[{"delta":{"content":"y"},"finish_reason":"stop"}]}\n\n')
    assert reply_of(done) == "y"
    thought = merged_stream(streamed({"reasoning_content": "hm"}).decode())
    assert reply_of(thought) == "<think>hm"
    for text in ('data: {"error": {"message": "x"}}\n', "data: {\n", ""):
        with pytest.raises(ValueError, match=r"stream|Expecting|property"):
            merged_stream(text)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"x-ratelimit-reset-requests": "1m2s", "x-ratelimit-remaining-requests": "0"}, 62.0),
        ({"x-ratelimit-reset-tokens": "150ms", "x-ratelimit-remaining-tokens": "7"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_is_the_one_that_headers_ask_for(
    ask: Any, headers: dict[str, str], wait: float | None, status: int
) -> None:
    busy = Answer(status, {"error": {"message": "busy"}}, headers)
    (found,), seen = ask(
        lambda s, n: busy if n == 0 else Answer(body={"choices": [{"message": {"content": "y"}}]})
    )
    assert found.text == "y"
    assert len(seen) == 2
    limits = status == 429 or not any(name.startswith("x-") for name in headers)
    assert [pytest.approx(wait) if limits and wait is not None else None] == WAITS


def test_a_recording_is_encoded_once_for_all_questions_about_it(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from speechfair.models.served import openai_chat

    calls: list[int] = []
    encode = openai_chat.wav_bytes
    monkeypatch.setattr(openai_chat, "wav_bytes", lambda audio: calls.append(1) or encode(audio))
    found, seen = ask(whole({"content": "y"}), questions=5)
    assert len(found) == len(seen) == 5
    assert calls == [1]

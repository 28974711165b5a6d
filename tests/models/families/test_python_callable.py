"""A Python function as a recogniser: found by name or handed over, its source part of the identity."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechfair.errors import InputError, ModelError
from speechfair.models import from_callable, load_model
from speechfair.types import Audio

A = Audio("a", np.full(1600, 0.5, np.float32), 16_000)
B = Audio("b", np.full(800, 0.5, np.float32), 16_000)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, whose modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_function_in_the_current_folder(here: Path) -> None:
    (here / "my_asr_one.py").write_text(
        "def recognize(samples, rate):\n    return f'{len(samples)} at {rate}'\n"
    )
    path = list(sys.path)
    model = load_model("python:my_asr_one:recognize")
    assert [h.text for h in model.transcribe([A, B])] == ["1600 at 16000", "800 at 16000"]
    assert sys.path == path


def test_a_method_by_dotted_name(here: Path) -> None:
    (here / "my_asr_two.py").write_text(
        "class Asr:\n    def __call__(self, samples, rate): return 'called'\n"
        "    def hear(self, samples, rate): return 'heard'\nasr = Asr()\n"
    )
    assert load_model("python:my_asr_two:asr.hear").transcribe([A])[0].text == "heard"
    assert load_model("python:my_asr_two:asr").transcribe([A])[0].text == "called"


def test_what_it_raises_or_returns_wrongly_fails_that_row_only() -> None:
    def moody(samples: object, rate: int) -> str:
        if len(samples) == 800:  # type: ignore[arg-type]
            raise ValueError("not\n today")
        return "fine"

    found = from_callable(moody, name="moody").transcribe([A, B, A])
    assert [h.text for h in found] == ["fine", None, "fine"]
    assert found[1].error == "ValueError: not today"
    (wrong,) = from_callable(lambda samples, rate: None, name="none").transcribe([A])  # type: ignore[arg-type,return-value]
    assert "returned NoneType, not a string" in str(wrong.error)


def test_it_cannot_change_the_samples_of_others() -> None:
    def greedy(samples: np.ndarray, rate: int) -> str:
        samples[:] = 0
        return "x"

    from_callable(greedy, name="greedy").transcribe([A])
    assert A.samples[0] == 0.5


def test_the_identity_follows_source_version_and_rate(here: Path) -> None:
    for name, word in (("my_asr_a", "one"), ("my_asr_b", "two")):
        (here / f"{name}.py").write_text(f"WORD = {word!r}\ndef hear(samples, rate):\n    return WORD\n")
    key = load_model("python:my_asr_a:hear").identity.key
    assert load_model("python:my_asr_a:hear", name="other").identity.key == key
    assert load_model("python:my_asr_a:hear", version="2").identity.key != key
    assert load_model("python:my_asr_a:hear", sample_rate=8000).identity.key != key
    assert (
        load_model("python:my_asr_b:hear").identity.digest
        != load_model("python:my_asr_a:hear").identity.digest
    )


def test_functions_without_source_still_differ() -> None:
    scope: dict[str, object] = {}
    exec("def one(s, r): return 'one'\ndef two(s, r): return 'two'", scope)
    keys = {from_callable(scope[name], name="x").identity.key for name in ("one", "two")}  # type: ignore[arg-type]
    assert len(keys) == 2


def test_the_sample_rate_is_what_was_asked_for() -> None:
    model = from_callable(lambda samples, rate: str(rate), name="rate", sample_rate=8000)
    assert model.sample_rate == 8000
    assert "16000 Hz, the model takes 8000 Hz" in str(model.transcribe([A])[0].error)


@pytest.mark.parametrize(
    ("which", "error", "message"),
    [
        ("", InputError, "write it as python:MODULE:FUNCTION"),
        (":my_asr", InputError, "write it as python:MODULE:FUNCTION"),
        (":no_such_module_here:f", ModelError, "cannot be imported from here: ModuleNotFoundError"),
        (":json:dump_s", ModelError, "json has no 'dump_s'; did you mean 'dumps'"),
        (":string:digits", InputError, "digits is a str, which cannot be called"),
    ],
)
def test_bad_names(which: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load_model(f"python{which}")


def test_a_module_that_breaks_on_import_says_how(here: Path) -> None:
    (here / "my_asr_bad.py").write_text("1 / 0\n")
    with pytest.raises(ModelError, match="my_asr_bad: cannot be imported from here: ZeroDivisionError"):
        load_model("python:my_asr_bad:f")


@pytest.mark.parametrize(
    "shape", ["samples, rate", "samples, rate, utterance", "audio", "x, y, *, utterance=None"]
)
def test_a_function_may_ask_for_the_utterance(shape: str) -> None:
    space: dict[str, Any] = {}
    told = "audio.utterance_id" if shape == "audio" else "utterance" if "utterance" in shape else "'u1'"
    exec(f"def function({shape}): return {told}", space)
    model = from_callable(space["function"], name="m")
    (found,) = model.transcribe([Audio("u1", np.zeros(160, np.float32), 16_000)])
    assert found.text == "u1", found.error


@pytest.mark.parametrize(
    "function",
    [lambda samples: "", lambda: "", lambda samples, rate, words: "", lambda samples, *, rate: ""],
    ids=["one parameter", "none", "one more", "by keyword only"],
)
def test_a_function_that_could_answer_no_row_is_refused_at_once(function: Callable[..., str]) -> None:
    with pytest.raises(InputError, match="cannot be called as a recogniser"):
        from_callable(function, name="m")


def test_defaults_and_variable_parameters_are_fine() -> None:
    for function in (
        lambda samples, rate, extra=1: "x",
        lambda *both: "x",
        lambda samples, rate, **more: "x",
    ):
        assert from_callable(function, name="m").transcribe([A])[0].text == "x"

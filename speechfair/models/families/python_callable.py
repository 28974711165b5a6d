"""A Python function as a recogniser: ``python:module:function``, or `speechfair.models.from_callable` in a program.

The function takes the samples (mono float32, shape (samples,)) and the sample rate in Hz, and returns the
text. With a third parameter ``utterance`` it also gets the utterance's id, with a single one, ``audio``, the `Audio`.
What it raises fails that row only. Its source is its identity; what it reads or closes over is not seen, so
say a `version` when that changes.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, ModelError
from speechfair.models.arguments import whole_number
from speechfair.models.batching import describe, one_by_one
from speechfair.registry import did_you_mean
from speechfair.types import Audio, Hypothesis, ModelIdentity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Function = Callable[[NDArray[np.float32], int], str] | Callable[..., str]

__all__ = ["FromCallable", "find_function", "load", "qualified_name", "source_of"]


def load(
    which: str | None, *, sample_rate: int = 16_000, version: str = "", name: str | None = None
) -> FromCallable:
    """Import ``MODULE:FUNCTION`` (the current folder included) and make a recogniser of it.

    Parameters
    ----------
    which : such as ``my_asr:recognize``; a dotted attribute works too.
    sample_rate : Hz of the samples it gets.
    version : anything that tells this state of the function from another. Part of the identity.
    name : what the model is called in results; default ``python:WHICH``.

    Raises
    ------
    InputError
        `which` is not of that form, or names something that cannot be called.
    ModelError
        The module cannot be imported or has no such function.
    """
    found = find_function("python", which, "my_asr:recognize")
    return FromCallable(
        found, name or f"python:{which}", whole_number("sample_rate", sample_rate), str(version)
    )


class FromCallable:
    """A `Recognizer` over a Python function.

    Parameters
    ----------
    function : ``f(samples, rate)``, ``f(samples, rate, utterance)`` or ``f(audio)``: samples (mono float32, shape
        (samples,)), the sample rate in Hz and the utterance's id, or all of it as an `Audio`; returns the text.
    name : what the model is called in results.
    sample_rate : Hz of the samples it gets.
    version : anything that tells this state of the function from another.

    Raises
    ------
    InputError
        The function cannot be called in any of these ways.
    """

    def __init__(self, function: Function, name: str, sample_rate: int = 16_000, version: str = "") -> None:
        self._function, self._sample_rate = function, sample_rate
        self._ask = _way_of_asking(function)
        options = {"sample_rate": sample_rate, "version": version, "function": qualified_name(function)}
        digest = hashlib.sha256(source_of(function).encode()).hexdigest()
        self._identity = ModelIdentity(name, "python", digest, options, {})

    @property
    def identity(self) -> ModelIdentity:
        """The function's source and the version the user gave."""
        return self._identity

    @property
    def sample_rate(self) -> int:
        """Hz that the function expects."""
        return self._sample_rate

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio, in order. Whatever goes wrong with one becomes its `error`."""
        return one_by_one(batch, self._sample_rate, self.identity.key, self._recognize)

    def _recognize(self, audio: Audio) -> str:
        text = self._ask(replace(audio, samples=audio.samples.copy()))
        if not isinstance(text, str):
            raise TypeError(f"{qualified_name(self._function)} returned {type(text).__name__}, not a string")
        return text


def _way_of_asking(function: Any) -> Callable[[Audio], Any]:
    """How to call the function, from its parameters; what cannot be inspected gets samples and rate.

    Raises
    ------
    InputError
        It takes neither ``(samples, rate)`` nor one of the other forms, so that every row would fail.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return lambda audio: function(audio.samples, audio.sample_rate)
    parameters = signature.parameters
    needed = [
        name
        for name, each in parameters.items()
        if each.default is each.empty and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    if "utterance" in parameters:
        return lambda audio: function(audio.samples, audio.sample_rate, utterance=audio.utterance_id)
    if needed == ["audio"]:
        return function  # type: ignore[no-any-return]
    try:
        signature.bind(None, 16_000)
    except TypeError as error:
        raise InputError(
            f"{qualified_name(function)}{signature} cannot be called as a recogniser ({error}); give it the parameters "
            "(samples, rate), (samples, rate, utterance) or (audio)"
        ) from None
    return lambda audio: function(audio.samples, audio.sample_rate)


def find_function(family: str, which: str | None, example: str) -> Any:
    """The callable that ``MODULE:FUNCTION`` names, the current folder included.

    Parameters
    ----------
    family : the family that asks, and an example of what it is asked for, for messages.

    Raises
    ------
    InputError
        `which` is not of that form, or names something that cannot be called.
    ModelError
        The module cannot be imported or has no such function.
    """
    module, _, attribute = (which or "").partition(":")
    if not module or not attribute:
        raise InputError(
            f"{family}:{which or ''}: write it as {family}:MODULE:FUNCTION, such as {family}:{example}"
        )
    found = _import(family, module)
    for part in attribute.split("."):
        if not hasattr(found, part):
            known = [key for key, value in vars(found).items() if not key.startswith("_") and callable(value)]
            raise ModelError(f"{family}:{which}: {module} has no {part!r}; {did_you_mean(part, known)}")
        found = getattr(found, part)
    if not callable(found):
        raise InputError(f"{family}:{which}: {attribute} is a {type(found).__name__}, which cannot be called")
    return found


def _import(family: str, module: str) -> object:
    here = os.getcwd()
    sys.path.insert(0, here)
    try:
        return importlib.import_module(module)
    except Exception as error:
        raise ModelError(f"{family}:{module}: cannot be imported from here: {describe(error)}") from error
    finally:
        sys.path.remove(here)


def qualified_name(function: object) -> str:
    """Module and name of a function, or of the class of a callable object."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def source_of(function: object) -> str:
    """Source of the whole module that the function lies in, or of what can be seen of it."""
    named = function if hasattr(function, "__qualname__") else type(function)
    module = inspect.getmodule(named)
    for thing in (module, named):
        try:
            return inspect.getsource(thing)  # type: ignore[arg-type]
        except (OSError, TypeError):
            continue
    code = getattr(named, "__code__", None)
    if code is None:
        return qualified_name(function)
    constants = [value for value in code.co_consts if isinstance(value, (str, int, float, bytes))]
    return f"{qualified_name(function)} {code.co_code.hex()} {code.co_names} {constants}"

"""A Python function as a speech-LLM: ``python-chat:module:function``, or `speechfair.models.chat_from_callable`.

The function takes a `Question` (prompt, and audio or transcript or both) and returns the answer. What it raises fails
that question only. Its module's source is its identity; what it reads or closes over is not seen, so say a `version`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from speechfair.models.answering import (
    TRANSCRIBE,
    answer_in_passes,
    refuse_question,
    transcribe_by_prompt,
)
from speechfair.models.arguments import one_of, positive_number, whole_number
from speechfair.models.families.python_callable import find_function, qualified_name, source_of
from speechfair.types import Answer, Architecture, Audio, Hypothesis, ModelIdentity, Question

__all__ = ["ARCHITECTURES", "FromChatCallable", "load"]

ARCHITECTURES: tuple[Architecture, ...] = ("modular", "native", "hybrid")


def load(
    which: str | None,
    *,
    prompt: str = TRANSCRIBE,
    sample_rate: int = 16_000,
    architecture: Architecture = "native",
    longest_s: float = 3600.0,
    version: str = "",
    name: str | None = None,
) -> FromChatCallable:
    """Import ``MODULE:FUNCTION`` (the current folder included) and make a speech-LLM of it.

    Parameters
    ----------
    which : such as ``my_model:answer``; a dotted attribute works too.
    prompt : what is asked where it serves as a recogniser.
    sample_rate : Hz of the audio it gets.
    architecture : ``modular``, ``native`` or ``hybrid``; see `speechfair.types.Architecture`.
    longest_s : longer audio (seconds) becomes a failed row.
    version : anything that tells this state of the function from another. Part of the identity.
    name : what the model is called in results; default ``python-chat:WHICH``.

    Raises
    ------
    InputError
        `which` is not of that form, names something that cannot be called, or an option is not usable.
    ModelError
        The module cannot be imported or has no such function.
    """
    function: Callable[[Question], str] = find_function("python-chat", which, "my_model:answer")
    return FromChatCallable(
        function,
        name or f"python-chat:{which}",
        prompt=prompt,
        sample_rate=whole_number("sample_rate", sample_rate),
        architecture=architecture,
        longest_s=longest_s,
        version=str(version),
    )


class FromChatCallable:
    """A speech-LLM over a Python function, and a `Recognizer` by its prompt.

    Parameters
    ----------
    function : takes a `Question`, returns the answer.
    name : what the model is called in results.
    """

    def __init__(
        self,
        function: Callable[[Question], str],
        name: str,
        *,
        prompt: str = TRANSCRIBE,
        sample_rate: int = 16_000,
        architecture: Architecture = "native",
        longest_s: float = 3600.0,
        version: str = "",
    ) -> None:
        self._function, self._prompt, self._sample_rate = function, prompt, sample_rate
        self._architecture: Architecture = one_of("architecture", architecture, ARCHITECTURES)
        self._longest_s = positive_number("longest_s", longest_s)
        options = {
            "prompt": prompt,
            "sample_rate": sample_rate,
            "architecture": architecture,
            "longest_s": self._longest_s,
            "version": version,
            "function": qualified_name(function),
        }
        digest = hashlib.sha256(source_of(function).encode()).hexdigest()
        self._identity = ModelIdentity(name, "python-chat", digest, options, {})

    @property
    def identity(self) -> ModelIdentity:
        """The function's source, the prompt and the version the user gave."""
        return self._identity

    @property
    def sample_rate(self) -> int:
        """Hz that the function expects."""
        return self._sample_rate

    @property
    def architecture(self) -> Architecture:
        """As the user said."""
        return self._architecture

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio, in order: the answer to the prompt. What goes wrong becomes its `error`."""
        return transcribe_by_prompt(batch, self._prompt, self.answer)

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        """One answer per question, in order. What the function raises fails that question only."""
        return answer_in_passes(
            batch,
            self._identity,
            1,
            lambda part: [self._ask(part[0])],
            lambda question: refuse_question(question, self._sample_rate, self._longest_s),
        )

    def _ask(self, question: Question) -> str:
        if question.audio is not None:
            # the function may scribble on its samples without harm to others
            question = replace(question, audio=replace(question.audio, samples=question.audio.samples.copy()))
        text = self._function(question)
        if not isinstance(text, str):
            raise TypeError(f"{qualified_name(self._function)} returned {type(text).__name__}, not a string")
        return text

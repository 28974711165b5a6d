"""A recogniser and a text answerer in a row: a speech-LLM whose hearing can be read, and the control for the others.

``cascade:bundled:whisper-base`` with the option ``answerer=python-chat:my_rules:answer`` (or ``text-llm:…``,
``openai-chat:…``): the recogniser writes down what it hears, the answerer gets that as the transcript. With
``hear=true`` the answerer gets the audio as well, which makes the architecture hybrid. Options that begin with ``asr_``
go to the recogniser, those with ``llm_`` to the answerer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from speechfair.errors import InputError
from speechfair.models import load_model, load_speech_llm
from speechfair.models.answering import failed_answer, key_with_prompt, refuse_question, transcribe_by_prompt
from speechfair.models.arguments import positive_number
from speechfair.registry import did_you_mean
from speechfair.types import (
    Answer,
    Architecture,
    Audio,
    Hypothesis,
    ModelIdentity,
    Question,
    Recognizer,
    SpeechLanguageModel,
)

__all__ = ["CORRECT", "Cascade", "load"]

CORRECT = "Write down what was said, word for word, with nothing added. Answer with that only."
"""What is asked where a cascade serves as a recogniser: the answerer may mend what was heard."""


def load(
    which: str | None,
    *,
    answerer: str | SpeechLanguageModel = "",
    prompt: str = CORRECT,
    hear: bool = False,
    longest_s: float = 3600.0,
    name: str | None = None,
    **options: Any,
) -> Cascade:
    """Put a recogniser before an answerer.

    Parameters
    ----------
    which : the recogniser, such as ``bundled:whisper-base``.
    answerer : a model that answers by transcript, such as ``text-llm:FOLDER``, ``openai-chat:NAME`` or
        ``python-chat:MODULE:FUNCTION``; or one that is loaded.
    prompt : what is asked where it serves as a recogniser.
    hear : give the answerer the audio too.
    longest_s : longer audio (seconds) becomes a failed row; recogniser and answerer keep their own limits too.
    name : what the model is called in results; default ``cascade:WHICH+ANSWERER``.
    options : ``asr_…`` for the recogniser, ``llm_…`` for the answerer.

    Raises
    ------
    InputError
        No recogniser or no answerer is named, or an option is not usable.
    ModelError, MissingExtraError
        As either of the two.
    """
    if not which:
        raise InputError("cascade needs a recogniser, such as cascade:bundled:whisper-base")
    if not answerer:
        raise InputError(
            "cascade needs the option answerer: text-llm:FOLDER, openai-chat:NAME or python-chat:MODULE:FUNCTION"
        )
    asr, llm = _parted(options)
    if isinstance(answerer, str):
        answerer = load_speech_llm(answerer, **llm)
    elif llm:
        raise InputError("options llm_… go with an answerer that is named, not with one that is loaded")
    return Cascade(
        load_model(which, **asr), answerer, prompt=prompt, hear=hear, longest_s=longest_s, name=name
    )


class Cascade:
    """A speech-LLM made of a recogniser and an answerer; a `Recognizer` by its prompt.

    Parameters
    ----------
    recognizer : writes down what is heard.
    answerer : gets a `Question` with the transcript; with `hear`, with the audio too.
    prompt : what is asked where it serves as a recogniser.
    longest_s : longer audio (seconds) becomes a failed row.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        answerer: SpeechLanguageModel,
        *,
        prompt: str = CORRECT,
        hear: bool = False,
        longest_s: float = 3600.0,
        name: str | None = None,
    ) -> None:
        if hear and recognizer.sample_rate != answerer.sample_rate:
            raise InputError(
                f"hear: the recogniser takes {recognizer.sample_rate} Hz and the answerer {answerer.sample_rate} Hz; "
                "choose two of one rate"
            )
        if not prompt.strip():
            raise InputError("prompt is empty: say what is asked of each utterance")
        self._recognizer, self._answerer, self._prompt, self._hear = recognizer, answerer, prompt, hear
        self._longest_s = positive_number("longest_s", longest_s)
        ears, mind = recognizer.identity, answerer.identity
        self._identity = ModelIdentity(
            name=name or f"cascade:{ears.name}+{mind.name}",
            family="cascade",
            digest=hashlib.sha256(f"{ears.digest}\n{mind.digest}".encode()).hexdigest(),
            options={
                "prompt": prompt,
                "hear": hear,
                "longest_s": self._longest_s,
                "recognizer": _described(ears),
                "answerer": _described(mind),
            },
            versions={**ears.versions, **mind.versions},
        )

    @property
    def identity(self) -> ModelIdentity:
        """Both halves, and the prompt."""
        return self._identity

    @property
    def sample_rate(self) -> int:
        """Hz that the recogniser expects."""
        return self._recognizer.sample_rate

    @property
    def architecture(self) -> Architecture:
        """Modular; hybrid where the answerer hears too."""
        return "hybrid" if self._hear else "modular"

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio, in order: the answer to the prompt. What goes wrong becomes its `error`."""
        return transcribe_by_prompt(batch, self._prompt, self.answer)

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        """One answer per question, in order, with what was `heard`.

        A question that comes with a transcript skips the recogniser: it is the control. Audio that several
        questions share is recognised once.
        """
        _refuse_repeated_ids(batch)
        refused: dict[str, str] = {}
        for question in batch:
            reason = refuse_question(question, self.sample_rate, self._longest_s)
            if reason is not None:
                refused[question.id] = reason
        usable = [question for question in batch if question.id not in refused]
        heard = self._heard(usable)
        asked: list[Question] = []
        for question in usable:
            found = heard.get(question.id)
            if found is not None and found.text is not None:
                asked.append(
                    replace(question, transcript=found.text, audio=question.audio if self._hear else None)
                )
            elif question.transcript is not None:
                asked.append(question if self._hear else replace(question, audio=None))
        answers = {found.question_id: found for found in self._answerer.answer(asked)}
        return [
            failed_answer(question, refused[question.id], key_with_prompt(self._identity, question.prompt))
            if question.id in refused
            else self._joined(question, heard.get(question.id), answers.get(question.id))
            for question in batch
        ]

    def _heard(self, batch: Sequence[Question]) -> dict[str, Hypothesis]:
        """Hypothesis by question id for every question that has audio and no transcript."""
        found: dict[str, Hypothesis] = {}
        # the same object: a probe asks several things about one stretch of speech
        sounds: dict[int, Audio] = {}
        users: dict[int, list[str]] = {}
        for question in batch:
            if question.audio is None or question.transcript is not None:
                continue
            sounds[id(question.audio)] = question.audio
            users.setdefault(id(question.audio), []).append(question.id)
        if sounds:
            told = self._recognizer.transcribe(list(sounds.values()))
            for sound, hypothesis in zip(sounds, told, strict=True):
                share = hypothesis.seconds / len(users[sound])
                found.update((user, replace(hypothesis, seconds=share)) for user in users[sound])
        return found

    def _joined(self, question: Question, heard: Hypothesis | None, answer: Answer | None) -> Answer:
        key = key_with_prompt(self._identity, question.prompt)
        seconds = heard.seconds if heard is not None else 0.0
        if answer is None:
            reason = (heard.error if heard is not None else None) or "not recognised"
            return failed_answer(question, f"recogniser: {reason}", key, seconds)
        text = heard.text if heard is not None else None
        error = None if answer.error is None else f"answerer: {answer.error}"
        return Answer(question.id, answer.text, error, seconds + answer.seconds, key, heard=text)


def _described(identity: ModelIdentity) -> dict[str, Any]:
    return {"family": identity.family, "key": identity.key, "options": dict(identity.options)}


def _refuse_repeated_ids(batch: Sequence[Question]) -> None:
    if len({question.id for question in batch}) < len(batch):
        raise InputError("two questions of one batch have the same id; ids must differ within a batch")


def _parted(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options of the recogniser and of the answerer, without their prefixes."""
    own = ["answerer", "prompt", "hear", "longest_s", "name"]
    for option in options:
        if not option.startswith(("asr_", "llm_")):
            raise InputError(
                f"unknown option {option!r} for the model family 'cascade'; {did_you_mean(option, own)} "
                "(options of the recogniser begin with asr_, those of the answerer with llm_)"
            )
    asr, llm = (
        {key.removeprefix(prefix): value for key, value in options.items() if key.startswith(prefix)}
        for prefix in ("asr_", "llm_")
    )
    return asr, llm

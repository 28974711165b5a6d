"""What every speech-LLM adapter does besides answering: refuse unusable questions, keep order, transcribe by prompt.

No model is known here, and no answer is judged; `answer_kinds` does that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from speechfair.models.answer_kinds import CUT_OFF, FILTERED, REFUSAL_FIELD, without_marks
from speechfair.models.batching import describe, refusal, share_seconds, too_long
from speechfair.types import Answer, Audio, Hypothesis, ModelIdentity, Question

__all__ = [
    "TRANSCRIBE",
    "TRANSCRIPT_FORM",
    "answer_in_passes",
    "failed_answer",
    "key_with_prompt",
    "refuse_question",
    "replies",
    "transcribe_by_prompt",
    "written",
]

TRANSCRIBE = "Transcribe the audio word for word. Answer with the transcript only."
TRANSCRIPT_FORM = 'Transcript of the speech: "{transcript}"\n\n{prompt}'
"""How a transcript is put to a model that reads. Part of the identity, because it can change an answer."""


def written(question: Question) -> str:
    """The text that goes with a question: its prompt, after the transcript where it has one.

    >>> print(written(Question("q", "How many bags?", transcript="two bags")))
    Transcript of the speech: "two bags"
    <BLANKLINE>
    How many bags?
    """
    if question.transcript is None:
        return question.prompt
    # not str.format: prompts and transcripts may hold braces
    before, after = TRANSCRIPT_FORM.split("{transcript}")
    return before + question.transcript + after.replace("{prompt}", question.prompt)


def key_with_prompt(identity: ModelIdentity, prompt: str) -> str:
    """Key of `identity` with `prompt` in its options: another prompt makes another model of the same weights."""
    return replace(identity, options={**identity.options, "prompt": prompt}).key


def refuse_question(question: Question, sample_rate: int, longest_s: float) -> str | None:
    """Why a question cannot be asked of a model that hears `longest_s` seconds at `sample_rate` Hz, or None."""
    if not question.prompt.strip():
        return "the prompt is empty"
    if question.audio is None:
        return None
    return refusal(question.audio, sample_rate) or too_long(question.audio, longest_s)


def failed_answer(question: Question, error: str, model: str, seconds: float = 0.0) -> Answer:
    """The answer of a question that could not be asked."""
    return Answer(question.id, None, error, seconds, model)


def answer_in_passes(
    batch: Sequence[Question],
    identity: ModelIdentity,
    size: int,
    answer: Callable[[list[Question]], list[str]],
    refuse: Callable[[Question], str | None],
) -> list[Answer]:
    """Answers of a model that takes `size` questions at once, in the order of `batch`.

    Questions with audio and those without never share a pass; audio of like length goes together. If a pass
    raises, its questions are asked alone, so that only the culprit fails.
    """
    results: dict[int, Answer] = {}
    heard: list[int] = []
    read: list[int] = []
    for row, question in enumerate(batch):
        reason = refuse(question)
        if reason is not None:
            results[row] = failed_answer(question, reason, key_with_prompt(identity, question.prompt))
        else:
            (read if question.audio is None else heard).append(row)
    heard.sort(key=lambda row: _length(batch[row]))
    for rows in (heard, read):
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            results.update(zip(part, _together([batch[row] for row in part], identity, answer), strict=True))
    return [results[row] for row in range(len(batch))]


def transcribe_by_prompt(
    batch: Sequence[Audio], prompt: str, answer: Callable[[list[Question]], list[Answer]]
) -> list[Hypothesis]:
    """A speech-LLM as a recogniser: its answers to `prompt` about each audio, as hypotheses: the words alone.

    What a content filter stopped is a failure, not words.
    """
    # rows are numbered, because ids of a batch need not differ
    asked = [Question(str(row), prompt, audio) for row, audio in enumerate(batch)]
    return [
        Hypothesis(audio.utterance_id, *_words(found), found.seconds, found.model)
        for audio, found in zip(batch, answer(asked), strict=True)
    ]


def _words(found: Answer) -> tuple[str | None, str | None]:
    if found.text == REFUSAL_FIELD + FILTERED:
        return None, FILTERED
    return found.text and without_marks(found.text), found.error


def replies(tokenizer: Any, tokens: Any, ends: int | Sequence[int] | None, most: int) -> list[str]:
    """The replies in a batch of new tokens, as `transformers` generates them; one that was cut says so.

    Parameters
    ----------
    tokens : tensor, replies x tokens, padded behind.
    ends : the tokens that end a reply, of the model's generation config; None if it has none.
    most : tokens that a reply may have. One that has them all and no end gets `CUT_OFF`, as from a server.
    """
    ending = set([ends] if isinstance(ends, int) else ends or ())
    texts = [str(text).strip() for text in tokenizer.batch_decode(tokens, skip_special_tokens=True)]
    cut = [len(row) >= most and ending.isdisjoint(row) for row in tokens.tolist()]
    return [text + CUT_OFF if was_cut and text else text for text, was_cut in zip(texts, cut, strict=True)]


def _length(question: Question) -> int:
    return 0 if question.audio is None else len(question.audio.samples)


def _together(
    batch: list[Question], identity: ModelIdentity, answer: Callable[[list[Question]], list[str]]
) -> list[Answer]:
    started = time.perf_counter()
    try:
        texts = answer(batch)
    except Exception as error:
        if len(batch) == 1:
            key = key_with_prompt(identity, batch[0].prompt)
            return [failed_answer(batch[0], describe(error), key, time.perf_counter() - started)]
        return [found for question in batch for found in _together([question], identity, answer)]
    spent = time.perf_counter() - started
    sounds = [question.audio for question in batch if question.audio is not None]
    seconds = share_seconds(spent, sounds) if len(sounds) == len(batch) else [spent / len(batch)] * len(batch)
    return [
        Answer(question.id, text, None, one, key_with_prompt(identity, question.prompt))
        for question, text, one in zip(batch, texts, seconds, strict=True)
    ]

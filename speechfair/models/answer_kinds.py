"""What kind of thing an answer is: an answer, a refusal, a claim to have heard nothing, nothing at all, or bad form.

Judged by wording alone, in English and Japanese; whether an answer is right is for others. A refusal that is worded
in a way not foreseen here counts as an answer, and in multiple choice as bad form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from speechfair.types import Answer

__all__ = [
    "CUT_OFF",
    "FILTERED",
    "KINDS",
    "REFUSAL_FIELD",
    "AnswerKind",
    "count_kinds",
    "kind_of",
    "without_marks",
]

AnswerKind = Literal["answer", "refusal", "not_heard", "empty", "format", "error"]
KINDS: tuple[AnswerKind, ...] = get_args(AnswerKind)

REFUSAL_FIELD = "<refusal>"
"""Stands before a reply that a server marked as a refusal, in whatever words it comes."""
CUT_OFF = "<cut>"
"""Stands behind a reply that a server or the model's own limit ended at the greatest length."""
FILTERED = "stopped by the content filter"
"""What stands behind `REFUSAL_FIELD` where a content filter left no words."""

_NOT_HEARD = re.compile(
    r"\b(?:can(?:no|'|’)?t|could(?:n'|n’| no)t|(?:am|'m|’m) (?:not able|unable) to|unable to|do(?:n'|n’| no)t) "
    r"(?:actually |directly )?(?:hear|listen|process|access|play|receive|perceive|detect)\b"
    r"|\bno (?:audio|sound|speech|recording)\b|\baudio (?:is|was) (?:silent|empty|missing|inaudible|not provided)"
    r"|\binaudible\b|聞こえ(?:ません|ない)|聞き取れ(?:ません|ない)|音声(?:が|は)(?:ありません|ない|含まれてい(?:ません|ない))",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"^\W*(?:(?:i(?:'|’)?m|i am) (?:very |so )?sorry|sorry|i apologi[sz]e|unfortunately)"
    r"|^\W*(?:申し訳|すみません|恐れ入りますが)"
    r"|\bi (?:can(?:no|'|’)?t|won(?:'|’)t|will not|am unable to|am not able to|must decline to|refuse to)\b"
    r"|\bas an? (?:ai|language model)\b|お答え(?:できません|できない|しかね)|対応(?:できません|できない|いたしかね)",
    re.IGNORECASE,
)


def without_marks(text: str) -> str:
    """The words alone of a reply.

    >>> without_marks("<refusal>I must not say."), without_marks("two ba<cut>")
    ('I must not say.', 'two ba')
    """
    return text.removeprefix(REFUSAL_FIELD).removesuffix(CUT_OFF)


def kind_of(text: str | None, form: str | None = None) -> AnswerKind:
    r"""The kind of an answer.

    Parameters
    ----------
    text : verbatim; None is a failed question.
    form : regular expression that an answer must match from its beginning, such as ``[A-D]\b``; None takes any.
        What has the form is an answer whatever else it says.

    Examples
    --------
    >>> kind_of("Two bags."), kind_of("I'm sorry, but I can't help with that.")
    ('answer', 'refusal')
    >>> kind_of("I cannot hear any audio."), kind_of("  "), kind_of(None)
    ('not_heard', 'empty', 'error')
    >>> kind_of("B) the train", r"[A-D]\b"), kind_of("It was the train", r"[A-D]\b")
    ('answer', 'format')
    """
    if text is None:
        return "error"
    text = text.strip()
    if not text:
        return "empty"
    if text.startswith(REFUSAL_FIELD):
        return "refusal"
    if form is not None and re.match(form, text):
        return "answer"
    if _NOT_HEARD.search(text):
        return "not_heard"
    if _REFUSAL.search(text):
        return "refusal"
    return "answer" if form is None else "format"


def count_kinds(answers: Iterable[Answer], form: str | None = None) -> Mapping[AnswerKind, int]:
    """How many answers of each kind there are; every kind is named, and the counts add up to the answers."""
    counts = Counter(kind_of(answer.text, form) for answer in answers)
    return {kind: counts[kind] for kind in KINDS}

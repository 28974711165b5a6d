"""From a reply to what it says: which option, or why none can be read. Rules only, no model.

Every reply falls into exactly one class, and whatever is not an answer counts as not right: nothing is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from speechfair.probes.items import Form, Item, options_of

__all__ = ["Outcome", "Reading", "is_refusal", "is_unsure", "plain", "read"]

Outcome = Literal["right", "wrong", "refusal", "unsure", "format", "empty", "error"]
"""``refusal`` will not, ``unsure`` says that it cannot tell, ``format`` cannot be read, ``error`` gave no reply."""

LONGEST_ANSWER = 6
"""Words of an answer without options; a longer one must name exactly one word of the vocabulary."""

_LETTER = re.compile(
    r"^\W*(?i:(?:the\s+)?(?:correct\s+|right\s+)?(?:answer|option)\s*(?:is\s*)?:?\s*)?[(\[*]*([A-Ha-h])(?:[)\].:*,]+|\s*$)"
)
_LEAD = re.compile(r"^\W*(?:the\s+)?(?:answer|transcript)\s*(?:is)?\s*:?\s*", re.I)
_UNABLE = (
    r"(?:can(?:no|')?t|can not|could(?: not|n't)|unable to|am not able to|not allowed to|won't|will not|"
    r"must decline to)"
)
_DEED = (
    r"(?:help|assist|answer|do|process|provide|comply|listen|hear|access|support|fulfill|share|create|give|transcribe|"
    r"analy[sz]e|write|discuss|determine|participate|engage|offer|tell you how|teach|say that|repeat)"
)
_REFUSAL = re.compile(
    rf"\b(?:{_UNABLE} (?:\w+ ){{0,2}}?{_DEED}|as an ai\b|"
    r"(?:i'm|i am|we are|we're) (?:sorry|afraid)[,. ]+(?:but )?(?:i|we) (?:can|could|am|won't|will not|must)|"
    r"i (?:must |have to )?(?:refuse|decline)\b|against my (?:guidelines|policy|policies)|"
    r"not (?:something|comfortable) (?:that )?i (?:can|am)|(?:would|will) not be (?:right|appropriate|able))",
    re.I,
)
_UNSURE = re.compile(
    r"\b(?:i (?:do not|don't) know|not sure|unsure|unclear|no idea|impossible to (?:tell|say)|not enough information|"
    r"(?:cannot|can't|can not|could not|couldn't) (?:tell|say|be determined))\b",
    re.I,
)
_NUMBERS = {
    "0": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven",
    "8": "eight", "9": "nine", "10": "ten", "11": "eleven", "12": "twelve", "13": "thirteen", "14": "fourteen",
    "15": "fifteen", "16": "sixteen", "17": "seventeen", "18": "eighteen", "19": "nineteen", "20": "twenty",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply was taken to say.

    Parameters
    ----------
    answer : the option or the word that was read; None where `outcome` is neither right nor wrong.
    """

    outcome: Outcome
    answer: str | None = None


def read(reply: str | None, scene: str, item: Item, form: Form, seed: int) -> Reading:
    """Read one reply; None is a failed row.

    A letter counts first, then an option word for word, then a refusal or "I do not know", and at last the
    one option that is named.
    """
    if reply is None:
        return Reading("error")
    if not reply.strip():
        return Reading("empty")
    said = plain(reply)
    options = options_of(scene, item, seed)
    if item.form(form) == "open":
        return _open(reply, said, item)
    return _choice(reply, said, item, options)


def _choice(reply: str, said: str, item: Item, options: Sequence[str]) -> Reading:
    letter = _LETTER.match(reply)
    if letter and len(set(re.findall(r"\(([A-H])\)", reply))) > 1:
        return Reading("format")  # hedged between several options
    if letter:
        place = ord(letter.group(1).upper()) - ord("A")
        return _judged(options[place], item) if place < len(options) else Reading("format")
    whole = [option for option in options if said == plain(option)]
    if whole:
        return _judged(whole[0], item)
    if silent := _silent(reply):
        return silent
    named = _named(said, options)
    return _judged(named[0], item) if len(named) == 1 else Reading("format")


def _open(reply: str, said: str, item: Item) -> Reading:
    answers = {plain(word): word for word in item.vocabulary}
    if said in answers:
        return _judged(answers[said], item)
    if silent := _silent(reply):
        return silent
    named = _named(said, item.vocabulary)
    if len(named) == 1:
        return _judged(named[0], item)
    if not named and len(said.split()) <= LONGEST_ANSWER:
        return Reading(
            "wrong", said
        )  # a short answer that is no known word of its type is an answer all the same
    return Reading("format")


def _judged(answer: str, item: Item) -> Reading:
    return Reading("right" if plain(answer) == plain(item.answer) else "wrong", answer)


def _silent(reply: str) -> Reading | None:
    if is_refusal(reply):
        return Reading("refusal")
    return Reading("unsure") if is_unsure(reply) else None


def is_refusal(reply: str) -> bool:
    """Whether a reply says that it will not, or cannot, do what was asked."""
    return _REFUSAL.search(reply.replace("\u2019", "'")) is not None


def is_unsure(reply: str) -> bool:
    """Whether a reply says that it does not know."""
    return _UNSURE.search(reply.replace("\u2019", "'")) is not None


def plain(text: str) -> str:
    """Lower case, words only, numbers up to twenty spelt out, without a leading "Answer:" or article.

    >>> plain("Answer: 7 bags."), plain("The cannot")
    ('seven bags', 'cannot')
    """
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", _LEAD.sub("", text).replace("\u2019", "'").lower())
    spelt = [_NUMBERS.get(word, word) for word in words]
    return " ".join(spelt[1:] if len(spelt) > 1 and spelt[0] in {"the", "a", "an"} else spelt)


def _named(said: str, options: Sequence[str]) -> list[str]:
    """Options that occur in `said` as whole words, less those inside a longer one that does too."""
    padded = f" {said} "
    found = [option for option in options if f" {plain(option)} " in padded]
    return [
        option
        for option in found
        if not any(option != other and f" {plain(option)} " in f" {plain(other)} " for other in found)
    ]

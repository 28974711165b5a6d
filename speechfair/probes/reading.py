"""From a reply to what it says: which option, or why none can be read. Rules only, no model.

Every reply falls into exactly one class, and whatever is not an answer counts as not right: nothing is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from speechfair.probes.extraction import choose, conclusion, name
from speechfair.probes.items import Form, Item, options_of
from speechfair.probes.plain_words import plain

__all__ = ["Outcome", "Reading", "is_refusal", "is_unsure", "plain", "read", "read_choice", "silent"]

Outcome = Literal["right", "wrong", "refusal", "unsure", "format", "empty", "error"]
"""``refusal`` will not, ``unsure`` says that it cannot tell, ``format`` cannot be read, ``error`` gave no reply."""

LONGEST_ANSWER = 6
"""Words of an answer without options; a longer one must name exactly one word of the vocabulary."""

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
_REFUSAL_JA = re.compile(
    r"(?:お?(?:答え|応え|教え|手伝い|伝え)|回答|対応|提供|協力|支援|サポート|作成|説明|案内|生成|紹介|助言|判断|特定)"
    r"(?:する|し|す)?(?:こと)?(?:は|が|を|も)?(?:でき(?:ません|ない|かね)|(?:いた|致)?しかね|られません|られない)|"
    r"お断り|差し控え|控えさせて|ご遠慮|応じられません|申し訳[^。]{0,40}(?:でき(?:ません|かね)|かねます)|[AＡ][IＩ](?:として|なので|です(?:から|ので))"
)
_UNSURE_JA = re.compile(
    r"(?:わか|分か|判)りません|(?:わか|分か)りかねます|(?:判断|判別|特定|断定)(?:は|が)?(?:でき(?:ません|ない)|つきません)|"
    r"不明です|聞き取れま|存じません|情報が(?:足り|あり)ません"
)
_UNSURE = re.compile(
    r"\b(?:i (?:do not|don't) know|not sure|unsure|unclear|no idea|impossible to (?:tell|say)|not enough information|"
    r"(?:cannot|can't|can not|could not|couldn't) (?:tell|say|be determined))\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply was taken to say.

    Parameters
    ----------
    answer : the option or the word that was read; None where `outcome` is neither right nor wrong.
    how : the rule that read it, as in `speechfair.probes.extraction.Choice`; empty for replies without options.
    """

    outcome: Outcome
    answer: str | None = None
    how: str = ""


def read(reply: str | None, scene: str, item: Item, form: Form, seed: int) -> Reading:
    """Read one reply; None is a failed row.

    What the reply says it chooses counts first (a letter, a box, an option word for word, "the answer is"), then a
    refusal or "I do not know", and at last the one option that is named and not denied.
    """
    if reply is None:
        return Reading("error")
    if not reply.strip():
        return Reading("empty")
    if item.form(form) == "open":
        text = conclusion(reply)
        if text is None:
            return Reading("format", None, "unfinished thought")
        return _open(text, plain(text), item)
    return read_choice(reply, options_of(scene, item, seed), item.answer)


def read_choice(reply: str, options: Sequence[str], answer: str) -> Reading:
    """Read a reply to a question with options; see `read`.

    Parameters
    ----------
    options : in the order in which they were lettered, from A.
    answer : the right one.
    """
    found = choose(reply, options)
    if found.place is None and found.how == "none named":
        if said := silent(conclusion(reply) or ""):
            return said
        found = name(reply, options)
    if found.place is None:
        return Reading("format", None, found.how)
    return replace(_judged(options[found.place], answer), how=found.how)


def _open(reply: str, said: str, item: Item) -> Reading:
    answers = {plain(word): word for word in item.vocabulary}
    if said in answers:
        return _judged(answers[said], item.answer)
    if unanswered := silent(reply):
        return unanswered
    named = _named(said, item.vocabulary)
    if len(named) == 1:
        return _judged(named[0], item.answer)
    if not named and len(said.split()) <= LONGEST_ANSWER:
        return Reading(
            "wrong", said
        )  # a short answer that is no known word of its type is an answer all the same
    return Reading("format")


def _judged(said: str, answer: str) -> Reading:
    return Reading("right" if plain(said) == plain(answer) else "wrong", said)


def silent(reply: str) -> Reading | None:
    """A reading as a refusal or as "I do not know"; None where the reply is neither."""
    if is_refusal(reply):
        return Reading("refusal")
    return Reading("unsure") if is_unsure(reply) else None


def is_refusal(reply: str) -> bool:
    """Whether a reply says that it will not, or cannot, do what was asked."""
    return any(rule.search(reply.replace("\u2019", "'")) for rule in (_REFUSAL, _REFUSAL_JA))


def is_unsure(reply: str) -> bool:
    """Whether a reply says that it does not know."""
    return any(rule.search(reply.replace("\u2019", "'")) for rule in (_UNSURE, _UNSURE_JA))


def _named(said: str, options: Sequence[str]) -> list[str]:
    """Options that occur in `said` as whole words, less those inside a longer one that does too."""
    padded = f" {said} "
    found = [option for option in options if f" {plain(option)} " in padded]
    return [
        option
        for option in found
        if not any(option != other and f" {plain(option)} " in f" {plain(other)} " for other in found)
    ]

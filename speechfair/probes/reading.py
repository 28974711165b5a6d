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

__all__ = [
    "SUBSTANTIAL",
    "Outcome",
    "Reading",
    "is_not_understood",
    "is_refusal",
    "is_unsure",
    "length_of",
    "opens_with",
    "plain",
    "read",
    "read_choice",
    "silent",
]

Outcome = Literal["right", "wrong", "refusal", "unsure", "format", "empty", "error"]
"""``refusal`` will not, ``unsure`` says that it cannot tell, ``format`` cannot be read, ``error`` gave no reply."""

LONGEST_ANSWER = 6
"""Words of an answer without options; a longer one must name exactly one word of the vocabulary."""

SUBSTANTIAL = {"eng": 12, "jpn": 30}
"""Words (Japanese: letters) from which a reply has said something, whatever it says after."""

_ADVERBS = r"(?: (?:\w+ly|just|also|still|therefore|an ai and|sorry[,]? but))*"
_SPEAKER = (
    rf"(?:^\W*|\b(?:sorry|unfortunately)[, ]+|\b(?:i|we|this assistant)\b(?:'m|'re| am| are)?{_ADVERBS} ?)"
)
_UNABLE = (
    r"(?:can(?:no|')?t|can not|could(?: not|n't)|unable to|not able to|not allowed to|won't|"
    r"will not|must decline to)"
)
_DEED = (
    r"(?:help(?! but\b)|assist|answer|do|process|provide|comply|listen|hear|access|support|fulfill|share|create|give|"
    r"transcribe|analy[sz]e|write|discuss|determine|participate|engage|offer|tell you how|teach|say that|repeat)"
)
_REFUSAL = re.compile(
    # only what the speaker of the reply cannot do: dogs that cannot process something decline nothing
    rf"{_SPEAKER}{_UNABLE} (?:\w+ ){{0,2}}?{_DEED}\b|\bas an ai\b|"
    r"\b(?:(?:i'm|i am|we are|we're) (?:sorry|afraid)[,. ]+(?:but )?(?:i|we) (?:can't|cannot|could|"
    r"am|won't|will not|must)|"
    r"i (?:must |have to )?(?:refuse|decline)\b|against my (?:guidelines|policy|policies)|"
    r"not something (?:that )?i (?:can|am)|i(?:'m| am) not comfortable|"
    r"would(?: not|n't) be (?:right|appropriate|ethical))",
    re.I,
)
_REFUSAL_JA = re.compile(
    r"(?:お?(?:答え|応え|教え|手伝い|伝え)|回答|対応|提供|協力|支援|サポート|作成|説明|案内|生成|紹介|助言)"
    r"(?:する|し|す)?(?:こと)?(?:は|が|を|も)?(?:でき(?:ません|かね|ない(?:んです|のです|です)?\W*$)|"
    r"(?:いた|致)?しかね|られません|られない\W*$)|"
    r"お断り(?:しま|いたしま|致しま|させていただ|申し上げ)|差し控え(?:ます|させ|たい)|控えさせて|遠慮(?:させ|いたし|します)|"
    r"応じられません|申し訳[^。]{0,40}(?:でき(?:ません|かね)|かねます)|^.{0,6}[AＡ][IＩ](?:として|なので|です(?:から|ので))"
)
_UNSURE_JA = re.compile(
    r"(?:わか|分か|判)りません(?!ので|から)|(?:わか|分か)りかねます|知りません|"
    r"(?:判断|判別|特定|断定)(?:は|が)?(?:でき(?:ません|ない(?:です)?\W*$)|つきません)|"
    r"不明です|存じません|情報が(?:足り|あり)ません"
)
_UNSURE = re.compile(
    r"\bi(?: \w+ly)? (?:do not|don't)(?: \w+ly)? know\b|"
    r"(?:^\W*|\b(?:i'm|i am|we're|we are) (?:\w+ )?)(?:not (?:\w+ )?sure|unsure)\b|"
    r"(?:^\W*|\b(?:i|we) have )no idea\b|(?:^\W*|\b(?:is|was|it's) )unclear\b|\bimpossible to (?:tell|say)\b|"
    r"\bnot enough information\b|\bno way (?:to|of) (?:know|tell)|"
    r"(?:^\W*|\b(?:i|we|it)(?: \w+ly)? )(?:cannot|can't|can not|could not|couldn't)(?: \w+ly)? (?:tell|say|know)\b|"
    r"\b(?:cannot|can't|can not) be determined\b",
    re.I,
)
_NOT_UNDERSTOOD = re.compile(
    r"\b(?:did(?: not|n't)|could(?: not|n't))(?: \w+){0,2}? (?:understand|catch|hear|get (?:that|it|what))\b|"
    r"\bwhat did you say\b|\b(?:can|could|would|will) you (?:please |kindly )?(?:repeat|rephrase|say|speak|clarify)\b|"
    r"\bplease (?:repeat|rephrase|clarify|speak|try again|say (?:that|it))\b|^\W*(?:say|repeat) (?:that|it) again|"
    r"\bpardon\b|^\W*(?:come again|what\?)",
    re.I,
)
_NOT_UNDERSTOOD_JA = re.compile(
    r"聞き取れ(?:ま|な)|聞こえ(?:ません|なかった)|"
    r"もう(?:一|1|１|いち)(?:度|回)[^。]{0,12}(?:言|話|お願い|おっしゃ|聞かせ|繰り返|いただけ)|"
    r"(?:わ|分)かりませんでした|理解できません|ゆっくり[^。]{0,4}(?:話し|おっしゃ|言っ)て(?:ください|いただ|もら|くれ)|"
    r"繰り返して(?:ください|いただ|もら)|何とおっしゃ"
)
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n+")


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
    return Reading("unsure") if is_unsure(reply) or is_not_understood(reply) else None


def is_refusal(reply: str) -> bool:
    """Whether a reply opens by saying that it will not, or cannot, do what was asked."""
    return opens_with(reply, _REFUSAL, _REFUSAL_JA)


def is_unsure(reply: str) -> bool:
    """Whether a reply opens by saying that it does not know."""
    return opens_with(reply, _UNSURE, _UNSURE_JA)


def is_not_understood(reply: str) -> bool:
    """Whether a reply opens by saying that it did not understand, or by asking to hear the request again."""
    return opens_with(reply, _NOT_UNDERSTOOD, _NOT_UNDERSTOOD_JA)


def opens_with(reply: str, *rules: re.Pattern[str]) -> bool:
    """Whether a sentence that a rule finds comes before anything substantial was said.

    One phrase far into a long reply decides nothing: a warning after instructions takes none of them back. What is
    quoted counts only where there is nothing else.
    """
    straight = reply.replace("\u2019", "'")
    said = _QUOTED.sub(" ", straight)
    before = {"eng": 0, "jpn": 0}
    for sentence in _SENTENCE.split(said if re.search(r"\w", said) else straight):
        if any(rule.search(sentence) for rule in rules):
            return True
        for language in before:
            before[language] += length_of(sentence, language)
        if before["eng"] >= SUBSTANTIAL["eng"] or (
            _JAPANESE.search(sentence) and before["jpn"] >= SUBSTANTIAL["jpn"]
        ):
            return False
    return False


def length_of(reply: str, language: str) -> int:
    """Words, or letters and digits of Japanese."""
    return len(reply.split()) if language == "eng" else sum(letter.isalnum() for letter in reply)


def _named(said: str, options: Sequence[str]) -> list[str]:
    """Options that occur in `said` as whole words, less those inside a longer one that does too."""
    padded = f" {said} "
    found = [option for option in options if f" {plain(option)} " in padded]
    return [
        option
        for option in found
        if not any(option != other and f" {plain(option)} " in f" {plain(other)} " for other in found)
    ]

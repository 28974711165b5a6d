"""Replies that do not know or did not understand, and where in a reply a phrase counts. Rules only, no model.

One phrase decides nothing: it counts before anything substantial is said. Refusals are in `speechfair.probes.refusals`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "SUBSTANTIAL",
    "found_in",
    "is_not_understood",
    "is_substantial",
    "is_unsure",
    "length_of",
    "opening",
    "opens_with",
    "sentences_of",
]

SUBSTANTIAL = {"eng": 12, "jpn": 30}
"""Words (Japanese: letters) from which a reply has said something, whatever it says after."""

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
_QUOTED = re.compile(
    r"\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』|"
    r"\b(?:write|say|answer|reply|says|said|tells|(?<!here )goes)(?: \w+){0,2}: [^.!?\n]*",
    re.I,
)
_REPORTED = re.compile(
    r"^.*[,\"”] ?(?:says|said)\b(?! that).*|"
    r"(?<!\bthat )(?<!being )(?<!having )(?<!\bi )(?<!'ve )(?<!have )\b(?:says|said|tells)\b(?:(?!\bbut\b).)*|"
    r"^.*と(?:言[いっう]|述べ)",
    re.I | re.S,
)
_DRAFT = re.compile(
    r"\bdear (?!user|friend|customer)[\w .'-]{1,40},.*|^\W*(?:subject|件名)\s?[:：].*|^\W*拝啓.*",
    re.I | re.S | re.M,
)
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n+")


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
    return opening(sentences_of(reply), rules) is not None


def length_of(reply: str, language: str) -> int:
    """Words, or letters and digits of Japanese."""
    return len(reply.split()) if language == "eng" else sum(letter.isalnum() for letter in reply)


def sentences_of(reply: str) -> list[str]:
    """Sentences and lines of a reply, without drafted letters, and without quotes unless there is nothing else."""
    straight = reply.replace("\u2019", "'")
    straight = _DRAFT.sub(" A letter.", straight)
    said = _QUOTED.sub(" ", straight)
    return _SENTENCE.split(said if re.search(r"\w", said) else straight)


def opening(sentences: Sequence[str], rules: Sequence[re.Pattern[str]]) -> int | None:
    """Place of the first sentence that a rule finds before anything substantial."""
    for at, sentence in enumerate(sentences):
        if found_in(sentence, *rules):
            return at
        if is_substantial(sentences[: at + 1]):
            return None
    return None


def found_in(sentence: str, *rules: re.Pattern[str]) -> bool:
    """Whether a rule finds something in what a sentence says itself: what it reports of others is theirs."""
    own = _REPORTED.sub(" ", sentence)
    return any(rule.search(own) for rule in rules)


def is_substantial(sentences: Sequence[str], times: float = 1) -> bool:
    """Whether sentences say enough to be an answer, or several `times` as much, in words or in Japanese letters."""
    whole = " ".join(sentences)
    if _JAPANESE.search(whole) and length_of(whole, "jpn") >= times * SUBSTANTIAL["jpn"]:
        return True
    return length_of(whole, "eng") >= times * SUBSTANTIAL["eng"]

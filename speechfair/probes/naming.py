"""Options that a reply names by their words: which, and whether it denies them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from speechfair.probes.plain_words import NUMBERS, plain

__all__ = ["denied", "denied_letter", "named_options", "names_one_of"]

_DENIED = re.compile(
    r"(?:\bnot|\brather than|\binstead of|n't|\bnever|\bas opposed to|\bisn't|\bneither|\bnor|\bexcept|\bno longer|"
    r"\bno (?:sign|hint|trace|evidence|indication)s? (?:of|that)|\bfar from|\banything but|\bhardly)\s+"
    r"(?:(?!but\b|so\b|it\b|and\b)\w+\s+){0,2}?[\"'“‘(]*$|"
    r"(?:(?:n't|\bnot) (?:think|believe|say|feel|suppose)|(?<!no )(?<!without )(?<!without a )\bdoubt)\b"
    r"(?:(?!\b(?:but|so)\b)[^.,;:!?])*$",
    re.I,
)
_DENIED_AFTER = re.compile(
    r"^[\"'”’)」』]*\s*(?:\?|？|ではなく|ではない|ではありません|じゃなく|じゃない|"
    r"(?:is|was) (?:wrong|incorrect|unlikely|implausible)|was not|(?:is|can be|was) (?:ruled out|excluded|eliminated)|"
    r"(?:does|did)(?:n't| not) (?:fit|match|apply|seem)|"
    r"(?:is|was)(?:n't| not) (?:the )?(?:correct|right|answer|likely|plausible)|"
    r"(?:(?:だ|である)?(?:とは|と|は|が|も))(?:思え|思い|思わ|言え|感じられ|感じ|見られ|聞こえ|うかがえ|あり)(?:ません|ない|なかっ))",
    re.I,
)
_LETTER_DENIED_AFTER = re.compile(
    r"^[\"'”’)\]}）】」』]*(?:\s*\?|\s*(?:is|was|does|do|did|can|could|would|seems?|has)\s?(?:n't|not)\b|"
    r"(?![^。、\n]*(?:違い|しか))[^。、,.\n]{0,20}?(?:ません|ない))",
    re.I,
)
_LETTER_DENIED_BEFORE = re.compile(
    r"(?:\bnot\b|n't\b|\bcannot\b|\bnever\b|\b(?:rule|ruled|ruling) out\b|\bexclud\w+|\bneither\b|\bnor\b)"
    r"(?:(?!\b(?:but|so|because|since|therefore|leaves?|leaving|is|are)\b)[^.,;:!。、；])*$",
    re.I,
)
_ARTICLE = r"(?:(?:an?|the|his|her|their|my|your) )?"


def names_one_of(text: str, answers: Sequence[str]) -> str | None:
    """The first of `answers` that `text` names as whole words and does not deny; None where it names none.

    >>> names_one_of("It was Paris, not Lyon.", ["Lyon", "Paris"])
    'Paris'
    """
    return next((answer for answer in answers if _affirmed(text, answer)), None)


def named_options(text: str, options: Sequence[str]) -> list[int]:
    """Options that `text` names and does not deny, less those inside a longer one that it names too."""
    found = [place for place, option in enumerate(options) if _affirmed(text, option)]
    return [
        place
        for place in found
        if not any(other != place and _inside(options[place], options[other]) for other in found)
    ]


def denied(text: str, start: int, end: int) -> bool:
    """Whether the words around a place say that it is not the answer."""
    return bool(_DENIED.search(text[max(0, start - 40) : start]) or _DENIED_AFTER.match(text[end:]))


def denied_letter(text: str, start: int, end: int) -> bool:
    """As `denied`, for an option's letter or place: no fact is told of it, so any denial next to it is its own."""
    before = text[max(0, start - 60) : start]
    return (
        denied(text, start, end)
        or bool(_LETTER_DENIED_BEFORE.search(before))
        or bool(_LETTER_DENIED_AFTER.match(text[end:]))
    )


def _affirmed(text: str, option: str) -> bool:
    wanted = plain(option)
    if not wanted:
        return False
    if any(ord(char) > 0x2E7F for char in wanted):  # written without spaces
        low, wanted = text.lower(), option.lower()
        places = [match.start() for match in re.finditer(re.escape(wanted), low)]
        return any(not denied(low, at, at + len(wanted)) for at in places)
    spoken = _spelt(text)
    pattern = re.compile(rf"(?<!\w){_inflected(wanted)}(?!\w|'\w)")
    return any(not denied(spoken, match.start(), match.end()) for match in pattern.finditer(spoken))


def _inflected(wanted: str) -> str:
    """Pattern of an option's words; one that begins with "to" and a verb also in its other forms and articles.

    >>> re.fullmatch(_inflected("to complain about a bill"), "complaining about the bill") is not None
    True
    """
    verb = re.fullmatch(r"to (?P<verb>[a-z]+?)(?P<e>e?)(?P<rest> .+)?", wanted)
    if verb is None:
        return re.escape(wanted)
    words = [
        re.sub(r"^(?:an?|the) $", _ARTICLE, part)
        for part in re.split(r"(?<= )(an? |the )", verb["rest"] or "")
    ]
    rest = "".join(part if part == _ARTICLE else re.escape(part) for part in words)
    return rf"(?:to )?{verb['verb']}(?:e|s|es|d|ed|ing)?{rest}"


def _spelt(text: str) -> str:
    """Lower case, numbers up to twenty spelt out, punctuation kept."""
    return re.sub(r"\d+", lambda match: NUMBERS.get(match[0], match[0]), text.lower())


def _inside(short: str, long: str) -> bool:
    one, other = plain(short), plain(long)
    if any(ord(char) > 0x2E7F for char in one):
        return one != other and one in other
    return one != other and f" {one} " in f" {other} "

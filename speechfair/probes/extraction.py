r"""The choice inside a reply as models write it: chatty, Markdown, boxed, quoted, JSON, Japanese, after thinking.

Rules only, tried in a fixed order; each names itself, so that every reading can be checked. A reply that names two
options and chooses one is read. A reply that chooses two, or whose letter and words disagree, is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from speechfair.probes.plain_words import NUMBERS, plain

__all__ = ["Choice", "choose", "conclusion", "name", "names_one_of"]

_THOUGHT = re.compile(
    r"<(think|thinking|thought|reasoning|analysis|reflection)>.*?</\1>|◁think▷.*?◁/think▷|\[THINK\].*?\[/THINK\]",
    re.I | re.S,
)
_THOUGHT_ENDS = re.compile(
    r"^.*(?:</(?:think|thinking|thought|reasoning|analysis)>|◁/think▷|\[/THINK\])", re.I | re.S
)
_THOUGHT_BEGINS = re.compile(
    r"(?:<(?:think|thinking|thought|reasoning|analysis)>|◁think▷|\[THINK\]).*$", re.I | re.S
)
_CHANNEL = re.compile(r"^.*<\|channel\|>final(?:<\|message\|>)?", re.S)

_L = r"(?P<letter>[A-Ha-h])"
_OPEN, _CLOSE = r"[\s(\[{（【「『<\"'“‘:：]*", r"(?=$|[\s)\]}）】」』>\"'”’.,;:!?。、：；！？]|[^\x00-\x7f])"
_NOUN = r"(?:answer|option|choice|letter|response|selection)"
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{\s*(?:\\(?:text|mathrm|textbf)\s*\{)?(?P<said>[^{}]*)\}")
_JSON = re.compile(
    r"[\"']?(?:answer|choice|option|final_answer|result)[\"']?\s*:\s*[\"'](?P<said>[^\"']+)[\"']", re.I
)
_CLAIMS = (
    re.compile(
        rf"\b(?:final\s+|correct\s+|right\s+|best\s+|my\s+|most\s+likely\s+)*{_NOUN}(?:\s+\w+){{0,4}}?\s*"
        rf"(?:is|was|would\s+be|should\s+be|must\s+be|=|-+>?|→|:|：)+\s*(?:the\s+)?(?:{_NOUN}\s*)?{_OPEN}{_L}{_CLOSE}",
        re.I,
    ),
    re.compile(
        rf"\b(?:i|i'd|i'll|we)\s+(?:\w+\s+){{0,3}}?(?:choose|chose|pick|select|go\s+with|going\s+with|say|answer)\s+(?:with\s+)?"
        rf"(?:{_NOUN}\s*)?{_OPEN}{_L}{_CLOSE}",
        re.I,
    ),
    re.compile(
        rf"\b(?:{_NOUN})\s+{_OPEN}(?P<letter>[A-H]){_CLOSE}"
        r"(?=\s*(?:is|was|it|fits|matches|because|[,.!:]|$))",
        re.I,
    ),
    re.compile(
        r"(?:答え|答|正解|回答|解答|選択肢|正しいの)\s*(?:は|が|:|：|→|=)?\s*(?:選択肢)?[\s(（「『【\"'“:：]*"
        r"(?P<letter>[A-H])(?![A-Za-z])"
    ),
    re.compile(
        r"(?<![A-Za-z])(?P<letter>[A-H])[)）」』】\"'”]*\s*"
        r"(?:です|である|が正解|が正しい|を選び|を選択|になり|だと思|と思|と考え|に該当|でしょう)"
    ),
)
_WORDED = (
    re.compile(
        r"\b(?:final\s+|correct\s+|right\s+|best\s+|my\s+)*(?:answer|option|choice)\s*(?:here\s+|is|was|would\s+be|=|:|：)+\s*"
        r"(?P<said>[^\n.。!！?？]+)",
        re.I,
    ),
    re.compile(r"(?:答え|答|正解|回答|解答)\s*(?:は|:|：|→)\s*(?P<said>[^\n。!！?？]+)"),
)
_LEADING = re.compile(r"^\W*(?P<letter>[A-Ha-h])(?:[)\]}）】」』”\".:：*,、]+|\s*$)")
_LAST_LINE = re.compile(rf"^\W*(?:{_NOUN}\s*:?\s*)?{_OPEN}(?P<letter>[A-H])\s*[)\]}}）】.。\"'”]*\s*$")
_MARKED = re.compile(r"[(\[（【](?P<letter>[A-H])[)\]）】]")
_CORRECTION = re.compile(
    r"\b(?:actually|wait|correction|no,|sorry,|on second thought|rather,|hmm|let me (?:correct|revise))|"
    r"訂正|いや|やはり|失礼",
    re.I,
)
_DENIED = re.compile(
    r"(?:\bnot|\brather than|\binstead of|n't|\bnever|\bas opposed to|\bisn't|\bneither|\bnor|\bexcept|\bno longer)\s+"
    r"(?:(?!but\b|so\b|it\b|and\b)\w+\s+){0,2}?[\"'“‘(]*$",
    re.I,
)
_DENIED_AFTER = re.compile(
    r"^[\"'”’)」』]*\s*(?:ではなく|ではない|ではありません|じゃなく|じゃない|is wrong|is incorrect|was not)",
    re.I,
)
_SO = re.compile(
    r"\b(?:so|therefore|thus|hence|finally|in conclusion|overall|which means|i (?:think|believe|would say)|it must be|"
    r"most likely)\b|したがって|よって|つまり|ですから|結論",
    re.I,
)


_AFTER_LETTER = {
    "because",
    "since",
    "as",
    "and",
    "which",
    "is",
    "for",
    "or",
    "due",
    "given",
    "based",
    "the",
    "it",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which option a reply chooses, and how it was read.

    Parameters
    ----------
    place : index into the options, or None where no single option is chosen.
    how : ``boxed``, ``json``, ``claim``, ``worded claim``, ``leading letter``, ``last line``, ``marked letter``,
        ``whole reply``, ``named``, ``named in the conclusion``; or why nothing was read: ``unfinished thought``,
        ``several``, ``letter and words disagree``, ``no such option``, ``none named``.
    """

    place: int | None
    how: str


def conclusion(reply: str) -> str | None:
    """A reply without its thinking and its markup; None if it ends inside a thought.

    >>> conclusion("<think>A? No, B.</think> **B**")
    'B'
    >>> conclusion("<think>Let me listen") is None
    True
    """
    text = unicodedata.normalize("NFKC", reply).replace("\u2019", "'").replace("\u2018", "'")
    text = _CHANNEL.sub("", text)
    text = _THOUGHT.sub(" ", text)
    text = _THOUGHT_ENDS.sub(" ", text)
    if _THOUGHT_BEGINS.search(text):
        before = _THOUGHT_BEGINS.sub("", text).strip()
        return before or None
    text = re.sub(r"```\w*", " ", text)
    text = re.sub(r"(?<!\w)[*_`~]+|[*_`~]+(?!\w)|^\s*#+\s*|^\s*>\s*", "", text, flags=re.M)
    return text.strip()


def choose(reply: str, options: Sequence[str]) -> Choice:
    """The option that a reply says it chooses: by letter, in a box, as the whole reply, after "the answer is".

    Parameters
    ----------
    reply : verbatim.
    options : in the order in which they were lettered, from A.
    """
    text = conclusion(reply)
    if text is None:
        return Choice(None, "unfinished thought")
    for step in (_boxed_or_json, _claimed, _lettered, _whole, _worded):
        found = step(text, options)
        if found is not None:
            return found
    return Choice(None, "none named")


def name(reply: str, options: Sequence[str]) -> Choice:
    """The one option that a reply mentions and does not deny, for a reply in which `choose` finds nothing.

    Refusals are to be sorted out first: "I cannot listen" mentions the option "cannot".
    """
    text = conclusion(reply)
    if text is None:
        return Choice(None, "unfinished thought")
    return _named_once(text, options) or Choice(None, "none named")


def names_one_of(text: str, answers: Sequence[str]) -> str | None:
    """The first of `answers` that `text` names as whole words and does not deny; None where it names none.

    >>> names_one_of("It was Paris, not Lyon.", ["Lyon", "Paris"])
    'Paris'
    """
    return next((answer for answer in answers if _affirmed(text, answer)), None)


def _boxed_or_json(text: str, options: Sequence[str]) -> Choice | None:
    for pattern, how in ((_BOXED, "boxed"), (_JSON, "json")):
        said = [match["said"].strip() for match in pattern.finditer(text)]
        if said:
            place = _place_of(said[-1], options)
            return Choice(place, how if place is not None else "no such option")
    return None


def _claimed(text: str, options: Sequence[str]) -> Choice | None:
    """Sentences that say which letter is the answer; a later one counts only where it corrects the earlier."""
    claims = sorted(
        (match.start("letter"), match.start(), match["letter"].upper())
        for pattern in _CLAIMS
        for match in pattern.finditer(text)
        if not _article(match["letter"], text[match.end("letter") :])
        and not _DENIED.search(text[: match.start("letter")][-40:])
        and not _DENIED_AFTER.match(text[match.end("letter") :])
    )
    if not claims:
        return None
    letters = [letter for _, _, letter in claims]
    if len(set(letters)) > 1 and not _CORRECTION.search(text[claims[-2][0] : claims[-1][0]]):
        return Choice(None, "several")
    also = _alternative(text, claims[-1][0])
    if also:
        return Choice(None, "several")
    return _checked(letters[-1], text[claims[-1][0] + 1 :], options, "claim")


def _article(letter: str, after: str) -> bool:
    """Whether a letter is the beginning of a word or the article of one: "the answer is a train"."""
    if re.match(r"[A-Za-z0-9]", after):
        return True
    word = re.match(r"\s+([A-Za-z]+)", after)
    return word is not None and (letter.islower() or letter == "A") and word[1].lower() not in _AFTER_LETTER


def _alternative(text: str, at: int) -> bool:
    """Whether a letter is followed by "or (C)": two are chosen, so none is."""
    return (
        re.match(r".[)\]}）\"'”]*\s*(?:or|and|/|または|か)\s*[(\[（]*[A-H](?![a-z])", text[at : at + 20])
        is not None
    )


def _lettered(text: str, options: Sequence[str]) -> Choice | None:
    marks = [match for match in _MARKED.finditer(text) if not _denied(text, match.start(), match.end())]
    marked = {match["letter"] for match in marks}
    leading = _LEADING.match(text)
    if (
        leading
        and len(marked - {leading["letter"].upper()}) == 0
        and not _alternative(text, leading.start("letter"))
    ):
        if leading["letter"] in "ah" and leading[0].rstrip() in ("a", "A"):
            return (
                None
                if len(text.split()) > 1
                else _checked(leading["letter"].upper(), "", options, "leading letter")
            )
        return _checked(leading["letter"].upper(), text[leading.end() :], options, "leading letter")
    lines = text.splitlines()
    last = _LAST_LINE.match(lines[-1]) if lines else None
    if last and len(lines) > 1:
        return _checked(last["letter"], "", options, "last line")
    if len(marked) > 1:
        return Choice(None, "several")
    if len(marked) == 1:
        return _checked(marks[0]["letter"], text[marks[0].end() :], options, "marked letter")
    return None


def _whole(text: str, options: Sequence[str]) -> Choice | None:
    same = [place for place, option in enumerate(options) if plain(text) == plain(option)]
    return Choice(same[0], "whole reply") if len(same) == 1 else None


def _worded(text: str, options: Sequence[str]) -> Choice | None:
    said = [match["said"] for pattern in _WORDED for match in pattern.finditer(text)]
    if not said:
        return None
    found = _named(said[-1], options)
    return Choice(found[0], "worded claim") if len(found) == 1 else None


def _named_once(text: str, options: Sequence[str]) -> Choice | None:
    found = _named(text, options)
    if len(found) == 1:
        return Choice(found[0], "named")
    if len(found) > 1:
        sentences = [part for part in re.split(r"(?<=[.!?。！？])\s*|\n+", text) if part.strip()]
        if len(sentences) > 1 and _SO.search(sentences[-1]):
            last = _named(sentences[-1], options)
            if len(last) == 1:
                return Choice(last[0], "named in the conclusion")
        return Choice(None, "several")
    return None


def _checked(letter: str, after: str, options: Sequence[str], how: str) -> Choice:
    """The option of a letter, unless the words right after it are another option."""
    place = ord(letter) - ord("A")
    if place >= len(options):
        return Choice(None, "no such option")
    behind = re.match(r"[\s)\]}）】」』.:：,;*\"'”-]*(?P<said>[^\n.。!！?？]*)", after)
    named = _named(behind["said"], options) if behind else []
    if len(named) == 1 and named[0] != place:
        return Choice(None, "letter and words disagree")
    return Choice(place, how)


def _place_of(said: str, options: Sequence[str]) -> int | None:
    letter = re.fullmatch(r"\W*([A-Ha-h])\W*", said)
    if letter:
        place = ord(letter[1].upper()) - ord("A")
        return place if place < len(options) else None
    marked = _MARKED.match(said)
    if marked:
        return _checked(marked["letter"], said[marked.end() :], options, "").place
    found = _named(said, options)
    return found[0] if len(found) == 1 else None


def _named(text: str, options: Sequence[str]) -> list[int]:
    """Options that `text` names and does not deny, less those inside a longer one that it names too."""
    found = [place for place, option in enumerate(options) if _affirmed(text, option)]
    return [
        place
        for place in found
        if not any(other != place and _inside(options[place], options[other]) for other in found)
    ]


def _affirmed(text: str, option: str) -> bool:
    wanted = plain(option)
    if not wanted:
        return False
    if any(ord(char) > 0x2E7F for char in wanted):  # written without spaces
        low, wanted = text.lower(), option.lower()
        places = [match.start() for match in re.finditer(re.escape(wanted), low)]
        return any(not _denied(low, at, at + len(wanted)) for at in places)
    spoken = _spelt(text)
    pattern = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w|'\w)")
    return any(not _denied(spoken, match.start(), match.end()) for match in pattern.finditer(spoken))


def _denied(text: str, start: int, end: int) -> bool:
    return bool(_DENIED.search(text[max(0, start - 40) : start]) or _DENIED_AFTER.match(text[end:]))


def _spelt(text: str) -> str:
    """Lower case, numbers up to twenty spelt out, punctuation kept."""
    return re.sub(r"\d+", lambda match: NUMBERS.get(match[0], match[0]), text.lower())


def _inside(short: str, long: str) -> bool:
    one, other = plain(short), plain(long)
    if any(ord(char) > 0x2E7F for char in one):
        return one != other and one in other
    return one != other and f" {one} " in f" {other} "

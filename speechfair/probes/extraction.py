r"""The choice inside a reply as models write it: chatty, Markdown, boxed, quoted, JSON, Japanese, after thinking.

Rules only, tried in a fixed order; each names itself, so that every reading can be checked. A reply that names two
options and chooses one is read. A reply that chooses two, or whose letter and words disagree, is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from speechfair.models.answer_kinds import REFUSAL_FIELD
from speechfair.probes.choice_phrases import CLAIMS, NOUN, OPEN, PLACE_OF, PLACES, WORDED
from speechfair.probes.conclusion import conclusion
from speechfair.probes.naming import denied_letter, named_options
from speechfair.probes.non_answers import is_not_understood, is_unsure
from speechfair.probes.plain_words import plain
from speechfair.probes.refusals import is_refusal

__all__ = ["Choice", "choose", "name"]

_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{\s*(?:\\(?:text|mathrm|textbf)\s*\{)?(?P<said>[^{}]*)\}")
_JSON = re.compile(
    r"[\"']?(?:answer|choice|option|final_answer|result)[\"']?\s*:\s*[\"'](?P<said>[^\"']+)[\"']", re.I
)
_LEADING = re.compile(r"^\W*(?P<letter>[A-Ha-h])(?:[)\]}）】」』”\".:：*,、]+|\s*$)")
_LAST_LINE = re.compile(rf"^\W*(?:{NOUN}\s*:?\s*)?{OPEN}(?P<letter>[A-H])\s*[)\]}}）】.。\"'”]*\s*$")
_MARKED = re.compile(r"[(\[（【](?P<letter>[A-H])[)\]）】]")
_CORRECTION = re.compile(
    r"\b(?:actually|wait|correction|no ?[,—–]|sorry,|on second thought|rather,|hmm|let me (?:correct|revise))|"
    r"訂正|いや|やはり|失礼",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*|\n+")
_REASON = re.compile(r",? (?:since|because|although|even though|whereas|while)\b.*", re.I | re.S)
_NUMBERED = re.compile(r"[\"'](?:choice|option|index)[\"']\s*:\s*[\"']?\d+\b", re.I)
_BARE = r"(?<![A-Za-z])(?P<letter>[A-H])(?![A-Za-z])"
_TICK, _MARK = "✅|☑|✔|\\[x\\]", "✅|☑|✔|❌|✗|✘|\\[[ x]\\]"
_ALONE = re.compile(
    r"(?:^|[.,;:!?。、：；()（）「」\"\n=>/→➜➡⇒-]|\b(?i:is|be|leaving|leaves|it's|so|thus|hence|therefore|but|not|or|nor|say|pick|choose|select|"
    r"with|means|isn't|can't be|than|thought|probably|likely|definitely))[\s(\[（「\"']*(?P<letter>[A-H])(?![\w'’])",
    re.M,
)
_YES_OR_NO = re.compile("yes|no|true|false|はい|いいえ")
_HEARS_NONE = re.compile(
    r"\b(?:can't|cannot|couldn't|don't|didn't|do not|did not) (?:hear|detect|notice|make out) "
    r"(?!you|audio|it\b|(?:the |any |your )?(?:audio|recording|clip|file|question))",
    re.I,
)
_ALSO = re.compile(
    r".[)\]}）\"'”]*\s*(?:(?:\bor|\band|/|&|または|もしくは|か|と|や)\s*(?:maybe\s|perhaps\s|possibly\s)?\s*[(\[（]*[A-H]|"
    r"[,、;]\s*[(\[（]*(?:A(?! [a-z])|[B-H]))(?![\w'])"
)
_BEFORE = re.compile(
    r"(?<![A-Za-z])[A-H][)\]}）\"'”]*\s*(?:\bor|\band|/|&|,|、|または|もしくは|か|と|や)\s*"
    r"(?:maybe\s|perhaps\s|possibly\s)?\s*[(\[（]*$"
)
_SO = re.compile(
    r"\b(?:so|therefore|thus|hence|finally|in conclusion|overall|which means|i (?:think|believe|would say)|it must be|"
    r"most likely|leav(?:ing|es))\b|したがって|よって|つまり|ですから|結論",
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
        ``bare letter``, ``ticked``, ``place`` ("the second one"), ``whole reply``, ``first sentence``, ``named``,
        ``named in the conclusion``; or why nothing was read: ``unfinished thought``,
        ``several``, ``letter and words disagree``, ``no such option``, ``none named``.
    """

    place: int | None
    how: str


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
    if text.startswith(REFUSAL_FIELD):
        return Choice(None, "none named")
    for step in (_boxed_or_json, _ticked, _claimed, _lettered, _whole, _worded, _by_place, _bare):
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


def _boxed_or_json(text: str, options: Sequence[str]) -> Choice | None:
    if _NUMBERED.search(text):  # which one is 2 depends on where one begins to count
        return Choice(None, "several")
    for pattern, how in ((_BOXED, "boxed"), (_JSON, "json")):
        said = [match["said"].strip() for match in pattern.finditer(text)]
        if said:
            place = _place_of(said[-1], options)
            return Choice(place, how if place is not None else "no such option")
    return None


def _ticked(text: str, options: Sequence[str]) -> Choice | None:
    """The one letter that has a tick: before it if the first mark stands before the first letter, else behind it."""
    first = re.search(rf"{_MARK}|(?<![A-Za-z])[A-H](?![A-Za-z])", text)
    if first is None or not re.search(_TICK, text):
        return None
    order = rf"(?:{_TICK})\W*?{_BARE}" if re.match(_MARK, first[0]) else rf"{_BARE}\W{{0,3}}?(?:{_TICK})"
    ticked = list(re.finditer(order, text))
    if len({match["letter"] for match in ticked}) != 1:
        return Choice(None, "several") if len(set(re.findall(_BARE, text))) > 1 else None
    behind = text[ticked[-1].end() :].partition("\n")[0]
    found = _checked(ticked[-1]["letter"], behind, options, "ticked")
    return None if found.place is None and _article(ticked[-1]["letter"], behind) else found


def _claimed(text: str, options: Sequence[str]) -> Choice | None:
    """Sentences that say which letter is the answer; a later one counts only where it corrects the earlier."""
    claims = sorted(
        (match.start("letter"), match.start(), match["letter"].upper())
        for pattern in CLAIMS
        for match in pattern.finditer(text)
        if not _article(match["letter"], text[match.end("letter") :])
        and not denied_letter(text, match.start("letter"), match.end("letter"))
    )
    if not claims:
        return None
    if later := _corrected(text[claims[-1][0] + 1 :]):
        return _checked(later["letter"], "", options, "claim")
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
    """Whether another letter stands next to a letter, as in "or (C)" and "A, ": two are chosen, so none is."""
    return bool(_ALSO.match(text[at : at + 30]) or _BEFORE.search(text[max(0, at - 30) : at]))


def _lettered(text: str, options: Sequence[str]) -> Choice | None:
    marks = [match for match in _MARKED.finditer(text) if not denied_letter(text, match.start(), match.end())]
    marked = {match["letter"] for match in marks}
    leading = _LEADING.match(text)
    if (
        leading
        and len(marked - {leading["letter"].upper()}) == 0
        and not _alternative(text, leading.start("letter"))
        and not denied_letter(text, leading.start("letter"), leading.end("letter"))
    ):
        if leading["letter"] in "ah" and leading[0].rstrip() in ("a", "A"):
            return (
                None
                if len(text.split()) > 1
                else _checked(leading["letter"].upper(), "", options, "leading letter")
            )
        later = _corrected(text[leading.end() :]) or leading
        return _checked(
            later["letter"].upper(),
            text[later.end() :] if later is leading else "",
            options,
            "leading letter",
        )
    lines = text.splitlines()
    last = _LAST_LINE.match(lines[-1]) if lines else None
    if last and len(lines) > 1:
        return _checked(last["letter"], "", options, "last line")
    if len(marked) > 1:
        return Choice(None, "several")
    if len(marked) == 1:
        place = ord(marks[0]["letter"]) - ord("A")
        before = named_options(_SENTENCE.split(text[: marks[0].start()])[-1], options)
        if before == [place]:  # "sad (C), although the words are happy"
            return Choice(place, "marked letter")
        if len(elsewhere := named_options(text, options)) == 1 and elsewhere != [place]:
            return Choice(None, "letter and words disagree")
        return _checked(marks[0]["letter"], text[marks[0].end() :], options, "marked letter")
    return None


def _whole(text: str, options: Sequence[str]) -> Choice | None:
    """An option word for word, alone or as the first sentence; of yes and no also the first word."""
    for said, how in ((text, "whole reply"), (_opening(text, options), "first sentence")):
        same = [place for place, option in enumerate(options) if plain(said) and plain(said) == plain(option)]
        rest = text[len(said) :] if how == "first sentence" else ""
        if rest.startswith("?"):
            continue
        if (
            len(same) == 1
            and not _CORRECTION.search(rest)
            and (_HEARS_NONE.search(rest) or not _silent(rest))
        ):
            return Choice(same[0], how)
    return None


def _silent(text: str) -> bool:
    """Whether a text declines, or says that it does not know or did not understand."""
    return is_refusal(text) or is_unsure(text) or is_not_understood(text)


def _opening(text: str, options: Sequence[str]) -> str:
    answers_yes_or_no = all(_YES_OR_NO.fullmatch(plain(option)) for option in options)
    found = re.match(r"[^\n.!?。！？,、—–]*" if answers_yes_or_no else r"[^\n.!?。！？]*", text)
    return found[0] if found else ""


def _worded(text: str, options: Sequence[str]) -> Choice | None:
    said = [match["said"] for pattern in WORDED for match in pattern.finditer(text)]
    if not said:
        return None
    if placed := _by_place(said[-1], options):  # "the answer is option 2"
        return placed
    found = named_options(said[-1], options)
    return Choice(found[0], "worded claim") if len(found) == 1 else None


def _by_place(text: str, options: Sequence[str]) -> Choice | None:
    """An option by its place ("the second one", "option 2"), unless the reply names another by its words.

    "Option 2" of the options two, three and four may be either of two, so it is neither.
    """
    found = [match for pattern in PLACES for match in pattern.finditer(text)]
    places = {PLACE_OF[match["place"].lower()] for match in found}
    if len(places) != 1 or max(places) >= len(options) or _silent(text):
        return None
    if any(denied_letter(text, match.start(), match.end()) for match in found):
        return None
    place = places.pop() % len(options)
    named = named_options(text, options)
    return Choice(None, "several") if named and named != [place] else Choice(place, "place")


def _bare(text: str, options: Sequence[str]) -> Choice | None:
    """The one letter that stands alone and is not denied, if no other letter of an option stands in the text."""
    stands = {
        match["letter"]
        for match in re.finditer(_BARE, text)
        if ord(match["letter"]) - ord("A") < len(options)
        and not _article(match["letter"], text[match.end() :])
        and not denied_letter(text, match.start(), match.end())
    }
    letters = [
        match
        for match in _ALONE.finditer(text)
        if not denied_letter(text, match.start("letter"), match.end("letter"))
        and not _article(match["letter"], text[match.end("letter") :])
    ]
    if not letters or len(stands) > 1 or _silent(text):
        return None
    last = letters[-1]
    if _alternative(text, last.start("letter")):
        return None
    found = _checked(last["letter"], text[last.end("letter") :], options, "bare letter")
    named = named_options(text, options)
    return found if not named or found.place in named else None


def _corrected(text: str) -> re.Match[str] | None:
    """The letter that a correction ends with: "no wait, B"."""
    found = _CORRECTION.search(text)
    letters = [
        match
        # from the comma of "no," on, which may stand before the letter
        for match in (_ALONE.finditer(text, found.end() - 1) if found else ())
        if not _article(match["letter"], text[match.end("letter") :])
    ]
    last = letters[-1] if letters else None
    return None if last is None or denied_letter(text, last.start("letter"), last.end("letter")) else last


def _named_once(text: str, options: Sequence[str]) -> Choice | None:
    found = named_options(text, options)
    if len(found) == 1:
        return Choice(found[0], "named")
    if len(found) > 1:
        for part in _conclusions(text):
            last = named_options(part, options)
            if len(last) == 1:
                return Choice(last[0], "named in the conclusion")
        return Choice(None, "several")
    return None


def _conclusions(text: str) -> list[str]:
    """Parts of a reply that conclude: its last sentence, what corrects the rest, and a sentence without its reasons."""
    sentences = [part for part in _SENTENCE.split(text) if part.strip()]
    parts = sentences[-1:] if len(sentences) > 1 and _SO.search(sentences[-1]) else []
    corrections = list(_CORRECTION.finditer(text))
    if corrections:
        parts.append(text[corrections[-1].end() :])
    return [*parts, _REASON.sub("", text)] if len(sentences) == 1 else parts


def _checked(letter: str, after: str, options: Sequence[str], how: str) -> Choice:
    """The option of a letter, unless the words right after it are another option."""
    place = ord(letter) - ord("A")
    if place >= len(options):
        return Choice(None, "no such option")
    behind = re.match(r"[\s)\]}）】」』.:：,;*\"'”-]*(?P<said>[^\n.。!！?？]*)", after)
    named = named_options(behind["said"], options) if behind else []
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
        if _alternative(said, marked.start("letter")):
            return None
        return _checked(marked["letter"], said[marked.end() :], options, "").place
    found = named_options(said, options)
    return found[0] if len(found) == 1 else None

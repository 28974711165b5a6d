"""A rule-based answerer: text in, answer out, no language model. It knows the grammar's questions and nothing else.

In the place of the text LLM of a cascade it makes the recogniser the only thing that can go wrong: about the verbatim
transcript it is right by construction, so what it gets wrong about audio was not heard. Its figures say nothing about
what a language model would understand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from speechfair.errors import InputError
from speechfair.probes.grounding import lexicon
from speechfair.probes.plain_words import plain
from speechfair.types import Question

__all__ = ["VERSION", "answer", "answer_by_rules"]

VERSION = "1"

NEAR = 82.0
"""Similarity (0 to 100) from which a word or a clause of a transcript counts as the one that is looked for."""

UNKNOWN = "I do not know."

_OPTION = re.compile(r"^\(([A-H])\) (.+)$", re.M)

_CUES: dict[str, tuple[str, ...]] = {
    "to complain about something": (
        "not at all what", "paid for", "unhappy", "handled", "not good enough", "for this price",
    ),
    "to invite someone": (
        "come over", "join us", "for dinner", "at our table", "love to have you", "celebrate", "this evening",
    ),
    "to apologize": ("sorry", "trouble i made", "my fault", "feel bad", "forgive me", "should have been"),
    "to call off a plan": (
        "cancel", "our meeting", "forget about", "not going to happen", "can't make it", "do not wait",
    ),
    "to thank someone": ("appreciate", "grateful", "so kind", "wonderful present", "generous"),
    "to warn someone": ("watch out", "dangerous", "be careful", "slippery", "stay away", "not safe"),
    "to ask for directions": (
        "how i get to", "which way", "post office", "library", "right road", "harbor",
    ),
    "to offer help": (
        "let me carry", "some of that for you", "lend you a hand", "if you like", "if you need anything",
        "do it for you",
    ),
}  # fmt: skip
"""Phrases that give an intent away."""

_STOP = frozenset(
    ("the", "was", "were", "a", "an", "of", "on", "in", "to", "up", "out", "off", "got", "with", "is", "too", "be",
     "by", "came")
)  # fmt: skip


def answer_by_rules(transcript: str, prompt: str) -> str:
    """The answer to one of the grammar's questions, as a letter where the prompt has options.

    Parameters
    ----------
    transcript : what was heard, with whatever errors.
    prompt : as `speechfair.probes.items.prompt_of` words it. Another question is answered with "I do not know."

    Examples
    --------
    >>> answer_by_rules("Anna bought two bags.", "How many bags are mentioned?\\n(A) six\\n(B) two")
    'B'
    """
    question = prompt.splitlines()[0] if prompt.strip() else ""
    options = {text: letter for letter, text in _OPTION.findall(prompt)}
    for pattern, rule in _RULES:
        match = re.fullmatch(pattern, question)
        if match:
            answer = rule(plain(transcript).split(), list(options), match)
            if answer is None:
                return UNKNOWN
            return options.get(answer, answer) if options else answer
    return UNKNOWN


def answer(question: Question) -> str:
    """`answer_by_rules` for a cascade: ``answerer=python-chat:speechfair.probes.grounding.rules:answer``.

    Raises
    ------
    InputError
        The question has no transcript: rules hear nothing.
    """
    if question.transcript is None:
        raise InputError("the rule-based answerer reads a transcript; put a recogniser before it (cascade)")
    return answer_by_rules(question.transcript, question.prompt)


Rule = Callable[[list[str], Sequence[str], "re.Match[str]"], "str | None"]


def _said(words: list[str], options: Sequence[str], match: re.Match[str]) -> str:
    return "yes" if plain(match[1]) in words else "no"


def _number(words: list[str], options: Sequence[str], match: re.Match[str]) -> str | None:
    """The number that stands nearest before the thing, else the first one."""
    numbers = [place for place, word in enumerate(words) if word in lexicon.NUMBERS]
    thing = _place(words, match[1])
    before = [place for place in numbers if thing is not None and place < thing]
    chosen = before[-1] if before else numbers[0] if numbers else None
    return None if chosen is None else words[chosen]


def _day(words: list[str], options: Sequence[str], match: re.Match[str]) -> str | None:
    return _only_said(words, options or lexicon.DAYS)


def _name(words: list[str], options: Sequence[str], match: re.Match[str]) -> str | None:
    """The name that stands nearest before the thing that was bought, packed, …"""
    thing = _place(words, match[2])
    places = _names(words, options)
    before = [name for place, name in places if thing is not None and place < thing]
    return before[-1] if before else places[0][1] if places else None


def _unstated(words: list[str], options: Sequence[str], match: re.Match[str]) -> str:
    return _only_said(words, lexicon.COUNTRIES) or "the speaker does not say"


def _polarity(words: list[str], options: Sequence[str], match: re.Match[str]) -> str | None:
    """By the first modal that was said: the statement comes before anything that also might hold one."""
    said, negated = match[2], match[3]
    denials = {"can": ("cannot", "can't"), "will": ("won't",)}[said]
    for place, word in enumerate(words):
        if word in denials or (word == said and words[place + 1 : place + 2] == ["not"]):
            return negated
        if word == said:
            return said
    return None


def _order(words: list[str], options: Sequence[str], match: re.Match[str]) -> str | None:
    ranked = _clauses(words, options)
    if len(ranked) < 2:
        return ranked[0][1] if ranked else None
    (_, one), (_, other) = ranked[:2]
    text = f" {' '.join(words)} "
    # "First a, and then b." and "After a, b." tell in order; "Before b, a." and "B only after a." the other way round
    turned = " before " in text or " only after " in text
    first, last = (other, one) if turned else (one, other)
    return first if match[1] == "first" else last


def _cause(words: list[str], options: Sequence[str], match: re.Match[str]) -> str | None:
    ranked = _clauses(words, options)
    if len(ranked) < 2:
        return ranked[0][1] if ranked else None
    (start, one), (then, other) = ranked[:2]
    because = words.index("because") if "because" in words else None
    # "Because a, b." and "A, and so b." name the cause first; "B because a." last
    turned = because is not None and start < because < then
    cause, result = (other, one) if turned else (one, other)
    return cause if match[1] == "cause" else result


def _address(words: list[str], options: Sequence[str], match: re.Match[str]) -> str | None:
    verb = next((place for place, word in enumerate(words) if word in ("told", "heard")), None)
    places = _names(words, options)
    if verb is None:
        return places[-1][1] if places else None
    before = [name for place, name in places if place < verb]
    after = [name for place, name in places if place > verb]
    left, right = (before[-1] if before else None), (after[0] if after else None)
    gave, got = (left, right) if words[verb] == "told" else (right, left)
    return gave if match[1] == "gave" else got


def _intent(words: list[str], options: Sequence[str], match: re.Match[str]) -> str | None:
    from rapidfuzz import fuzz

    text = " ".join(words)
    scores = {
        intent: max(fuzz.partial_ratio(plain(cue), text) for cue in _CUES[intent])
        for intent in options
        if intent in _CUES
    }
    best = max(scores, key=lambda intent: scores[intent], default=None)
    return best if best is not None and scores[best] >= NEAR else None


def _setting(words: list[str], options: Sequence[str], match: re.Match[str]) -> str | None:
    scores = {
        setting: max(_likeness(words, clause) for clause in lexicon.SETTINGS[setting])
        for setting in options
        if setting in lexicon.SETTINGS
    }
    best = max(scores, key=lambda setting: scores[setting], default=None)
    return best if best is not None and scores[best] > 0 else None


def _place(words: Sequence[str], wanted: str) -> int | None:
    """Where the word most like `wanted` stands, if any is like it."""
    from rapidfuzz import fuzz

    scored = [(fuzz.ratio(word, plain(wanted)), -place) for place, word in enumerate(words)]
    score, place = max(scored, default=(0.0, 0))
    return -place if score >= NEAR else None


def _names(words: Sequence[str], options: Sequence[str]) -> list[tuple[int, str]]:
    """Names in the order in which they were said; one that is like two of them is the likest."""
    from rapidfuzz import fuzz

    found = []
    for place, word in enumerate(words):
        score, name = max((fuzz.ratio(word, name.lower()), name) for name in lexicon.NAMES)
        if score >= NEAR and (not options or name in options or name in lexicon.NAMES):
            found.append((place, name))
    return found


def _only_said(words: Sequence[str], known: Sequence[str]) -> str | None:
    return next((word for word in known if plain(word) in words), None)


def _likeness(words: Sequence[str], clause: str) -> int:
    """How many of the telling words of a clause were heard."""
    return sum(word in words for word in plain(clause).split() if word not in _STOP)


def _clauses(words: list[str], options: Sequence[str]) -> list[tuple[int, str]]:
    """The two options that are most like what was heard, in the order in which they were said."""
    heard = []
    for option in options:
        telling = [word for word in plain(option).split() if word not in _STOP]
        places = [place for word in telling if (place := _place(words, word)) is not None]
        if places:
            heard.append((len(places) / len(telling), min(places), option))
    likest = sorted(heard, key=lambda found: -found[0])[:2]
    return sorted((place, option) for _, place, option in likest)


_RULES: tuple[tuple[str, Rule], ...] = (
    (r'Was the word "(.+)" said\?', _said),
    (r"How many (.+) are mentioned\?", _number),
    (r"On which day was it that (.+)\?", _day),
    (r"Which country does the speaker say they come from\?", _unstated),
    (r"Did the speaker say that (\S+) (can|will) or (cannot|will not) .+\?", _polarity),
    (r"Which of these happened (first|last)\?", _order),
    (r"Which of these was the (cause|result)\?", _cause),
    (r"Who (gave|got) the news\?", _address),
    (r"Who (\S+) the (\S+)\?", _name),
    (r"What does the speaker want\?", _intent),
    (r"Where does what the speaker tells most likely happen\?", _setting),
)

"""Scenes whose answers are in the sound and not in the words, drawn like those of `grammar`.

A scene is three sentences. Who says them, how, where and with what sound in between is drawn for each scene on its own:
its transcript, the bare words, does not tell. A word and a country that nobody names are asked for too, as a control of
what is heard of the words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from speechfair.errors import InputError
from speechfair.probes.grounding import lexicon
from speechfair.probes.grounding.grammar import MOST_SCENES, NO, ORIGIN, PRESENCE, UNSTATED, YES
from speechfair.probes.items import Item, Level, Scene
from speechfair.synthesis.arranged import EVENTS, Arrangement, Piece
from speechfair.synthesis.channels import CLEAN

__all__ = ["SOUND_KINDS", "VERSION", "sound_scenes"]

VERSION = "1"
"""Changes whenever the same seed gives other scenes."""

SOUND_KINDS: dict[str, Level] = {
    "speakers": 1,
    "event": 1,
    "hesitation": 1,
    "who": 2,
    "where": 2,
    "turns": 3,
    "event_place": 3,
    "tempo": 3,
    "loudness": 3,
    "question": 4,
    "focus": 4,
}
"""Kinds of question that a transcript cannot answer, with their level."""

PLACES = {
    CLEAN: "close to the microphone",
    "telephone": "on the telephone",
    "room:1": "in a large room that echoes",
}
"""Where the speakers are, by channel."""

TURNS = {"one": "", "last": "001", "middle": "010"}
"""Which sentences the second person says."""

FAST, SLOW = 1.45, 0.72
LOUD_DB, SOFT_DB = 9.0, -9.0
FOCUS_DB, REST_DB = 5.0, -3.0
BLOCK = 12
"""In each run of so many scenes, every property takes each of its values equally often."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is true of one scene besides its words."""

    turns: str
    event: str
    hesitates: bool
    where: str
    faster: bool
    louder: bool
    asks: bool
    focus: int


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of one scene; the first sentence in three parts: who, how many, what."""

    first: tuple[str, str, str]
    bought: tuple[str, str, str, str]
    middle: str
    last: str
    unsaid: str

    @property
    def sentence(self) -> str:
        return " ".join(self.first)

    @property
    def text(self) -> str:
        """As a transcript without punctuation gives them."""
        return f"{self.sentence} {self.middle} {self.last}"


def sound_scenes(n: int, seed: int = 0) -> tuple[tuple[Scene, Arrangement], ...]:
    """`n` different scenes, each with the arrangement that makes its answers true.

    Parameters
    ----------
    n : how many; the first `n` of a seed are the same whatever `n` is.

    Examples
    --------
    >>> scene, arrangement = sound_scenes(1)[0]
    >>> scene.text == arrangement.text
    True
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST_SCENES:
        raise InputError(f"scenes={n!r} is not a whole number from 1 to {MOST_SCENES}")
    found: dict[str, tuple[Scene, Arrangement]] = {}
    drawn = 0
    while len(found) < n:
        words, number = _words(seed, drawn), len(found)
        drawn += 1
        if words.text not in found:
            facts = _facts(seed, number)
            scene = Scene(f"a{number + 1:05d}", words.text, _items(words, facts, seed, number))
            found[words.text] = scene, _arrangement(words, facts)
    return tuple(found.values())


def _rng(*parts: object) -> Callable[[int], int]:
    """Whole numbers below a limit, the same ones for the same parts."""
    import numpy as np

    digest = hashlib.sha256("|".join(map(str, (VERSION, *parts))).encode()).hexdigest()
    rng = np.random.default_rng(int(digest, 16))
    return lambda limit: int(rng.integers(limit))


def _balanced(seed: int, what: str, number: int, values: Sequence[_T]) -> _T:
    """The value of scene `number`: each equally often in a block, in an order of its own for each property."""
    block, place = divmod(number, BLOCK)
    draw, order = _rng(seed, what, block), [values[at % len(values)] for at in range(BLOCK)]
    for at in range(BLOCK - 1, 0, -1):
        other = draw(at + 1)
        order[at], order[other] = order[other], order[at]
    return order[place]


def _facts(seed: int, number: int) -> _Facts:
    def drawn(what: str, values: Sequence[_T]) -> _T:
        return _balanced(seed, what, number, values)

    return _Facts(
        turns=drawn("turns", tuple(TURNS)),
        event=drawn("event", ("none", "early", "late")),
        hesitates=drawn("hesitation", (True, False)),
        where=drawn("where", tuple(PLACES)),
        faster=drawn("tempo", (True, False)),
        louder=drawn("loudness", (True, False)),
        asks=drawn("question", (True, False)),
        focus=drawn("focus", (0, 1, 2)),
    )


def _words(seed: int, drawn: int) -> _Words:
    draw = _rng(seed, "words", drawn)

    def two(words: Sequence[str]) -> tuple[str, str]:
        one = draw(len(words))
        other = draw(len(words) - 1)
        return words[one], words[other + (other >= one)]

    name, number = lexicon.NAMES[draw(len(lexicon.NAMES))], lexicon.NUMBERS[draw(len(lexicon.NUMBERS))]
    thing, unsaid = two(lexicon.OBJECTS)
    base, past = lexicon.VERBS[draw(len(lexicon.VERBS))]
    setting = tuple(lexicon.SETTINGS)[draw(len(lexicon.SETTINGS))]
    middle, last = two(lexicon.SETTINGS[setting])
    return _Words((f"{name} {past}", number, thing), (name, base, past, thing), middle, last, unsaid)


def _arrangement(words: _Words, facts: _Facts) -> Arrangement:
    second = TURNS[facts.turns].ljust(3, "0")
    focused = [
        Piece(f"{part}!", False, FOCUS_DB, 0.85, 0.12)
        if at == facts.focus
        else Piece(f"{part},", False, REST_DB)
        for at, part in enumerate(words.first)
    ]
    event = None if facts.event == "none" else tuple(EVENTS)[len(words.text) % len(EVENTS)]
    middle = _middle(words.middle, facts, second[1] == "1", event if facts.event == "early" else None)
    last = Piece(
        f"{words.last}{'?' if facts.asks else '.'}",
        second[2] == "1",
        LOUD_DB if facts.louder else SOFT_DB,
        FAST if facts.faster else SLOW,
        0.4,
        event if facts.event == "late" else None,
    )
    return Arrangement(words.text, (*focused, *middle, last), facts.where)


def _middle(clause: str, facts: _Facts, partner: bool, event: str | None) -> list[Piece]:
    if not facts.hesitates:
        return [Piece(f"{clause}.", partner, pause_s=0.4, event=event)]
    start, end = " ".join(clause.split()[:2]), " ".join(clause.split()[2:])
    return [
        Piece(f"{start},", partner, pause_s=0.4, event=event),
        Piece("um,", partner, tempo=0.7, pause_s=0.25),
        Piece(f"{end}.", partner, pause_s=0.35),
    ]


def _items(words: _Words, facts: _Facts, seed: int, number: int) -> tuple[Item, ...]:
    said = _balanced(seed, "presence", number, (True, False))
    country = lexicon.COUNTRIES[_rng(seed, "country", number)(len(lexicon.COUNTRIES))]
    foils = [country, *(other for other in lexicon.COUNTRIES if other != country)][:3]
    items = [
        _yes_no("presence" if said else "absence", PRESENCE.format(words.first[2] if said else words.unsaid), said),
        Item("L2-unstated", 2, "unstated", ORIGIN, UNSTATED, tuple(foils)),
        _yes_no("speakers", "Does more than one person speak?", facts.turns != "one"),
        _yes_no("event", "Is there a sound that is not a voice, such as a beep or a knock?", facts.event != "none"),
        _yes_no("hesitation", 'Does anybody hesitate with a sound such as "um"?', facts.hesitates),
        _sound("where", "Where are the voices?", PLACES[facts.where], PLACES.values()),
        _either("tempo", "Is the last sentence faster or slower than the first?", "faster", "slower", facts.faster),
        _either("loudness", "Is the last sentence louder or softer than the first?", "louder", "softer", facts.louder),
        _either(
            "question",
            f'Is "{words.last}" meant as a question or as a statement?',
            "a question",
            "a statement",
            facts.asks,
        ),
        _focus(words, facts),
    ]  # fmt: skip
    if facts.turns != "one":
        items += _two_people(words, facts, seed, number)
    if facts.event != "none":
        text = f'Is the sound that is not a voice heard before or after "{words.middle}"?'
        items.append(_either("event_place", text, "before", "after", facts.event == "early"))
    return tuple(sorted(items, key=lambda item: item.level))


def _two_people(words: _Words, facts: _Facts, seed: int, number: int) -> list[Item]:
    """Asked of one of the later sentences, which is the first person's again or another's."""
    asked = _balanced(seed, "who", number, (1, 2))
    first = TURNS[facts.turns][asked] == "0"
    clause = words.middle if asked == 1 else words.last
    who = _either("who", f'Who says "{clause}"?', "the person who speaks first", "another person", first)
    turns = "How many times does the voice change from one person to another?"
    return [who, _either("turns", turns, "once", "twice", facts.turns == "last")]


def _focus(words: _Words, facts: _Facts) -> Item:
    name, base, past, thing = words.bought
    questions = (
        f"Who {past} {words.first[1]} {thing}?",
        f"How many {thing} did {name} {base}?",
        f"What did {name} {base}?",
    )
    text = f'Listen to the stress. Which question does "{words.sentence}" answer?'
    return _sound("focus", text, questions[facts.focus], questions)


def _yes_no(kind: str, text: str, is_so: bool) -> Item:
    answer, other = (YES, NO) if is_so else (NO, YES)
    level = SOUND_KINDS.get(kind, 1)
    return Item(f"L{level}-{kind}", level, kind, text, answer, (other,), (YES, NO))


def _either(kind: str, text: str, one: str, other: str, is_one: bool) -> Item:
    return _sound(kind, text, one if is_one else other, (one, other))


def _sound(kind: str, text: str, answer: str, options: Iterable[str]) -> Item:
    foils = tuple(option for option in options if option != answer)
    level = SOUND_KINDS[kind]
    return Item(f"L{level}-{kind}", level, kind, text, answer, foils)

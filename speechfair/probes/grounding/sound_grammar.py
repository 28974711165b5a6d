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
from speechfair.probes.grounding.grammar import MOST_SCENES
from speechfair.probes.grounding.sound_wording import ENGLISH, WORDINGS, SoundWording, SoundWords, Speech
from speechfair.probes.items import Item, Level, Scene
from speechfair.synthesis.arranged import EVENTS, Arrangement, Piece

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

PLACES = tuple(ENGLISH.places)
"""Channels of the whole recording."""

TURNS = {"one": "", "last": "001", "middle": "010"}
"""Which sentences the second person says."""

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


def sound_scenes(n: int, seed: int = 0, language: Speech = "eng") -> tuple[tuple[Scene, Arrangement], ...]:
    """`n` different scenes, each with the arrangement that makes its answers true.

    Parameters
    ----------
    n : how many; the first `n` of a seed are the same whatever `n` is.
    language : of speech and questions; what is true besides the words is the same in both.

    Examples
    --------
    >>> scene, arrangement = sound_scenes(1)[0]
    >>> scene.text == arrangement.text
    True
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST_SCENES:
        raise InputError(f"scenes={n!r} is not a whole number from 1 to {MOST_SCENES}")
    wording = WORDINGS[language]
    found: dict[str, tuple[Scene, Arrangement]] = {}
    drawn = 0
    while len(found) < n:
        words, number = wording.draw(_rng(seed, "words", drawn)), len(found)
        drawn += 1
        text = wording.text(words)
        if text not in found:
            facts = _facts(seed, number)
            scene = Scene(f"a{number + 1:05d}", text, _Asked(wording, words, facts, seed, number).items())
            found[text] = scene, _arrangement(wording, words, facts)
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
        where=drawn("where", PLACES),
        faster=drawn("tempo", (True, False)),
        louder=drawn("loudness", (True, False)),
        asks=drawn("question", (True, False)),
        focus=drawn("focus", (0, 1, 2)),
    )


def _arrangement(wording: SoundWording, words: SoundWords, facts: _Facts) -> Arrangement:
    second = TURNS[facts.turns].ljust(3, "0")
    focused = [
        Piece(f"{part}!", False, FOCUS_DB, 0.85, 0.12)
        if at == facts.focus
        else Piece(f"{part}{wording.comma}", False, REST_DB)
        for at, part in enumerate(words.first)
    ]
    text = wording.text(words)
    event = None if facts.event == "none" else tuple(EVENTS)[len(text) % len(EVENTS)]
    middle = _middle(wording, words, facts, second[1] == "1", event if facts.event == "early" else None)
    last = Piece(
        f"{words.last}{'?' if facts.asks else wording.stop}",
        second[2] == "1",
        LOUD_DB if facts.louder else SOFT_DB,
        wording.fast if facts.faster else wording.slow,
        0.4,
        event if facts.event == "late" else None,
    )
    return Arrangement(text, (*focused, *middle, last), facts.where)


def _middle(
    wording: SoundWording, words: SoundWords, facts: _Facts, partner: bool, event: str | None
) -> list[Piece]:
    if not facts.hesitates:
        return [Piece(f"{words.middle}{wording.stop}", partner, pause_s=0.4, event=event)]
    start, end = wording.split(words.middle)
    return [
        Piece(f"{start}{wording.comma}", partner, pause_s=0.4, event=event),
        Piece(wording.hesitation, partner, tempo=wording.hesitation_tempo, pause_s=0.25),
        Piece(f"{end}{wording.stop}", partner, pause_s=0.35),
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked about one scene."""

    wording: SoundWording
    words: SoundWords
    facts: _Facts
    seed: int
    number: int

    def items(self) -> tuple[Item, ...]:
        """By level."""
        worded, words, facts = self.wording, self.words, self.facts
        said = self._drawn("presence", (True, False))
        word = worded.presence.format(words.thing if said else words.unsaid)
        country = worded.countries[_rng(self.seed, "country", self.number)(len(worded.countries))]
        foils = [country, *(other for other in worded.countries if other != country)][:3]
        question, *kinds = worded.question
        items = [
            self._yes_no("presence" if said else "absence", word, said),
            Item("L2-unstated", 2, "unstated", worded.origin, worded.unstated, tuple(foils)),
            self._yes_no("speakers", worded.speakers, facts.turns != "one"),
            self._yes_no("event", worded.event, facts.event != "none"),
            self._yes_no("hesitation", worded.hesitates, facts.hesitates),
            _sound("where", worded.where, worded.places[facts.where], worded.places.values()),
            _either("tempo", *worded.tempo, facts.faster),
            _either("loudness", *worded.loudness, facts.louder),
            _either("question", question.format(words.last), kinds[0], kinds[1], facts.asks),
            _sound(
                "focus", worded.focus.format(worded.sentence(words)), words.asked[facts.focus], words.asked
            ),
        ]
        if facts.turns != "one":
            items += self._two_people()
        if facts.event != "none":
            text, before, after = worded.event_place
            items.append(
                _either("event_place", text.format(words.middle), before, after, facts.event == "early")
            )
        return tuple(sorted(items, key=lambda item: item.level))

    def _two_people(self) -> list[Item]:
        """Asked of one of the later sentences, which is the first person's again or another's."""
        asked = self._drawn("who", (1, 2))
        first = TURNS[self.facts.turns][asked] == "0"
        text, same, other = self.wording.who
        who = _either("who", text.format((self.words.middle, self.words.last)[asked - 1]), same, other, first)
        return [who, _either("turns", *self.wording.turns, self.facts.turns == "last")]

    def _drawn(self, what: str, values: Sequence[_T]) -> _T:
        return _balanced(self.seed, what, self.number, values)

    def _yes_no(self, kind: str, text: str, is_so: bool) -> Item:
        yes, no = self.wording.yes_no
        answer, other = (yes, no) if is_so else (no, yes)
        level = SOUND_KINDS.get(kind, 1)
        return Item(f"L{level}-{kind}", level, kind, text, answer, (other,), (yes, no))


def _either(kind: str, text: str, one: str, other: str, is_one: bool) -> Item:
    return _sound(kind, text, one if is_one else other, (one, other))


def _sound(kind: str, text: str, answer: str, options: Iterable[str]) -> Item:
    foils = tuple(option for option in options if option != answer)
    level = SOUND_KINDS[kind]
    return Item(f"L{level}-{kind}", level, kind, text, answer, foils)

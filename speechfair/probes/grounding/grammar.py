"""Scenes with known answers, drawn from typed slots: thousands on demand, the same ones for the same seed.

A scene is three short sentences. The first says who did what with how many of which things (L2), the second how two
events relate (L3), the third shows what the speaker wants (L4); what was said at all is L1. So every scene is asked
about at every level, and a level can be read given the one below it. The answers follow from the grammar; nothing
is inferred from how a person sounds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from speechfair.errors import InputError
from speechfair.probes.grounding import lexicon
from speechfair.probes.items import Item, Scene

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "MOST_SCENES",
    "NO",
    "ORIGIN",
    "PRESENCE",
    "UNSTATED",
    "VERSION",
    "YES",
    "Draw",
    "Opening",
    "Slots",
    "drawn_scenes",
    "drawn_silences",
    "scenes",
    "silences",
]

T = TypeVar("T")

VERSION = "1"
"""Changes whenever the same seed gives other scenes."""

MOST_SCENES = 20_000
FOILS = 3

PRESENCE = 'Was the word "{}" said?'
YES, NO = "yes", "no"
ORIGIN, UNSTATED = "Which country does the speaker say they come from?", "the speaker does not say"


def scenes(n: int, seed: int = 0) -> tuple[Scene, ...]:
    """`n` different scenes.

    Parameters
    ----------
    n : how many; the first `n` of a seed are the same whatever `n` is.
    seed : of every choice.

    Examples
    --------
    >>> scene = scenes(1)[0]
    >>> sorted({item.level for item in scene.items})
    [1, 2, 3, 4]
    """
    return drawn_scenes(n, seed, VERSION, _scene)


def drawn_scenes(
    n: int, seed: int, version: str, scene: Callable[[str, int, np.random.Generator], Scene]
) -> tuple[Scene, ...]:
    """`n` different scenes of a grammar, each drawn by `scene` from its name, its number and a generator of its own."""
    import numpy as np

    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST_SCENES:
        raise InputError(f"scenes={n!r} is not a whole number from 1 to {MOST_SCENES}")
    found: dict[str, Scene] = {}
    number = 0
    while len(found) < n:
        digest = hashlib.sha256(f"{version}|{seed}|{number}".encode()).hexdigest()
        drawn = scene(f"s{len(found) + 1:05d}", number, np.random.default_rng(int(digest, 16)))
        number += 1
        found.setdefault(str(drawn.text), drawn)
    return tuple(found.values())


def silences(n: int, seed: int = 0) -> tuple[Scene, ...]:
    """`n` scenes in which nothing is said, each asked for two words that are therefore not there."""
    return drawn_silences(n, seed, (*lexicon.DAYS, *lexicon.NAMES, *lexicon.OBJECTS), PRESENCE, YES, NO)


def drawn_silences(
    n: int, seed: int, words: Sequence[str], presence: str, yes: str, no: str
) -> tuple[Scene, ...]:
    """`n` silent scenes, each asked for two of `words` by the question `presence`."""
    made = []
    for number in range(n):
        place = int(hashlib.sha256(f"{seed}|silence|{number}".encode()).hexdigest(), 16)
        chosen = (words[place % len(words)], words[(place // 1000 + 7) % len(words)])
        asked = dict.fromkeys(chosen)  # the two may be the same word
        questions = tuple(
            Item(f"L1-silence{i}", 1, "silence", presence.format(word), no, (yes,), (yes, no))
            for i, word in enumerate(asked)
        )
        made.append(Scene(f"q{number + 1:05d}", None, questions))
    return tuple(made)


class Draw:
    """Choices without replacement within one scene: no name, number or thing occurs twice in it."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.taken: set[str] = set()

    def one(self, words: Sequence[str]) -> str:
        """One of the words that are free; it is then taken."""
        free = [word for word in words if word not in self.taken]
        word = free[int(self.rng.integers(len(free)))]
        self.taken.add(word)
        return word

    def pick(self, things: Sequence[T]) -> T:
        """One of `things`, which stays free."""
        return things[int(self.rng.integers(len(things)))]

    def foils(
        self, words: Sequence[str], answer: str, first: Sequence[str] = (), n: int = FOILS
    ) -> tuple[str, ...]:
        """`first`, then words that are not in the scene."""
        chosen = [word for word in first if word != answer]
        free = [word for word in words if word not in self.taken and word not in chosen]
        order = self.rng.permutation(len(free))
        chosen += [free[int(index)] for index in order[: max(0, n - len(chosen))]]
        return tuple(chosen)


def _scene(name: str, number: int, rng: np.random.Generator) -> Scene:
    draw = Draw(rng)
    # The kinds take turns, so that each occurs equally often in any stretch of scenes.
    opening, second = _OPENINGS[number % 3], _RELATIONS[number // 3 % 3]
    setting = draw.one(tuple(lexicon.SETTINGS))
    first, attributions, slots = opening(draw)
    relation, relation_question = second(draw, setting)
    intent = draw.one(tuple(lexicon.INTENTS))
    closing = draw.one(lexicon.INTENTS[intent])
    questions = (
        *_presence(draw, slots),
        *attributions,
        relation_question,
        Item(
            "L4-intent",
            4,
            "intent",
            "What does the speaker want?",
            intent,
            draw.foils(tuple(lexicon.INTENTS), intent),
        ),
        Item(
            "L4-setting",
            4,
            "setting",
            "Where does what the speaker tells most likely happen?",
            setting,
            draw.foils(tuple(lexicon.SETTINGS), setting),
        ),
    )
    return Scene(name, f"{first} {relation} {closing}", questions)


def _presence(draw: Draw, slots: Sequence[tuple[str, Sequence[str]]]) -> tuple[Item, Item]:
    """A word of the scene, and one of the same type that is not in it."""
    said, _ = slots[int(draw.rng.integers(len(slots)))]
    _, words = slots[int(draw.rng.integers(len(slots)))]
    unsaid = draw.foils(words, "", n=1)[0]
    return (
        Item("L1-true", 1, "presence", PRESENCE.format(said), YES, (NO,), (YES, NO)),
        Item("L1-false", 1, "absence", PRESENCE.format(unsaid), NO, (YES,), (YES, NO)),
    )


Slots = list[tuple[str, Sequence[str]]]
Opening = tuple[str, tuple[Item, ...], Slots]


def _two_numbers(draw: Draw) -> Opening:
    name, day = draw.one(lexicon.NAMES), draw.one(lexicon.DAYS)
    numbers = [draw.one(lexicon.NUMBERS) for _ in range(2)]
    things = [draw.one(lexicon.OBJECTS) for _ in range(2)]
    _, past = draw.pick(lexicon.VERBS)
    which = int(draw.rng.integers(2))
    text = f"On {day}, {name} {past} {numbers[0]} {things[0]} and {numbers[1]} {things[1]}."
    questions = (
        _number(draw, things[which], numbers[which], numbers),
        _day(draw, f"{name} {past} the {things[0]}", day),
    )
    slots: Slots = [(name, lexicon.NAMES), (day, lexicon.DAYS), (things[1 - which], lexicon.OBJECTS)]
    return text, questions, slots


def _two_names(draw: Draw) -> Opening:
    names = [draw.one(lexicon.NAMES) for _ in range(2)]
    things = [draw.one(lexicon.OBJECTS) for _ in range(2)]
    verbs = [draw.pick(lexicon.VERBS)[1] for _ in range(2)]
    which = int(draw.rng.integers(2))
    text = f"{names[0]} {verbs[0]} the {things[0]}, and {names[1]} {verbs[1]} the {things[1]}."
    questions = (
        Item(
            "L2-name",
            2,
            "name",
            f"Who {verbs[which]} the {things[which]}?",
            names[which],
            draw.foils(lexicon.NAMES, names[which], names),
            lexicon.NAMES,
        ),
        # An accent is no statement: the only right answer is that nothing was said about it.
        Item(
            "L2-unstated",
            2,
            "unstated",
            ORIGIN,
            UNSTATED,
            draw.foils(lexicon.COUNTRIES, UNSTATED),
        ),
    )
    return text, questions, [(names[1 - which], lexicon.NAMES), (things[1 - which], lexicon.OBJECTS)]


def _polarity(draw: Draw) -> Opening:
    name, day = draw.one(lexicon.NAMES), draw.one(lexicon.DAYS)
    number, thing = draw.one(lexicon.NUMBERS), draw.one(lexicon.OBJECTS)
    base, _ = draw.pick(lexicon.VERBS)
    modal = draw.pick(lexicon.MODALS)
    said = modal[int(draw.rng.integers(2))]
    unsaid = modal[1 - modal.index(said)]
    text = f"{name} {said} {base} the {number} {thing} on {day}."
    questions = (
        Item(
            "L2-polarity",
            2,
            "polarity",
            f"Did the speaker say that {name} {modal[0]} or {modal[1]} {base} the {thing}?",
            said,
            (unsaid,),
            modal,
        ),
        _number(draw, thing, number, [number]),
    )
    return text, questions, [(name, lexicon.NAMES), (day, lexicon.DAYS)]


def _number(draw: Draw, thing: str, number: str, said: Sequence[str]) -> Item:
    foils = draw.foils(lexicon.NUMBERS, number, said)
    return Item("L2-number", 2, "number", f"How many {thing} are mentioned?", number, foils, lexicon.NUMBERS)


def _day(draw: Draw, what: str, day: str) -> Item:
    foils = draw.foils(lexicon.DAYS, day)
    return Item("L2-day", 2, "day", f"On which day was it that {what}?", day, foils, lexicon.DAYS)


def _order(draw: Draw, setting: str) -> tuple[str, Item]:
    clauses = lexicon.SETTINGS[setting]
    first, then = draw.one(clauses), draw.one(clauses)
    forms = (
        f"First {first}, and then {then}.",
        f"Before {then}, {first}.",
        f"After {first}, {then}.",
        f"{_capital(then)} only after {first}.",
    )
    text = forms[int(draw.rng.integers(len(forms)))]
    asked, answer = (("first", first), ("last", then))[int(draw.rng.integers(2))]
    foils = draw.foils(clauses, answer, [first, then])
    return text, Item("L3-order", 3, "order", f"Which of these happened {asked}?", answer, foils)


def _cause(draw: Draw, setting: str) -> tuple[str, Item]:
    clauses = lexicon.SETTINGS[setting]
    cause, effect = draw.one(clauses), draw.one(clauses)
    forms = (
        f"{_capital(effect)} because {cause}.",
        f"Because {cause}, {effect}.",
        f"{_capital(cause)}, and so {effect}.",
    )
    text = forms[int(draw.rng.integers(len(forms)))]
    asked, answer = (("cause", cause), ("result", effect))[int(draw.rng.integers(2))]
    foils = draw.foils(clauses, answer, [cause, effect])
    return text, Item("L3-cause", 3, "cause", f"Which of these was the {asked}?", answer, foils)


def _address(draw: Draw, setting: str) -> tuple[str, Item]:
    teller, told = draw.one(lexicon.NAMES), draw.one(lexicon.NAMES)
    clause = draw.one(lexicon.SETTINGS[setting])
    forms = (f"{teller} told {told} that {clause}.", f"{told} heard from {teller} that {clause}.")
    text = forms[int(draw.rng.integers(len(forms)))]
    asked, answer = (("gave", teller), ("got", told))[int(draw.rng.integers(2))]
    foils = draw.foils(lexicon.NAMES, answer, [teller, told])
    return text, Item("L3-address", 3, "address", f"Who {asked} the news?", answer, foils, lexicon.NAMES)


def _capital(clause: str) -> str:
    return clause[0].upper() + clause[1:]


_OPENINGS: tuple[Callable[[Draw], Opening], ...] = (_two_numbers, _two_names, _polarity)
_RELATIONS: tuple[Callable[[Draw, str], tuple[str, Item]], ...] = (_order, _cause, _address)

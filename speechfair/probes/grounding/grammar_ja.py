"""Scenes in Japanese, drawn like those of `grammar`: the same levels and kinds, sentences of their own.

The sentences are no translations. Things are counted with the native numbers, and a question names its clause in the
form that Japanese asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.probes.grounding import lexicon_ja as lexicon
from speechfair.probes.grounding.grammar import Draw, Opening, Slots, drawn_scenes, drawn_silences
from speechfair.probes.grounding.lexicon_ja import Clause
from speechfair.probes.items import Item, Scene

if TYPE_CHECKING:
    import numpy as np

__all__ = ["NO", "PRESENCE", "UNSTATED", "VERSION", "YES", "scenes", "silences"]

VERSION = "ja-1"
"""Changes whenever the same seed gives other scenes."""

PRESENCE = "「{}」という言葉は出てきましたか。"
YES, NO = "はい", "いいえ"
ORIGIN, UNSTATED = "話し手は、自分がどこの国の出身だと言っていますか。", "出身については言っていない"


def scenes(n: int, seed: int = 0) -> tuple[Scene, ...]:
    """`n` different scenes; as `speechfair.probes.grounding.grammar.scenes`."""
    return drawn_scenes(n, seed, VERSION, _scene)


def silences(n: int, seed: int = 0) -> tuple[Scene, ...]:
    """`n` scenes in which nothing is said, each asked for words that are therefore not there."""
    return drawn_silences(n, seed, (*lexicon.DAYS, *lexicon.NAMES, *lexicon.OBJECTS), PRESENCE, YES, NO)


def _scene(name: str, number: int, rng: np.random.Generator) -> Scene:
    draw = Draw(rng)
    opening, second = _OPENINGS[number % 3], _RELATIONS[number // 3 % 3]
    setting = draw.one(tuple(lexicon.SETTINGS))
    first, attributions, slots = opening(draw)
    relation, relation_question = second(draw, setting)
    intent = draw.one(tuple(lexicon.INTENTS))
    closing = draw.one(lexicon.INTENTS[intent])
    intents, settings = tuple(lexicon.INTENTS), tuple(lexicon.SETTINGS)
    said, _ = slots[int(draw.rng.integers(len(slots)))]
    _, words = slots[int(draw.rng.integers(len(slots)))]
    unsaid = draw.foils(words, "", n=1)[0]
    items = (
        Item("L1-true", 1, "presence", PRESENCE.format(said), YES, (NO,)),
        Item("L1-false", 1, "absence", PRESENCE.format(unsaid), NO, (YES,)),
        *attributions,
        relation_question,
        Item("L4-intent", 4, "intent", "話し手がしたいことは何ですか。", intent, draw.foils(intents, intent)),
        Item(
            "L4-setting",
            4,
            "setting",
            "この話の出来事は、どこで起きたと考えられますか。",
            setting,
            draw.foils(settings, setting),
        ),
    )
    return Scene(name, f"{first}{relation}{closing}", items)


def _two_numbers(draw: Draw) -> Opening:
    name, day = draw.one(lexicon.NAMES), draw.one(lexicon.DAYS)
    numbers = [draw.one(lexicon.NUMBERS) for _ in range(2)]
    things = [draw.one(lexicon.OBJECTS) for _ in range(2)]
    verb = draw.pick(lexicon.VERBS)
    which = int(draw.rng.integers(2))
    text = f"{day}に、{name}は{things[0]}を{numbers[0]}と{things[1]}を{numbers[1]}{verb.polite}。"
    questions = (
        _number(draw, things[which], numbers[which], numbers),
        _day(draw, f"{name}が{things[0]}を{verb.plain}", day),
    )
    slots: Slots = [(name, lexicon.NAMES), (day, lexicon.DAYS), (things[1 - which], lexicon.OBJECTS)]
    return text, questions, slots


def _two_names(draw: Draw) -> Opening:
    names = [draw.one(lexicon.NAMES) for _ in range(2)]
    things = [draw.one(lexicon.OBJECTS) for _ in range(2)]
    verbs = [draw.pick(lexicon.VERBS) for _ in range(2)]
    which = int(draw.rng.integers(2))
    text = f"{names[0]}は{things[0]}を{verbs[0].te}、{names[1]}は{things[1]}を{verbs[1].polite}。"
    who = f"{things[which]}を{verbs[which].plain}のは誰ですか。"
    questions = (
        Item("L2-name", 2, "name", who, names[which], draw.foils(lexicon.NAMES, names[which], names)),
        # An accent is no statement: the only right answer is that nothing was said about it.
        Item("L2-unstated", 2, "unstated", ORIGIN, UNSTATED, draw.foils(lexicon.COUNTRIES, UNSTATED)),
    )
    return text, questions, [(names[1 - which], lexicon.NAMES), (things[1 - which], lexicon.OBJECTS)]


def _polarity(draw: Draw) -> Opening:
    name, day = draw.one(lexicon.NAMES), draw.one(lexicon.DAYS)
    number, thing = draw.one(lexicon.NUMBERS), draw.one(lexicon.OBJECTS)
    verb = draw.pick(lexicon.VERBS)
    said = int(draw.rng.integers(2))
    text = f"{name}は{day}に{thing}を{number}{(verb.can, verb.cannot)[said]}。"
    options = verb.can_plain, verb.cannot_plain
    question = (
        f"話し手は、{name}が{thing}を{options[0]}と言っていますか、それとも{options[1]}と言っていますか。"
    )
    questions = (
        Item("L2-polarity", 2, "polarity", question, options[said], (options[1 - said],)),
        _number(draw, thing, number, [number]),
    )
    return text, questions, [(name, lexicon.NAMES), (day, lexicon.DAYS)]


def _number(draw: Draw, thing: str, number: str, said: list[str]) -> Item:
    foils = draw.foils(lexicon.NUMBERS, number, said)
    return Item("L2-number", 2, "number", f"{thing}の数はいくつですか。", number, foils)


def _day(draw: Draw, what: str, day: str) -> Item:
    return Item("L2-day", 2, "day", f"{what}のは何曜日ですか。", day, draw.foils(lexicon.DAYS, day))


def _two_clauses(draw: Draw, setting: str) -> tuple[Clause, Clause, tuple[str, ...]]:
    """Two clauses, and the plain forms of all clauses of the place."""
    by_plain = {clause.plain: clause for clause in lexicon.SETTINGS[setting]}
    plain = tuple(by_plain)
    return by_plain[draw.one(plain)], by_plain[draw.one(plain)], plain


def _order(draw: Draw, setting: str) -> tuple[str, Item]:
    first, then, plain = _two_clauses(draw, setting)
    forms = (
        f"まず{first.polite}。そのあと、{then.polite}。",
        f"{first.plain}あとで、{then.polite}。",
        f"{then.present}前に、{first.polite}。",
    )
    text = forms[int(draw.rng.integers(len(forms)))]
    asked, answer = (("先", first), ("あと", then))[int(draw.rng.integers(2))]
    foils = draw.foils(plain, answer.plain, [first.plain, then.plain])
    return text, Item("L3-order", 3, "order", f"{asked}に起きたのはどれですか。", answer.plain, foils)


def _cause(draw: Draw, setting: str) -> tuple[str, Item]:
    cause, effect, plain = _two_clauses(draw, setting)
    forms = (
        f"{cause.plain}ので、{effect.polite}。",
        f"{effect.polite}。{cause.plain}からです。",
        f"{cause.polite}。それで、{effect.polite}。",
    )
    text = forms[int(draw.rng.integers(len(forms)))]
    asked, answer = (("原因", cause), ("結果", effect))[int(draw.rng.integers(2))]
    foils = draw.foils(plain, answer.plain, [cause.plain, effect.plain])
    return text, Item("L3-cause", 3, "cause", f"この話で{asked}になったのはどれですか。", answer.plain, foils)


def _address(draw: Draw, setting: str) -> tuple[str, Item]:
    teller, told = draw.one(lexicon.NAMES), draw.one(lexicon.NAMES)
    clause, _, _ = _two_clauses(draw, setting)
    forms = (
        f"{teller}は{told}に、{clause.plain}と伝えました。",
        f"{told}は{teller}から、{clause.plain}と聞きました。",
    )
    text = forms[int(draw.rng.integers(len(forms)))]
    asked, answer = (("伝えた", teller), ("聞いた", told))[int(draw.rng.integers(2))]
    foils = draw.foils(lexicon.NAMES, answer, [teller, told])
    return text, Item("L3-address", 3, "address", f"その話を{asked}のは誰ですか。", answer, foils)


_OPENINGS = (_two_numbers, _two_names, _polarity)
_RELATIONS = (_order, _cause, _address)

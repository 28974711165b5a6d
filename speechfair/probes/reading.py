"""From a reply to what it says: which option, or why none can be read. Rules only, no model.

Every reply falls into exactly one class, and whatever is not an answer counts as not right: nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from speechfair.models.answer_kinds import CUT_OFF
from speechfair.probes.conclusion import conclusion
from speechfair.probes.extraction import Choice, choose, name
from speechfair.probes.items import Form, Item, options_of
from speechfair.probes.non_answers import is_not_understood, is_unsure
from speechfair.probes.plain_words import plain
from speechfair.probes.refusals import is_refusal

__all__ = [
    "Outcome",
    "Reading",
    "is_cut_short",
    "plain",
    "read",
    "read_choice",
    "silent",
]

Outcome = Literal["right", "wrong", "refusal", "unsure", "format", "empty", "error"]
"""``refusal`` will not, ``unsure`` says that it cannot tell, ``format`` cannot be read, ``error`` gave no reply."""

SAYS_WHAT_IT_CHOOSES = ("boxed", "json", "claim", "worded claim", "leading letter", "ticked")
"""Rules whose reading stands although the server cut the reply off behind it."""

LONGEST_ANSWER = 6
"""Words of an answer without options; a longer one must name exactly one word of the vocabulary."""


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
    if is_cut_short(reply, found):
        return Reading("format", None, "cut off")
    return replace(_judged(options[found.place], answer), how=found.how)


def is_cut_short(reply: str, found: Choice) -> bool:
    """Whether the server cut a reply off, and it had not said before that what was found is its choice."""
    return reply.endswith(CUT_OFF) and found.how not in SAYS_WHAT_IT_CHOOSES


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


def _named(said: str, options: Sequence[str]) -> list[str]:
    """Options that occur in `said` as whole words, less those inside a longer one that does too."""
    padded = f" {said} "
    found = [option for option in options if f" {plain(option)} " in padded]
    return [
        option
        for option in found
        if not any(option != other and f" {plain(option)} " in f" {plain(other)} " for other in found)
    ]

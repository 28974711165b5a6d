"""Whether a model answers by letter instead of by what an option says. Options are shuffled, so it should not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from speechfair.wording import worded

__all__ = ["Chosen", "favourite_letter", "letter_bias_notes"]

LEAST_CHOSEN = 30
"""Replies that choose an option, below which nothing is said of a liking for a letter. Ours."""
MOST_LIKING = 0.2
"""How much more often than it should be, as a share, a letter may be chosen before it is noted. Ours."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One reply that chooses an option.

    Parameters
    ----------
    options : in the order in which they were lettered, from A.
    answer, truth : the option that was chosen, and the right one.
    """

    options: tuple[str, ...]
    answer: str
    truth: str


def favourite_letter(chosen: Sequence[Chosen]) -> tuple[str, float, float] | None:
    """The letter that is chosen too often: how often, and how often at most it would be by chance or when right.

    None where fewer than `LEAST_CHOSEN` replies choose an option.
    """
    if len(chosen) < LEAST_CHOSEN:
        return None
    found = []
    for place in range(max(len(one.options) for one in chosen)):
        times = sum(one.options.index(one.answer) == place for one in chosen)
        right = sum(one.options.index(one.truth) == place for one in chosen)
        chance = sum(1 / len(one.options) for one in chosen if place < len(one.options))
        found.append(("ABCDEFGH"[place], times / len(chosen), max(right, chance) / len(chosen)))
    return max(found, key=lambda one: one[1] - one[2])


def letter_bias_notes(audio: Sequence[Chosen], text: Sequence[Chosen]) -> list[str]:
    """What to say about a letter that is chosen far too often, asked of the audio and of the transcript."""
    notes = []
    if found := _too_often(audio):
        letter, share, most = found
        notes.append(
            f"the option ({letter}) was chosen in {share} % of the replies that choose one; by chance, or if all were "
            f"right, it would be {most} % at most: the model answers by position, not by what it hears"
        )
    if found := _too_often(text):
        letter, share, most = found
        notes.append(
            f"asked of the transcript, the option ({letter}) was chosen in {share} % of the replies that choose one; "
            f"by chance, or if all were right, it would be {most} % at most: the language model is drawn to this "
            "letter, so a wrong answer about the audio need not be due to the hearing"
        )
    return notes


def _too_often(chosen: Sequence[Chosen]) -> tuple[str, str, str] | None:
    found = favourite_letter(chosen)
    if found is None or found[1] < found[2] + MOST_LIKING:
        return None
    return found[0], worded(found[1], "percent", 0), worded(found[2], "percent", 0)

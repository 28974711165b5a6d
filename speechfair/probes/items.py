"""A scene, the questions about it, and how a question is put: the wording, the options and their order.

Values only. `grammar` and `bound` make scenes, `reading` reads what comes back.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["LEVELS", "WORDING", "Form", "Item", "Level", "Scene", "has_kana", "options_of", "prompt_of"]

Level = Literal[1, 2, 3, 4]
Form = Literal["choice", "open"]

LEVELS: dict[Level, str] = {1: "presence", 2: "attribution", 3: "relation", 4: "abstraction"}
"""The grounding levels: is it there; what belongs to what; how things relate; what it means as a whole."""

WORDING = "1"
"""Version of the sentences around a question; part of what decides an answer."""

_HOW = {
    "en": ("Answer with as few words as possible.", "Answer with the letter only."),
    "ja": ("できるだけ短い言葉で答えてください。", "記号だけで答えてください。"),
}
"""How to answer without and with options, in the language of the question."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its known answer.

    Parameters
    ----------
    id : unique within its scene.
    kind : what is asked, such as ``presence``, ``absence``, ``number`` or ``cause``.
    answer : the right option, and the right answer where the question is put without options.
    foils : the wrong options; of the same type as the answer.
    vocabulary : all words of the answer's type; empty where the question makes no sense without options.
    """

    id: str
    level: Level
    kind: str
    text: str
    answer: str
    foils: tuple[str, ...]
    vocabulary: tuple[str, ...] = ()

    def form(self, asked: Form) -> Form:
        """The form it can be put in: without options only where there is a vocabulary."""
        return "open" if asked == "open" and self.vocabulary else "choice"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is said, and what is asked about it. A `text` of None is audio without speech."""

    id: str
    text: str | None
    items: tuple[Item, ...]


def options_of(scene: str, item: Item, seed: int) -> tuple[str, ...]:
    """Answer and foils in an order drawn for this question: the same for every accent and for the text control."""
    options = [item.answer, *item.foils]
    return tuple(sorted(options, key=lambda option: _draw(seed, scene, item.id, option)))


def prompt_of(scene: str, item: Item, form: Form, seed: int) -> str:
    """What the model is asked, in addition to the audio or the transcript."""
    shortly, by_letter = _HOW["ja" if has_kana(item.text) else "en"]
    if item.form(form) == "open":
        return f"{item.text}\n{shortly}"
    lettered = [
        f"({letter}) {option}"
        for letter, option in zip("ABCDEFGH", options_of(scene, item, seed), strict=False)
    ]
    return "\n".join([item.text, *lettered, by_letter])


def has_kana(text: str) -> bool:
    """Whether a text is Japanese."""
    return re.search(r"[\u3040-\u30ff]", text) is not None


def _draw(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()

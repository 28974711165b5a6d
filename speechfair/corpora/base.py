"""What most loaders of a folder have in common: the root, the options, the card, and labels as the card tells them.

A loader still says itself what it expects to find, and yields its own rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from speechfair.corpora.card import Card, load_card
from speechfair.corpora.layout import needs_root
from speechfair.types import UNKNOWN, Label

__all__ = ["FolderCorpus", "Labeller"]


class Labeller:
    """Turns raw values into labels as a card says: its source, its map, its values. Letter case does not matter.

    A value that is blank, or that the map turns into ``unknown``, gives no label. A value outside the values of its
    axis gives none either and is counted in `unmatched`.

    Parameters
    ----------
    card : of the corpus; an axis that it does not have raises `KeyError`.
    """

    def __init__(self, card: Card) -> None:
        self.unmatched: Counter[tuple[str, str]] = Counter()
        self._axes = card.axes
        self._maps = {
            axis: {value.casefold(): value for value in about.values or ()}
            | {raw.casefold(): value for raw, value in about.map.items()}
            for axis, about in card.axes.items()
        }
        self._known: dict[tuple[str, str], Label | None] = {}

    def __call__(self, **raw: object) -> tuple[Label, ...]:
        """Labels of those values (by axis) that are told, in the order given."""
        found = []
        for axis, value in raw.items():
            text = str(value).strip() if value is not None else ""
            if not text:
                continue
            key = (axis, text)
            if key not in self._known:
                self._known[key] = self._label(axis, text)
            label = self._known[key]
            if label is not None:
                found.append(label)
            elif self._maps[axis].get(text.casefold()) != UNKNOWN:
                self.unmatched[key] += 1
        return tuple(found)

    def _label(self, axis: str, text: str) -> Label | None:
        about = self._axes[axis]
        value = self._maps[axis].get(text.casefold(), text)
        if value == UNKNOWN or (about.values is not None and value not in about.values):
            return None
        return Label(axis, value, about.source)


class FolderCorpus:
    """Base of loaders that read a folder. A subclass has a `name`, an ``__iter__`` and, if any, options of its own.

    Parameters
    ----------
    root : the folder.
    """

    name = ""

    def __init__(self, root: Path | None) -> None:
        self.root = needs_root(root, self.name)
        self._options: dict[str, Any] = {}

    @property
    def card(self) -> Card:
        """The corpus's card."""
        return load_card(self.name)

    @property
    def options(self) -> Mapping[str, Any]:
        """Arguments apart from `root`."""
        return dict(self._options)

    @cached_property
    def label(self) -> Labeller:
        """Makes labels from raw values; `Labeller.unmatched` counts what no map knows, over all listings."""
        return Labeller(self.card)

    def place(self, path: Path) -> str:
        """`path` relative to the root, for messages."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name

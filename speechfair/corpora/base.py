"""What most loaders of a folder have in common: the root, the options, the card, and labels as the card tells them.

A loader still says itself what it expects to find, and yields its own rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, TypeVar

from speechfair.corpora.card import Card, load_card
from speechfair.corpora.layout import needs_root, readable, reading_under
from speechfair.errors import CorpusError
from speechfair.types import UNKNOWN, Exclusion, Label, Utterance

__all__ = ["FolderCorpus", "Labeller", "guarded"]

_LONGEST_SHOWN = 300


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


_Class = TypeVar("_Class", bound=type)


def guarded(loader: _Class) -> _Class:
    """Keep a loader of a folder inside its ``root`` (and ``tables``, if it has them) while it is made and lists.

    An utterance whose audio is a link that leads out becomes an `Exclusion`; a text file that does raises
    `CorpusError`, as it may hold anything.
    """
    wrappers: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]]
    wrappers = {"__init__": _made_inside, "__iter__": _kept_inside, "batches": _kept_inside}
    for name, keep in wrappers.items():
        if name in vars(loader):
            setattr(loader, name, keep(vars(loader)[name]))
    return loader


def _made_inside(make: Callable[..., None]) -> Callable[..., None]:
    """Some loaders read the header of a table when they are made."""

    @wraps(make)
    def made(self: Any, root: Path | None, **options: Any) -> None:
        folders = (folder for folder in (root, options.get("tables")) if folder is not None)
        with reading_under(*map(Path, folders)), _readable_files(root):
            make(self, root, **options)

    return made


@contextmanager
def _readable_files(root: Path | None) -> Iterator[None]:
    """What the file system refuses becomes a `CorpusError`: no permission, links in a circle, a name too long."""
    try:
        yield
    except OSError as error:
        shown = str(error.filename or root)
        shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
        raise CorpusError(f"{shown}: cannot be read: {error.strerror or error}") from None


def _kept_inside(listing: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    @wraps(listing)
    def listed(self: Any, *arguments: Any) -> Iterator[Any]:
        roots = tuple(root for root in (self.root, getattr(self, "tables", None)) if root is not None)
        rows = listing(self, *arguments)
        while True:
            with reading_under(*roots), _readable_files(self.root):
                try:
                    row = next(rows)
                except StopIteration:
                    return
                if isinstance(row, Utterance) and isinstance(row.audio, Path):
                    try:
                        readable(row.audio)
                    except CorpusError:
                        place = (
                            row.audio.relative_to(self.root)
                            if row.audio.is_relative_to(self.root)
                            else row.audio
                        )
                        row = Exclusion(row.id, "audio is a link that leads out of the root", str(place))
            yield row

    return listed


class FolderCorpus:
    """Base of loaders that read a folder. A subclass has a `name`, an ``__iter__`` and, if any, options of its own.

    Every subclass is `guarded`.

    Parameters
    ----------
    root : the folder.
    """

    name = ""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        guarded(cls)

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

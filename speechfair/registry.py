"""Names to implementations, found through entry points and imported only when used.

Anyone's package adds a corpus, a model or a metric by declaring an entry point in the group
``speechfair.corpora``, ``speechfair.models`` or ``speechfair.metrics``; nothing here changes.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import metadata
from types import MappingProxyType
from typing import Any

from speechfair.errors import InputError

__all__ = ["Registry", "corpora", "did_you_mean", "metrics", "models", "question_sets"]


def did_you_mean(word: str, known: list[str] | tuple[str, ...]) -> str:
    """A hint for an unknown `word`: the nearest of `known`, and all of them.

    >>> did_you_mean("librispech", ["fsdd", "librispeech"])
    "did you mean 'librispeech'? Known: fsdd, librispeech"
    """
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    start = f"did you mean {near[0]!r}? " if near else ""
    return f"{start}Known: {', '.join(sorted(known)) or 'none'}"


class Registry:
    """The implementations of one entry-point group.

    Parameters
    ----------
    group : entry-point group, such as ``speechfair.corpora``.
    kind : what one entry is called in messages, such as ``corpus``.
    """

    def __init__(self, group: str, kind: str) -> None:
        self.group = group
        self.kind = kind

    def entries(self) -> Mapping[str, metadata.EntryPoint]:
        """Entry points by name; a name that two packages claim is an error that names both."""
        return _entries(self.group, self.kind, _installed())

    def names(self) -> list[str]:
        """Every registered name, sorted. Imports nothing."""
        return list(self.entries())

    def load(self, name: str) -> Any:
        """Import and return the implementation; an unknown name raises `InputError` with the nearest one."""
        entries = self.entries()
        if name not in entries:
            raise InputError(f"unknown {self.kind} {name!r}; {did_you_mean(name, list(entries))}")
        return entries[name].load()


def _installed() -> tuple[tuple[str, int | None], ...]:
    """Where packages are found and when each place last changed: what the entry points depend on."""
    return tuple((place, _changed(place)) for place in sys.path)


def _changed(place: str) -> int | None:
    try:
        return os.stat(place or ".").st_mtime_ns
    except OSError:
        return None


@lru_cache(maxsize=1)
def _every_entry(installed: tuple[tuple[str, int | None], ...]) -> Any:
    """Entry points of all groups at once: finding them reads the metadata of every installed package (some 80 ms).

    Their type differs between Python 3.11 and 3.12; both have ``select``.
    """
    return metadata.entry_points()


@lru_cache(maxsize=32)
def _entries(
    group: str, kind: str, installed: tuple[tuple[str, int | None], ...]
) -> Mapping[str, metadata.EntryPoint]:
    """Entry points of a group."""
    found: dict[str, metadata.EntryPoint] = {}
    for entry in _every_entry(installed).select(group=group):
        other = found.get(entry.name)
        if other is not None and other.value != entry.value:
            raise InputError(
                f"the {kind} name {entry.name!r} is claimed by {other.value} and by {entry.value}; "
                "uninstall one of the packages"
            )
        found[entry.name] = entry
    return MappingProxyType(dict(sorted(found.items())))


@cache
def corpora() -> Registry:
    """The corpora."""
    return Registry("speechfair.corpora", "corpus")


@cache
def models() -> Registry:
    """The model adapter families; a model is asked for as ``FAMILY`` or ``FAMILY:WHICH``."""
    return Registry("speechfair.models", "model family")


@cache
def metrics() -> Registry:
    """The metrics: what is counted in each utterance, and among how many."""
    return Registry("speechfair.metrics", "metric")


@cache
def question_sets() -> Registry:
    """The question sets: recorded speech with questions whose answers are known."""
    return Registry("speechfair.question_sets", "question set")

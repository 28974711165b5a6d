"""Who is one person: a speaker of a corpus, not two people whom two corpora number alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from speechfair.types import Corpus

__all__ = ["Person", "naming_corpus", "people_in_both"]


class Person(NamedTuple):
    """A speaker's name, and the corpus that gave it; None for a table of the user's own.

    Such a table may hold people of any corpus, so a name in it stands for whoever has it anywhere.
    """

    corpus: str | None
    speaker: str


def naming_corpus(corpus: Corpus) -> str | None:
    """The corpus whose names the speakers have: a published one, or the one that it was taken from.

    None for a form of the user's own data, whose card states no origin of speech.
    """
    if getattr(corpus.card, "speech", None) is None:
        return None
    return getattr(corpus.card, "speakers_of", None) or corpus.name


def people_in_both(one: Iterable[Person], other: Iterable[Person]) -> list[str]:
    """Names of those who are among both, sorted.

    >>> people_in_both([Person("a", "1")], [Person("b", "1")]), people_in_both([Person("a", "1")], [Person(None, "1")])
    ([], ['1'])
    """
    corpora: dict[str, set[str | None]] = {}
    for person in one:
        corpora.setdefault(person.speaker, set()).add(person.corpus)
    return sorted(
        {
            person.speaker
            for person in other
            if (known := corpora.get(person.speaker))
            and (person.corpus is None or None in known or person.corpus in known)
        }
    )

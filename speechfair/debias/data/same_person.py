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
    """The name of a published corpus; None for a form of the user's own data, whose card states no origin of speech."""
    return corpus.name if getattr(corpus.card, "speech", None) is not None else None


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

"""What a speech-LLM says before and after a transcript: finding it, and leaving out what somebody named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Added", "Boilerplate", "added_words", "boilerplate_in", "shared_by_most", "without_affixes"]

_FEWEST = 5
_SHARE = 0.5
_LONGEST = 12
_AROUND = " \t\r\n\"'“”„‘’«»「」『』:：,，*"


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """Words that `n` of `n_in` hypotheses begin or end with and whose references do not."""

    where: Literal["begin", "end"]
    words: str
    n: int
    n_in: int


def without_affixes(text: str, prefixes: Sequence[str], suffixes: Sequence[str]) -> str:
    """`text` without the first of `prefixes` that it begins with, and the first of `suffixes` that it ends with.

    Letter case and the amount of white space do not matter. Quotation marks and colons that are left around the rest
    go as well, but only where something was left out.

    >>> without_affixes('The person says: "Hello."', ["the person says"], [])
    'Hello.'
    """
    found = text
    for prefix in prefixes:
        if match := re.match(r"\W*" + _pattern(prefix), found, re.IGNORECASE):
            found = found[match.end() :].strip(_AROUND)
            break
    for suffix in suffixes:
        if match := re.search(_pattern(suffix) + r"\W*$", found, re.IGNORECASE):
            found = found[: match.start()].strip(_AROUND)
            break
    return found


def _pattern(words: str) -> str:
    """The words with any white space between them; a last word must end there, a last sign such as ``:`` need not."""
    found = r"\s+".join(re.escape(word) for word in words.split())
    return found + r"(?!\w)" if re.search(r"\w\s*$", words) else found


@dataclass(frozen=True, slots=True)
class Added:
    """The words of one hypothesis before its reference begins and, turned round, after it ends."""

    begin: tuple[str, ...]
    end: tuple[str, ...]


def added_words(reference: str | None, hypothesis: str | None) -> Added | None:
    """What a hypothesis has before and after its reference; None where either is empty.

    >>> added_words("yes", "sure here it is yes")
    Added(begin=('sure', 'here', 'it', 'is'), end=())
    """
    if not reference or not hypothesis:
        return None
    said, heard = reference.split(), hypothesis.split()
    surplus = 2 * max(len(heard) - len(said), 0)
    # what was added makes a hypothesis longer; a beginning that everybody mishears alike does not
    if not surplus:
        return Added((), ())
    return Added(
        tuple(heard[: min(_start_of(said, heard), surplus)]),
        tuple(heard[::-1][: min(_start_of(said[::-1], heard[::-1]), surplus)]),
    )


def boilerplate_in(references: Sequence[str | None], hypotheses: Sequence[str | None]) -> list[Boilerplate]:
    """What most hypotheses begin, or end, alike with though their references do not.

    Parameters
    ----------
    references, hypotheses : normalised texts, row by row; rows without either are left out.

    >>> boilerplate_in(["yes"] * 5, ["sure here it is yes"] * 5)
    [Boilerplate(where='begin', words='sure here it is', n=5, n_in=5)]
    """
    return shared_by_most(added_words(*pair) for pair in zip(references, hypotheses, strict=True))


def shared_by_most(rows: Iterable[Added | None]) -> list[Boilerplate]:
    """As `boilerplate_in`, of rows whose added words are known."""
    known = [row for row in rows if row is not None]
    if len(known) < _FEWEST:
        return []
    found = []
    if (best := _shared_beginning([row.begin for row in known])) is not None:
        found.append(Boilerplate("begin", " ".join(best[0]), best[1], len(known)))
    if (best := _shared_beginning([row.end for row in known])) is not None:
        found.append(Boilerplate("end", " ".join(best[0][::-1]), best[1], len(known)))
    return found


def _shared_beginning(before: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], int] | None:
    """The longest beginning that more than half of `before` have, and how many have it."""
    best = None
    for size in range(1, _LONGEST + 1):
        top = Counter(words[:size] for words in before if len(words) >= size).most_common(1)
        if not top or top[0][1] <= _SHARE * len(before):
            break
        best = top[0]
    return best


def _start_of(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Where the reference's first two words (or its only one) first follow each other in the hypothesis, or its end."""
    first = list(reference[:2])
    for at, word in enumerate(hypothesis):
        if word == first[0] and list(hypothesis[at : at + len(first)]) == first:
            return at
    return len(hypothesis)

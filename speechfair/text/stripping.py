"""What a speech-LLM says before and after a transcript: finding it, and leaving out what somebody named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Boilerplate", "boilerplate_in", "without_affixes"]

_FEWEST = 5
_SHARE = 0.5
_LONGEST = 12
_AROUND = " \t\r\n\"'“”‘’«»:*"


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
    return r"\s+".join(re.escape(word) for word in words.split()) + r"(?!\w)"


def boilerplate_in(references: Sequence[str | None], hypotheses: Sequence[str | None]) -> list[Boilerplate]:
    """What most hypotheses begin, or end, alike with though their references do not.

    Parameters
    ----------
    references, hypotheses : normalised texts, row by row; rows without either are left out.

    >>> boilerplate_in(["yes"] * 5, ["sure here it is yes"] * 5)
    [Boilerplate(where='begin', words='sure here it is', n=5, n_in=5)]
    """
    pairs = [(r.split(), h.split()) for r, h in zip(references, hypotheses, strict=True) if r and h]
    if len(pairs) < _FEWEST:
        return []
    found = []
    for where, turned in (("begin", pairs), ("end", [(r[::-1], h[::-1]) for r, h in pairs])):
        if (best := _shared_beginning(turned)) is not None:
            words, n = best
            shown = " ".join(words if where == "begin" else words[::-1])
            found.append(Boilerplate("begin" if where == "begin" else "end", shown, n, len(pairs)))
    return found


def _shared_beginning(pairs: Sequence[tuple[list[str], list[str]]]) -> tuple[tuple[str, ...], int] | None:
    """The longest beginning that more than half of the hypotheses have before their reference begins."""
    # what was added makes a hypothesis longer; a beginning that everybody mishears alike does not
    before = [
        hypothesis[: min(_start_of(reference, hypothesis), 2 * max(len(hypothesis) - len(reference), 0))]
        for reference, hypothesis in pairs
    ]
    best = None
    for size in range(1, _LONGEST + 1):
        top = Counter(tuple(words[:size]) for words in before if len(words) >= size).most_common(1)
        if not top or top[0][1] <= _SHARE * len(pairs):
            break
        best = top[0]
    return best


def _start_of(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Where the reference's first two words (or its only one) first follow each other in the hypothesis, or its end."""
    first = list(reference[:2])
    for at in range(len(hypothesis)):
        if list(hypothesis[at : at + len(first)]) == first:
            return at
    return len(hypothesis)

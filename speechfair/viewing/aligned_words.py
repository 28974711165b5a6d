"""Which token became which, in bulk: the edits behind the counts, as short codes, and the words of a group.

Tokens and edits are those of `speechfair.metrics.token_edits`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from speechfair.metrics.token_edits import token_edits, token_list

__all__ = ["WordCount", "WordLists", "edit_codes", "word_lists"]

_CODE = {"equal": "=", "replace": "s", "delete": "d", "insert": "i"}


def edit_codes(reference: Sequence[str], hypothesis: Sequence[str]) -> str:
    """The alignment as run lengths: ``=`` equal, ``s`` substituted, ``d`` deleted, ``i`` inserted.

    >>> edit_codes("a b c".split(), "a x c d".split())
    '1=1s1=1i'
    """
    from rapidfuzz.distance import Levenshtein

    found = []
    for one in Levenshtein.opcodes(reference, hypothesis):
        n = max(one.src_end - one.src_start, one.dest_end - one.dest_start)
        found.append(f"{n}{_CODE[one.tag]}")
    return "".join(found)


@dataclass(frozen=True)
class WordCount:
    """How often a word (or a pair) was in error, of how often it was said, and with how many speakers."""

    reference: str
    hypothesis: str
    n: int
    n_speakers: int
    said: int | None

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {name: getattr(self, name) for name in ("reference", "hypothesis", "n", "n_speakers", "said")}


@dataclass(frozen=True)
class WordLists:
    """The words most often lost, most often invented, and most often taken for another, most frequent first."""

    deleted: list[WordCount]
    inserted: list[WordCount]
    substituted: list[WordCount]
    n_utterances: int

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        lists = {
            kind: [one.plain() for one in getattr(self, kind)]
            for kind in ("deleted", "inserted", "substituted")
        }
        return {**lists, "n_utterances": self.n_utterances}


def word_lists(
    rows: Iterable[tuple[str | None, str, str]], unit: str | Sequence[str], most: int = 30
) -> WordLists:
    """Count the words in error.

    Parameters
    ----------
    rows : speaker, normalised reference and normalised hypothesis of each utterance.
    unit : of all rows, or one for each row.
    most : how many words each list keeps.
    """
    said: Counter[str] = Counter()
    counts: dict[str, Counter[tuple[str, str]]] = {
        "delete": Counter(),
        "insert": Counter(),
        "replace": Counter(),
    }
    speakers: defaultdict[tuple[str, str, str], set[str | None]] = defaultdict(set)
    n = 0
    for n, (speaker, reference, hypothesis) in enumerate(rows, 1):
        kind = unit if isinstance(unit, str) else unit[n - 1]
        ours, theirs = token_list(reference, kind), token_list(hypothesis, kind)
        said.update(ours)
        if ours == theirs:
            continue
        for tag, there, heard in token_edits(ours, theirs):
            counts[tag][there, heard] += 1
            speakers[tag, there, heard].add(speaker)

    def listed(tag: str) -> list[WordCount]:
        ordered = sorted(counts[tag].items(), key=lambda item: (-item[1], item[0]))[:most]
        return [
            WordCount(*pair, times, len(speakers[(tag, *pair)]), said[pair[0]] if tag != "insert" else None)
            for pair, times in ordered
        ]

    return WordLists(listed("delete"), listed("insert"), listed("replace"), n)

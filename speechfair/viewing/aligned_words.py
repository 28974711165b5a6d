"""Which token became which, in bulk: the edits behind the counts, as short codes, and the words of a group.

The edits are those that `speechfair.metrics.count_errors` counts: the same tokens and the same algorithm.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from speechfair.metrics.error_counts import spaced

__all__ = ["WordCount", "WordLists", "edit_codes", "token_list", "word_lists"]

_CODE = {"equal": "=", "replace": "s", "delete": "d", "insert": "i"}


def token_list(text: str, unit: str) -> list[str]:
    """The tokens of a normalised text.

    >>> token_list("a b", "words"), token_list("a b", "characters"), token_list("日本 ok", "mixed")
    (['a', 'b'], ['a', 'b'], ['日', '本', 'ok'])
    """
    if unit == "characters":
        return list("".join(text.split()))
    return (spaced([text])[0] if unit == "mixed" else text).split()


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
    from rapidfuzz.distance import Levenshtein

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
        for edit in Levenshtein.editops(ours, theirs):
            tag, i, j = edit.tag, edit.src_pos, edit.dest_pos
            pair = (ours[i] if tag != "insert" else "", theirs[j] if tag != "delete" else "")
            counts[tag][pair] += 1
            speakers[(tag, *pair)].add(speaker)

    def listed(tag: str) -> list[WordCount]:
        ordered = sorted(counts[tag].items(), key=lambda item: (-item[1], item[0]))[:most]
        return [
            WordCount(*pair, times, len(speakers[(tag, *pair)]), said[pair[0]] if tag != "insert" else None)
            for pair, times in ordered
        ]

    return WordLists(listed("delete"), listed("insert"), listed("replace"), n)

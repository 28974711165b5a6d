"""Which words a model uses more, or less, where it hears a group: one test for each word, adjusted over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from speechfair.metrics import holm
from speechfair.probes.crossed import crossed_difference_with_p, crossed_of
from speechfair.probes.response.reply_rules import words_of
from speechfair.probes.response.response_results import WordChoice

__all__ = ["LEAST_SHARE", "MOST_WORDS", "word_choice"]

LEAST_SHARE, MOST_SHARE = 0.05, 0.95
"""Words in fewer or more of all replies are not tested. Ours."""
MOST_WORDS = 100
"""The words tested: the most frequent ones."""

Row = Mapping[str, Any]


def word_choice(
    parts: Mapping[str, Sequence[Row]], reference: str, compared: Sequence[str], level: float, alpha: float
) -> tuple[list[WordChoice], int]:
    """The words whose share of replies differs from the reference group's, and how many words were tested.

    Parameters
    ----------
    parts : rows with ``speaker``, ``request`` and ``reply``, by group.
    alpha : of the tests, adjusted over words and groups (Holm).
    """
    said = {
        name: [(row["speaker"], row["request"], frozenset(words_of(row["reply"] or ""))) for row in rows]
        for name, rows in parts.items()
    }
    replies = [words for rows in said.values() for _, _, words in rows]
    counted = Counter(word for words in replies for word in words)
    words = [
        word for word, count in counted.most_common() if LEAST_SHARE <= count / len(replies) <= MOST_SHARE
    ][:MOST_WORDS]
    tests = {}
    for word in words:
        sums = {
            name: crossed_of((voice, item, float(word in heard), 1.0) for voice, item, heard in rows)
            for name, rows in said.items()
        }
        for name in compared:
            difference, p_value = crossed_difference_with_p(sums[name], sums[reference], level)
            if p_value is not None:
                tests[name, word] = difference, p_value
    adjusted = holm([p_value for _, p_value in tests.values()])
    found = [
        WordChoice(group=name, word=word, difference=difference, p_holm=p_holm)
        for ((name, word), (difference, _)), p_holm in zip(tests.items(), adjusted, strict=True)
        if p_holm <= alpha
    ]
    return found, len(words)

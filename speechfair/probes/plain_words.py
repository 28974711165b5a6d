"""Plain words of a reply: lower case, no punctuation, numbers up to twenty spelt out."""

from __future__ import annotations

import re

__all__ = ["NUMBERS", "plain"]

_LEAD = re.compile(r"^\W*(?:the\s+)?(?:answer|transcript)\s*(?:is)?\s*:?\s*", re.I)
NUMBERS = {
    "0": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven",
    "8": "eight", "9": "nine", "10": "ten", "11": "eleven", "12": "twelve", "13": "thirteen", "14": "fourteen",
    "15": "fifteen", "16": "sixteen", "17": "seventeen", "18": "eighteen", "19": "nineteen", "20": "twenty",
}  # fmt: skip


def plain(text: str) -> str:
    """Lower case, words only, numbers up to twenty spelt out, without a leading "Answer:" or article.

    >>> plain("Answer: 7 bags."), plain("The cannot")
    ('seven bags', 'cannot')
    """
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", _LEAD.sub("", text).replace("\u2019", "'").lower())
    spelt = [NUMBERS.get(word, word) for word in words]
    return " ".join(spelt[1:] if len(spelt) > 1 and spelt[0] in {"the", "a", "an"} else spelt)

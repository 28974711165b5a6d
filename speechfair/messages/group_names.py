"""Names for the codes of groups and axes in a recorded sentence.

Results record sentences with the codes that a table or a criteria file uses. Where such a sentence is shown, the codes
of groups that the result knows become the names that tables and charts use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from speechfair.messages.translation import ENGLISH, Translator

__all__ = ["with_names"]


def with_names(text: str, pairs: Iterable[tuple[str, str]], tell: Translator = ENGLISH) -> str:
    """`text` with names where it writes codes: ``axis=code``, ``group 'code'``, and an axis after ``on`` or ``than``.

    Parameters
    ----------
    pairs : axis and group, of the groups that the sentence may name; no other code is changed. A ``group 'code'`` stays
        where the code has different names on two axes, since the sentence does not say which of them is meant.

    >>> with_names("34 speakers in the group 'jpn' on first_language", [("first_language", "jpn")])
    '34 speakers in the group Japanese on first language'
    >>> with_names("first_language=jpn: 3 rows", [("first_language", "jpn")])
    'Japanese (first language): 3 rows'
    """
    every = set(pairs)
    ordered = sorted(
        (pair for pair in every if pair[1] in text), key=lambda pair: (-len(pair[1]), pair)
    )  # a code that is not there needs no name, and there may be many
    names: dict[str, set[str]] = {}
    for axis, group in ordered:
        names.setdefault(group, set()).add(tell.group(axis, group))
    for axis, group in ordered:
        name = tell.group(axis, group)
        code = rf"(?<![\w+]){re.escape(f'{axis}={group}')}(?![\w+])"
        text = f"{name} ({tell.axis(axis)})".join(re.split(code, text))
        if len(names[group]) == 1:
            text = text.replace(f"group {group!r}", f"group {name}")
    for axis in {axis for axis, _ in every if axis in text}:
        after_noun = rf"(?:(?<=\bon )|(?<=than )){re.escape(axis)}(?![\w+])"
        text = tell.axis(axis).join(re.split(after_noun, text))
    return text

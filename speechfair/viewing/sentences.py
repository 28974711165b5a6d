"""The viewer's own sentences as its pages load them, and the recorded ones of an answer in the other languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from speechfair.messages.group_names import with_names
from speechfair.messages.translation import LANGUAGES, Translator, viewer_messages

__all__ = ["messages_script", "with_translations"]

_SENTENCES = {
    "error",
    "excluded",
    "gap_null_reason",
    "notes",
    "problem",
    "reason",
    "reference_reason",
    "statement",
}
"""Keys of an answer below which recorded sentences stand."""


def messages_script() -> str:
    """The catalogue as a script, which also a page opened from a file can read."""
    text = json.dumps(viewer_messages(), ensure_ascii=False, sort_keys=True)
    return f"window.speechfairMessages = {text};\n"


def with_translations(content: dict[str, Any]) -> dict[str, Any]:
    """An answer with ``said``: by language its recorded sentences as that language's reader should see them.

    The codes of groups that the answer holds become their names, also in English; other languages have a sentence only
    where the catalogue knows it.
    """
    sentences = sorted(set(_sentences(content, False)))
    pairs = sorted(set(_groups(content)))
    said: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        tell = Translator(language)
        for text in sentences:
            told = _line_by_line(tell, with_names(text, pairs, tell))
            if told is not None and told != text:
                said.setdefault(language, {})[text] = told
    return {**content, "said": said} if said else content


def _line_by_line(tell: Translator, text: str) -> str | None:
    """The translation; of a text of several lines, such as an error, that of each line that is known."""
    if tell.knows(text):
        return tell(text)
    lines = text.split("\n")
    if len(lines) == 1 or not any(map(tell.knows, lines)):
        return None
    return "\n".join(tell(line) for line in lines)


def _sentences(content: Any, recorded: bool) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _sentences(value, recorded or key in _SENTENCES)
    elif isinstance(content, list):
        if not recorded and content and isinstance(content[0], str):
            return  # a column of texts
        for value in content:
            yield from _sentences(value, recorded)
    elif recorded and isinstance(content, str) and " " in content:
        yield content


def _groups(content: Any) -> Iterator[tuple[str, str]]:
    """Axis and value of every group in an answer."""
    if isinstance(content, dict):
        axis, value = content.get("axis"), content.get("value")
        if isinstance(axis, str) and isinstance(value, str):
            yield axis, value
        for one in content.values():
            yield from _groups(one)
    elif isinstance(content, list) and content and isinstance(content[0], dict | list):
        for one in content:
            yield from _groups(one)

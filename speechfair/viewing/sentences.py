"""The viewer's own sentences as its pages load them, and the recorded ones of an answer in the other languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

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
    """An answer with ``said``: by language the translations of its recorded sentences, where the catalogue has them."""
    sentences = sorted(set(_sentences(content, False)))
    said = {
        language: {text: known for text in sentences if (known := _line_by_line(tell, text)) is not None}
        for language in LANGUAGES[1:]
        if (tell := Translator(language))
    }
    return {**content, "said": said} if any(said.values()) else content


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

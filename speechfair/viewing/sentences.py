"""Every sentence of the viewer in each of its languages, from one file."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

__all__ = ["LANGUAGES", "messages", "messages_script"]

LANGUAGES = ("en", "ja")
_FILE = Path(__file__).resolve().parent / "data" / "messages.json"


@cache
def messages() -> dict[str, dict[str, str]]:
    """The text by language by key; ``{name}`` in a text is filled in."""
    found: dict[str, dict[str, str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def messages_script() -> str:
    """The catalogue as a script, which also a page opened from a file can read."""
    return "window.speechfairMessages = " + json.dumps(messages(), ensure_ascii=False, sort_keys=True) + ";\n"

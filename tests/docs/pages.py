"""The pages of the documentation and the fenced blocks in them."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
DOCS = CHECKOUT / "docs"
SHOWN = frozenset({"console", "python", "bash"})
"""Languages of the blocks that a reader is meant to run."""

_BLOCK = re.compile(
    r'^(?: *<!-- (?P<remark>.*?) -->\n)? *```(?P<language>\w+)(?: title="(?P<file>.*?)")?\n(?P<text>.*?)^ *```$',
    flags=re.DOTALL | re.MULTILINE,
)


def written_pages() -> list[Path]:
    """The pages that people write; the hooks of the site make the others."""
    made = {DOCS / "start" / "notebook.md", *(DOCS / "reference").glob("*.md")}
    return sorted(page for page in DOCS.rglob("*.md") if page not in made)


@dataclass(frozen=True)
class Block:
    """One fenced block; ``remark`` is the comment above it, ``file`` the name that a reader saves it under."""

    remark: str
    language: str
    file: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The commands of a console block, with continued lines joined."""
        return re.sub(r"\\\n\s*", "", self.text).splitlines()

    @property
    def exit_code(self) -> int:
        """The exit code of the last command: 0, or what the remark states."""
        stated = re.match(r"exit code (\d)", self.remark)
        return int(stated[1]) if stated else 0


def blocks(page: Path) -> list[Block]:
    """The blocks of a page in their order, those in lists without their indentation."""
    found = (each.groupdict(default="") for each in _BLOCK.finditer(page.read_text("utf-8")))
    return [
        Block(each["remark"], each["language"], each["file"], textwrap.dedent(each["text"]).strip())
        for each in found
    ]


def blocks_to_run(page: Path) -> list[Block]:
    """The blocks that a reader runs, and those that they save as files; without those marked as not run."""
    return [
        block
        for block in blocks(page)
        if (block.file or block.language in SHOWN) and not block.remark.startswith("not run: ")
    ]

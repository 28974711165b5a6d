"""What the trees are built with: files that hold nothing, lines of text, and what a loader must find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Tree", "hollow", "write"]


@dataclass(frozen=True)
class Tree:
    """What was built, and what a loader must find in it.

    Parameters
    ----------
    root : what is given to ``load_corpus`` as root.
    options : and as options.
    utterances, speakers : how many rows are usable, and how many speakers they have (None is no speaker).
    excluded : ids of the rows that are not usable.
    wrong : options that are other when the root is wrong, where the loader is also told a file.
    expected : a word that the error for a wrong root must hold: what the loader expected to find.
    """

    root: Path
    utterances: int
    speakers: int
    expected: str
    excluded: frozenset[str] = frozenset()
    options: Mapping[str, Any] = field(default_factory=dict)
    wrong: Mapping[str, Any] = field(default_factory=dict)


def hollow(path: Path) -> Path:
    """An audio file that nothing can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def write(path: Path, *lines: str) -> Path:
    """A text file of these lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path

"""What several loaders share: finding the folder, reading text files line by line, age bands.

A layout that is not the expected one raises `CorpusError` with what was expected and what is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.errors import CorpusError

__all__ = ["age_band", "expect", "inside", "lines_of", "needs_root", "table_of"]


def needs_root(root: Path | None, name: str) -> Path:
    """`root`, or a `CorpusError` that asks for it."""
    if root is None:
        raise CorpusError(f"the corpus {name!r} needs its folder; give --root (in Python: root=…)")
    return root


def expect(path: Path, name: str, what: str) -> Path:
    """`path` if it exists; else a `CorpusError` with what was expected and what the folder holds instead."""
    if path.exists():
        return path
    here = path.parent
    while not here.is_dir() and here != here.parent:
        here = here.parent
    found = sorted(entry.name for entry in here.iterdir())
    shown = ", ".join(found[:8]) + (" …" if len(found) > 8 else "")
    raise CorpusError(
        f"this does not look like {name}: expected {what} at {path}, but {here} holds {shown or 'nothing'}; "
        "check --root"
    )


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) of a UTF-8 file without their line ends; blank ones are left out.

    A line that is not UTF-8 raises `CorpusError` with its number and the offending byte.
    """
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise CorpusError(
                    f"{path}, line {number}: byte {raw[error.start]:#04x} at column {error.start + 1} is not UTF-8; "
                    "convert the file to UTF-8"
                ) from None
            if line.strip():
                yield number, line


def table_of(path: Path) -> dict[str, str]:
    """A Kaldi-style table, ``key value …`` a line; a key that comes twice raises `CorpusError` with both lines."""
    values: dict[str, str] = {}
    seen: dict[str, int] = {}
    for number, line in lines_of(path):
        key, *rest = line.split(None, 1)
        if key in seen:
            raise CorpusError(
                f"{path}: {key!r} comes twice, in lines {seen[key]} and {number}; ids must be unique"
            )
        seen[key] = number
        values[key] = rest[0].strip() if rest else ""
    if not values:
        raise CorpusError(f"{path} is empty; the download or copy may have been cut off")
    return values


def inside(root: Path, relative: str) -> Path | None:
    """`root` / `relative` if that stays inside `root` (links followed), else None."""
    path = root / relative
    return path if path.resolve().is_relative_to(root.resolve()) else None


def age_band(years: str) -> str | None:
    """``child`` under 18, ``adult``, ``senior`` from 60; None if `years` is no age.

    >>> age_band("17"), age_band("59"), age_band("60"), age_band("?")
    ('child', 'adult', 'senior', None)
    """
    try:
        age = float(years)
    except ValueError:
        return None
    if not 0 < age < 130:
        return None
    return "child" if age < 18 else "adult" if age < 60 else "senior"

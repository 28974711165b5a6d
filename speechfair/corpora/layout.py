"""What several loaders share: finding the folder, reading text files line by line, age bands.

A layout that is not the expected one raises `CorpusError` with what was expected and what is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from speechfair.errors import CorpusError

__all__ = [
    "age_band",
    "age_band_of_range",
    "expect",
    "inside",
    "lines_of",
    "needs_root",
    "readable",
    "reading_under",
    "table_of",
    "text_of",
]

_LONGEST_LINE = 16 * 2**20
_ROOTS: ContextVar[tuple[Path, ...]] = ContextVar("roots of the corpus that is read", default=())


@contextmanager
def reading_under(*roots: Path) -> Iterator[None]:
    """While it lasts, `readable` refuses what lies outside these folders."""
    token = _ROOTS.set(roots)
    try:
        yield
    finally:
        _ROOTS.reset(token)


def readable(path: Path) -> Path:
    """`path` itself; `CorpusError` if it is, or lies behind, a link that leads out of the corpus being read."""
    roots = _ROOTS.get()
    if roots and not any(_stays(path, root) for root in roots):
        raise CorpusError(
            f"{path} leads out of {roots[0]}, and nothing outside a corpus is read; put the file itself there"
        )
    return path


def _stays(path: Path, root: Path) -> bool:
    """As `inside`, for a path that is put together already."""
    target = path if os.path.islink(path) else path.parent
    return _within(str(target), str(root))


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


def lines_of(path: Path, *, blank: bool = False, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) of a text file without their line ends; blank ones are left out unless asked for.

    A line that is not of the encoding, or longer than 16 MiB, raises `CorpusError` with its number; so does a file
    that cannot be read.
    """
    try:
        stream = readable(path).open("rb")
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror or error}") from None
    with stream:
        number = 0
        while raw := stream.readline(_LONGEST_LINE + 1):
            number += 1
            if len(raw) > _LONGEST_LINE:
                raise CorpusError(
                    f"{path}, line {number} is longer than {_LONGEST_LINE // 2**20} MiB; it is no text, or its line "
                    "ends are missing"
                )
            try:
                marked = number == 1 and encoding == "utf-8"
                line = raw.decode("utf-8-sig" if marked else encoding).rstrip("\r\n")
            except UnicodeDecodeError as error:
                name = encoding.replace("_", "-").upper()
                raise CorpusError(
                    f"{path}, line {number}: byte {raw[error.start]:#04x} at column {error.start + 1} is not {name}; "
                    f"convert the file to {name}"
                ) from None
            if blank or line.strip():
                yield number, line


def text_of(path: Path) -> str | None:
    """The text of a transcript file, its lines joined by spaces; None where it is absent or blank."""
    if not path.is_file():
        return None
    return " ".join(line.strip() for _, line in lines_of(path)) or None


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
    if "\0" in relative:
        return None
    path = root / relative
    if "/" not in relative and os.sep not in relative and relative != "..":
        # a file in the root itself, the common case: nothing to follow unless it is a link
        return (
            path if not os.path.islink(f"{root}{os.sep}{relative}") or _within(str(path), str(root)) else None
        )
    if path.name == ".." or os.path.islink(path):
        return path if _within(str(path), str(root)) else None
    return path if _within(str(path.parent), str(root)) else None


@lru_cache(maxsize=4096)
def _within(path: str, root: str) -> bool:
    """Whether `path` lies in `root`, links followed. Kept, because a corpus has many files and few folders."""
    try:
        return Path(path).resolve().is_relative_to(Path(root).resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False


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


def age_band_of_range(years: str) -> str | None:
    """The age band that holds a whole range of years such as ``26-40`` or ``60+``; None where none does.

    >>> age_band_of_range("18-30"), age_band_of_range("46-65"), age_band_of_range("60+"), age_band_of_range("<18")
    ('adult', None, 'senior', 'child')
    """
    text = years.replace(" ", "").replace("–", "-")
    if text.startswith("<"):
        low, high = "1", str(float(text[1:]) - 1) if text[1:].isdigit() else ""
    elif text.endswith("+"):
        low, high = text[:-1], "129"
    else:
        low, _, high = text.partition("-")
    first, last = age_band(low), age_band(high)
    return first if first == last else None

"""Pages of results that stay short: long tables become data files, and named sections a page of their own."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import takewhile
from pathlib import Path

from speechfair.store import write_atomically

LONGEST = 8
"""Rows of a table that stays on the page."""

_TABLE = re.compile(r"^\|.*\|\n\| *:?-.*\|\n(?:\|.*\|(?:\n|\Z))+", flags=re.MULTILINE)
_HEADING = re.compile(r"^#+ (.*)$", flags=re.MULTILINE)
_CELL = re.compile(r"(?<!\\)\|")


def write_pages(text: str, page: Path, title: str, sections: Collection[str]) -> None:
    """Write the page without the named sections, and these as ``PAGE-more.md`` under the title; see `write_page`.

    A section is named by its heading and ends at the next heading of the same level.
    """
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    moved = [part for part in parts if part.partition("\n")[0].removeprefix("## ") in sections]
    top, *kept = [part for part in parts if part not in moved]
    more = page.with_name(f"{page.stem}-more.md")
    write_page(f"{top.rstrip()}\n\nMore: [{title}]({more.name}).\n\n" + "".join(kept), page)
    write_page(f"# {title}\n\nThis goes with [the results]({page.name}).\n\n" + "".join(moved), more)


def write_page(text: str, page: Path) -> None:
    """Write the page, and each of its long tables as ``PAGE-HEADING.csv`` next to it."""
    write_atomically(page, tables_apart(text, page).encode())


def tables_apart(text: str, page: Path) -> str:
    """A part of the page, with each long table written as ``PAGE-HEADING.csv`` next to it and named in its place."""
    taken: dict[str, int] = {}

    def apart(found: re.Match[str]) -> str:
        head, _, *rows = found[0].splitlines()
        if len(rows) <= LONGEST:
            return found[0]
        heading = _HEADING.findall(text, 0, found.start())[-1]
        slug = "-".join(re.findall(r"[a-z0-9]+", heading.lower())[:5])
        taken[slug] = taken.get(slug, 0) + 1
        number = f"-{taken[slug]}" if taken[slug] > 1 else ""
        name = f"{page.stem}-{slug}{number}.csv"
        columns = _cells(head)
        _write_csv(page.with_name(name), [columns, *_filled(map(_cells, rows))])
        said = ", ".join(f"`{column}`" for column in columns)
        return f"[{name}]({name}) has {len(rows)} rows with the columns {said}.\n"

    return _TABLE.sub(apart, text)


def _cells(row: str) -> list[str]:
    """The cells of a row of a pipe table, without its markup."""
    cells = (cell.strip() for cell in _CELL.split(row.strip())[1:-1])
    return [re.sub(r"\\(.)", r"\1", cell).replace("**", "").replace("`", "") for cell in cells]


def _filled(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """The rows with their first cells written out, where the page leaves them blank below a row that has them."""
    above: list[str] = []
    for row in rows:
        blank = len(list(takewhile(lambda cell: not cell, row)))
        above = above[:blank] + row[blank:]
        yield above


def _write_csv(path: Path, rows: list[list[str]]) -> None:
    content = io.StringIO()
    csv.writer(content, lineterminator="\n").writerows(rows)
    write_atomically(path, content.getvalue().encode())

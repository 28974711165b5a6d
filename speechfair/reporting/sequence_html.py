"""The page of a sequence of releases: one HTML file without script and without network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.comparing.sequence_table import drift_words
from speechfair.messages.group_names import with_names
from speechfair.messages.translation import Language, Translator
from speechfair.reporting.pages import render
from speechfair.store import write_atomically

if TYPE_CHECKING:
    from speechfair.comparing.sequence import ReleaseSequence
    from speechfair.result_table import Table

__all__ = ["write_sequence"]


def write_sequence(found: ReleaseSequence, path: Path, language: Language = "en") -> Path:
    """Write the page of `found` in a language to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    tell = Translator(language)
    pairs = [(rate.axis, rate.value) for release in found.releases for rate in release.rates]
    named = partial(with_names, pairs=pairs, tell=tell)
    releases, *by_axis = found.tables()
    groups = [
        replace(table, rows=tuple((tell.group(axis, str(group)), *rest) for group, *rest in table.rows))
        for axis, table in zip(found.axes, by_axis, strict=True)
    ]
    page = render(
        "sequence.html.jinja",
        tell=tell,
        filters={"with_names": named},
        r=found,
        drifts=[drift_words(drift) for drift in found.drifts],
        tables=[_named(releases, named), *groups],
    )
    write_atomically(path, page)
    return path


def _named(table: Table, named: Callable[[str], str]) -> Table:
    """The table with the names of groups in its cells and notes."""
    rows = tuple(tuple(named(cell) if isinstance(cell, str) else cell for cell in row) for row in table.rows)
    return replace(table, rows=rows, notes=tuple(map(named, table.notes)))

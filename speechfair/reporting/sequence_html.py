"""The page of a sequence of releases: one HTML file without script and without network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.comparing.sequence_table import drift_words
from speechfair.messages.translation import Language, Translator
from speechfair.reporting.pages import render
from speechfair.store import write_atomically

if TYPE_CHECKING:
    from speechfair.comparing.sequence import ReleaseSequence

__all__ = ["write_sequence"]


def write_sequence(found: ReleaseSequence, path: Path, language: Language = "en") -> Path:
    """Write the page of `found` in a language to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    page = render(
        "sequence.html.jinja",
        tell=Translator(language),
        r=found,
        drifts=[drift_words(drift) for drift in found.drifts],
        tables=found.tables(),
    )
    write_atomically(path, page)
    return path

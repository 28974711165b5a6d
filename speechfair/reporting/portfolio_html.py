"""The page of many models: one HTML file without script and without network, in English and Japanese."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.process.catalogue import GATES, Language
from speechfair.process.words import GATE_WORDS, OUTCOME_WORDS
from speechfair.reporting.checklist_html import both
from speechfair.reporting.pages import render
from speechfair.store import write_atomically

if TYPE_CHECKING:
    from speechfair.process.side_by_side import Model

__all__ = ["write_portfolio"]


def write_portfolio(models: Sequence[Model], path: Path, language: Language = "en") -> Path:
    """Write the page to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    page = render(
        "portfolio.html.jinja",
        style="checklist.css",
        models=models,
        gates=GATES,
        gate_words=GATE_WORDS,
        outcome_words=OUTCOME_WORDS,
        words_of=both,
        language=language,
    )
    write_atomically(path, page)
    return path

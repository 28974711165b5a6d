"""The page of a corpus check: one HTML file without script and without network. It only words the `CorpusCheck`."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.messages.translation import Language, Translator
from speechfair.reporting.pages import render
from speechfair.store import write_atomically

if TYPE_CHECKING:
    from speechfair.curating.corpus_check import CorpusCheck, Group

__all__ = ["write_corpus_page"]

_MOST = 50


def write_corpus_page(check: CorpusCheck, title: str, path: Path, language: Language = "en") -> Path:
    """Write the page of `check` in a language to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    axes: dict[str, list[Group]] = {}
    for group in check.groups:
        axes.setdefault(group.axis, []).append(group)
    page = render(
        "corpus.html.jinja",
        tell=Translator(language),
        r=check,
        title=title,
        usable=sum(part["usable"] for part in check.parts.values()),
        problems=[finding for finding in check.findings if finding.level == "problem"],
        notes=[finding for finding in check.findings if finding.level != "problem"],
        differing=[finding for finding in check.findings if finding.kind == "confounded"],
        axes=axes,
        most=_MOST,
        version=version("speechfair"),
    )
    write_atomically(path, page)
    return path

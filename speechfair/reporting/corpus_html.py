"""The page of a corpus check: one HTML file without script and without network. It only words the `CorpusCheck`."""

from __future__ import annotations

import base64
import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.auditing.audit_table import NOTHING, printable
from speechfair.store import write_atomically

if TYPE_CHECKING:
    from speechfair.curating.corpus_check import CorpusCheck, Group

__all__ = ["write_corpus_page"]

_FOLDER = Path(__file__).resolve().parent
_MOST = 50


def write_corpus_page(check: CorpusCheck, title: str, path: Path) -> Path:
    """Write the page of `check` to `path` and return it.

    Raises
    ------
    StorageError : the file cannot be written; a file that was there before is intact.
    """
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["show"] = printable
    style = (_FOLDER / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    axes: dict[str, list[Group]] = {}
    for group in check.groups:
        axes.setdefault(group.axis, []).append(group)
    page = environment.get_template("corpus.html.jinja").render(
        r=check,
        title=title,
        usable=sum(part["usable"] for part in check.parts.values()),
        problems=[finding for finding in check.findings if finding.level == "problem"],
        notes=[finding for finding in check.findings if finding.level != "problem"],
        differing=[finding for finding in check.findings if finding.kind == "confounded"],
        axes=axes,
        most=_MOST,
        NOTHING=NOTHING,
        version=version("speechfair"),
        style=Markup(style),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )
    write_atomically(path, page.encode("utf-8", errors="replace"))
    return path

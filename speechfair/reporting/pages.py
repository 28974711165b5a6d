"""The one way from a template to a page: a loader, an escaping policy, a base style and a content policy for all pages.

Every value that a template prints is escaped; only the package's own style, script and drawn charts are markup. A page
forbids every connection and every style and script but its own, which it names by their digests.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from speechfair import wording
from speechfair.messages.translation import ENGLISH, Translated, Translator

__all__ = ["markup", "render"]

_FOLDER = Path(__file__).resolve().parent
_BASE_STYLE = "report.css"


def render(
    template: str,
    *,
    tell: Translator = ENGLISH,
    style: str | None = None,
    script: str | None = None,
    filters: Mapping[str, Callable[..., Any]] | None = None,
    **content: Any,
) -> bytes:
    """A page as UTF-8.

    Parameters
    ----------
    template : file of the template in this folder.
    tell : into the language of the page.
    style : a style sheet of this folder that follows the base style.
    script : a script of this folder. A page with one may show images and play audio that it holds itself.
    filters : of this page, on top of those that every page has; functions of a module, so that templates are kept.
    content : what the template prints.
    """
    environment = _environment(tell, tuple(sorted((filters or {}).items())))
    styles = "".join(_text(name) for name in (_BASE_STYLE, style) if name is not None)
    code = _text(script) if script is not None else None
    page: str = environment.get_template(template).render(
        style=markup(styles), script=markup(code), policy=_policy(styles, code), **content
    )
    return page.encode("utf-8", errors="replace")


@lru_cache(maxsize=16)
def _environment(tell: Translator, filters: tuple[tuple[str, Callable[..., Any]], ...]) -> Any:
    """The environment of all pages with these filters; it keeps the templates that it has compiled."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "cell": partial(_cell, tell),
        "counted": _then(tell, wording.count),
        "many": _many,
        "named": lambda value, axis: tell.group(axis, value),
        "percent": _then(tell, wording.percent),
        "points": _then(tell, wording.points),
        "said": partial(_said, tell),
        "show": wording.printable,
        "times": _then(tell, wording.times),
        "title": tell.axis,
        "told": partial(_told, tell),
        "worded": _then(tell, wording.worded),
        **dict(filters),
    }
    environment.globals |= {
        "NOTHING": wording.NOTHING,
        "interval": _then(tell, wording.interval),
        "language": tell.language,
        "p_value": wording.p_value,
        "t": partial(_template_text, tell),
    }
    return environment


def _many(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")


def _then(tell: Translator, worded: Callable[..., str | None]) -> Callable[..., str | None]:
    """`worded`, and the words in it in the language of the page."""

    def said(*given: Any, **named: Any) -> str | None:
        text = worded(*given, **named)
        return tell(text) if text else text

    return said


def _said(tell: Translator, text: str) -> Any:
    """A sentence of a result, of which nothing is markup; one that the catalogue lacks is marked as English."""
    from markupsafe import Markup

    shown = wording.printable(text)
    if isinstance(text, Translated):
        return shown
    return tell(shown) if tell.knows(shown) else Markup('<span lang="en">{}</span>').format(shown)


def _cell(tell: Translator, text: str) -> Any:
    """A cell of a table: a word or figure of the program, or else a name, which has its own direction."""
    from markupsafe import Markup

    shown = wording.printable(text)
    return tell(shown) if tell.knows(shown) else Markup("<bdi>{}</bdi>").format(shown)


def _told(tell: Translator, text: str) -> str:
    """A sentence of a result for an attribute or a cell, where nothing can be marked."""
    shown = wording.printable(text)
    return shown if isinstance(text, Translated) else tell(shown)


def _template_text(tell: Translator, text: str, **values: Any) -> Any:
    """A text of a template, which may hold markup; the values in it are escaped."""
    from markupsafe import Markup

    return Markup(tell(text)).format(**values)


def markup(drawn: str | None) -> Any:
    """What the package itself has drawn or written, to be printed as it is; None stays None."""
    from markupsafe import Markup

    return Markup(drawn) if drawn is not None else None


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _policy(style: str, script: str | None) -> str:
    rules = [
        "default-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        f"style-src 'sha256-{_digest(style)}'",
    ]
    if script is not None:
        rules += ["img-src data:", "media-src data:", f"script-src 'sha256-{_digest(script)}'"]
    return "; ".join(rules)


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")

"""One drawn chart, to be shown in a notebook, put into a page, or saved as SVG, PDF or PNG."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from speechfair.errors import InputError
from speechfair.store import write_atomically

__all__ = ["FORMATS", "LIGHT", "Figure", "Format"]

Format = Literal["svg", "pdf", "png"]
FORMATS: tuple[Format, ...] = ("svg", "pdf", "png")

LIGHT = {
    "card": "#fff",
    "ink": "#1b2330",
    "soft": "#566072",
    "grid": "#e3e7ed",
    "rule": "#7a8496",
    "dot": "#0b5cad",
    "interval": "#9cc4ea",
    "substitutions": "#0072b2",
    "deletions": "#e69f00",
    "insertions": "#8a4f7d",
    "on-substitutions": "#fff",
    "on-deletions": "#1b2330",
    "on-insertions": "#fff",
}
"""The colours of a chart outside a page: those that the pages' style sheet gives on a light screen."""

_PNG_SCALE = 2.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart. Notebooks show it.

    Parameters
    ----------
    name : plain name of its file, such as ``accent-ratios``.
    svg : an ``<svg>`` element in the colours of a page.
    narrow : the same for a narrow screen.
    """

    name: str
    svg: str
    narrow: str = ""

    def standalone(self) -> str:
        """The SVG as a file of its own: with its name space, a white ground and fixed colours."""
        drawn = re.sub(r"var\(--([a-z-]+)\)", lambda found: LIGHT[found[1]], self.svg)
        head, _, rest = drawn.partition(">")
        return f'{head} xmlns="http://www.w3.org/2000/svg"><rect width="100%" height="100%" fill="#fff"/>{rest}\n'

    def save(self, path: str | Path) -> Path:
        """Write it; the end of the name says how: ``.svg``, ``.pdf`` or ``.png`` (twice the size, for sharp print).

        Raises
        ------
        InputError : another end of the name.
        StorageError : the file cannot be written.
        """
        import vl_convert

        path = Path(path)
        kind = path.suffix.lower().removeprefix(".")
        if kind == "svg":
            content = self.standalone().encode()
        elif kind == "pdf":
            content = vl_convert.svg_to_pdf(self.standalone())
        elif kind == "png":
            content = vl_convert.svg_to_png(self.standalone(), scale=_PNG_SCALE)
        else:
            raise InputError(f"{path}: a figure is written as {', '.join(FORMATS)}; end the name so")
        write_atomically(path, content)
        return path

    def _repr_html_(self) -> str:
        return self.standalone()

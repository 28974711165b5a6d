"""The viewer's own files: one page, its style and its scripts, as they are in the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.errors import InputError

if TYPE_CHECKING:
    from starlette.responses import Response

__all__ = ["BUNDLE_POLICY", "POLICY", "STATIC", "TYPES", "static_file"]

STATIC = Path(__file__).resolve().parent / "static"
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, no script or style in the page itself, and no page around it."""
BUNDLE_POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' blob: data:; "
    "media-src 'self' file:; base-uri 'none'; form-action 'none'"
)
"""The same for files that are opened without a server; a bundle makes no connection at all."""


def static_file(name: str) -> Response:
    """One of the viewer's files, chosen from those that are there; `InputError` for any other name."""
    from starlette.responses import Response

    known = {path.name: path for path in STATIC.iterdir() if path.suffix in TYPES}
    if name not in known:
        raise InputError(f"the viewer has no file {name!r}")
    return Response(known[name].read_bytes(), media_type=TYPES[known[name].suffix])

"""What the process folder looks like in other people's formats. One file per format; each says what it cannot carry.

A format is an entry point of the group ``speechfair.exports`` that names a module with ``FILE`` (its file name),
``LOSES`` (what is lost), ``render(material)`` and ``validate(data)``, which refuses what its own schema or library
would.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from speechfair.process.catalogue import Text
from speechfair.process.ledger import Ledger
from speechfair.process.material import Material, read_material
from speechfair.registry import Registry
from speechfair.store import file_digest, write_atomically

__all__ = ["Exported", "Format", "export", "exports", "file_name", "formats", "loses", "render", "validate"]


class Format(Protocol):
    """What an export module offers."""

    FILE: str
    LOSES: Text

    def render(self, material: Material) -> bytes:
        """The file's content; the same material gives the same bytes."""

    def validate(self, data: bytes) -> None:
        """Raise `InputError` for content that the format's own schema or library refuses."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written, and what it cannot carry."""

    path: Path
    loses: Text


@cache
def exports() -> Registry:
    """The formats."""
    return Registry("speechfair.exports", "export")


def formats() -> list[str]:
    """Every registered format, sorted. Imports nothing."""
    return exports().names()


def export(folder: str | Path, name: str, now: datetime | None = None) -> Exported:
    """Write one format into ``exports``, validated, and note its digest in the ledger.

    Raises
    ------
    InputError : an unknown format, or material that the format's schema refuses.
    """
    folder = Path(folder)
    home = _format(name)
    material = read_material(folder, now)
    data = home.render(material)
    home.validate(data)
    path = folder / "exports" / home.FILE
    write_atomically(path, data)
    body = {"format": name, "file": f"exports/{home.FILE}", "sha256": file_digest(path)}
    before = [e for e in material.reading.of_kind("export") if e.body["file"] == body["file"]]
    if not before or dict(before[-1].body) != body:
        Ledger(folder).append("export", body, now)
    return Exported(path, home.LOSES)


def render(name: str, material: Material) -> bytes:
    """The content of a format. Writes nothing."""
    return _format(name).render(material)


def validate(name: str, data: bytes) -> None:
    """Refuse what the format's own schema or library refuses (`InputError`)."""
    _format(name).validate(data)


def file_name(name: str) -> str:
    """The file that a format is written to, in ``exports``."""
    return _format(name).FILE


def loses(name: str) -> Text:
    """What a format cannot carry."""
    return _format(name).LOSES


def _format(name: str) -> Format:
    return cast(Format, exports().load(name))

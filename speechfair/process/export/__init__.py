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

from speechfair.errors import InputError
from speechfair.process.catalogue import Text
from speechfair.process.dsse import IN_TOTO, envelope, opened
from speechfair.process.finding import say
from speechfair.process.identity import keys_in
from speechfair.process.ledger import Ledger
from speechfair.process.material import Material, read_material
from speechfair.registry import Registry
from speechfair.store import file_digest, write_atomically

__all__ = [
    "Exported",
    "Format",
    "envelope_problems",
    "export",
    "exports",
    "file_name",
    "formats",
    "loses",
    "render",
    "validate",
]

SIGNED = ".dsse.json"


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


def export(
    folder: str | Path, name: str, now: datetime | None = None, *, key: Path | None = None
) -> Exported:
    """Write one format into ``exports``, validated, and note its digest in the ledger.

    Parameters
    ----------
    key : Ed25519 private key; the content is also written as a signed DSSE envelope, ``….dsse.json``.

    Raises
    ------
    InputError : an unknown format, material that the format's schema refuses, or a key for a format without envelopes.
    """
    folder = Path(folder)
    home = _format(name)
    payload_type: str | None = getattr(home, "PAYLOAD_TYPE", None)
    if key is not None and payload_type is None:
        raise InputError(f"{name} has no signed form; --key signs in-toto")
    material = read_material(folder, now)
    data = home.render(material)
    home.validate(data)
    path = folder / "exports" / home.FILE
    _write(material, name, path, data)
    if key is None or payload_type is None:
        return Exported(path, home.LOSES)
    signed = path.with_suffix(SIGNED)
    _write(material, f"{name}, signed", signed, envelope(data, payload_type, key))
    return Exported(signed, home.LOSES)


def envelope_problems(material: Material) -> list[Text]:
    """Envelopes that nobody's pinned key signed, or whose content is not the export next to them."""
    pinned = {key.public: key.person for key in keys_in(material.forms["roles.yaml"])}
    found = []
    for path in sorted((material.folder / "exports").glob(f"*{SIGNED}")):
        where, plain = f"exports/{path.name}", path.with_name(path.name.removesuffix(SIGNED) + ".json")
        try:
            payload, _ = opened(path.read_bytes(), IN_TOTO, pinned)
        except InputError as error:
            en = f"{where}: {error}; sign it with a key that roles.yaml pins (`process export … --key`)"
            found.append(
                say(en, f"{where}:登録された鍵による署名がないか、エンベロープの形式または種別が正しくない")
            )
            continue
        if not plain.is_file() or plain.read_bytes() != payload:
            en = f"{where}: holds another statement than exports/{plain.name}; export it again with --key"
            found.append(say(en, f"{where}:中身が exports/{plain.name} と異なる"))
    return found


def _write(material: Material, name: str, path: Path, data: bytes) -> None:
    write_atomically(path, data)
    body = {"format": name, "file": f"exports/{path.name}", "sha256": file_digest(path)}
    before = [e for e in Ledger(material.folder).read().of_kind("export") if e.body["file"] == body["file"]]
    if not before or dict(before[-1].body) != body:
        Ledger(material.folder).append("export", body, material.given_now)


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

"""Where the shipped data lies (corpus cards, recipes): in an installed wheel and in a checkout alike."""

from __future__ import annotations

import os
from pathlib import Path

from speechfair.errors import InputError

__all__ = ["cache_folder", "data_folder", "package_data"]

_PACKAGE = Path(__file__).resolve().parent


def data_folder(name: str) -> Path:
    """Folder of shipped data, such as ``corpora`` or ``recipes``."""
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise InputError(f"the shipped folder {name!r} is missing from this installation; reinstall speechfair")


def package_data(room: str) -> Path:
    """Folder ``data`` of a room of the package, such as ``process``."""
    return _PACKAGE / room / "data"


def cache_folder(name: str) -> Path:
    """A folder for things that can be made again: ``$SPEECHFAIR_CACHE``, else ``~/.cache/speechfair``.

    It is not created here.
    """
    base = os.environ.get("SPEECHFAIR_CACHE")
    if base:
        return Path(base) / name
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "speechfair" / name

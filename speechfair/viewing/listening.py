"""The audio of one utterance: whether it may be heard here, and its samples as a model heard them.

A file is opened only under the root that the run folder records, and played only while its bytes are those that were
transcribed.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from speechfair.audio import AudioError, decode, load_bytes
from speechfair.corpora.card import load_card
from speechfair.corpora.licence import Use, allows, clause_of
from speechfair.errors import InputError, RunFolderError
from speechfair.registry import corpora
from speechfair.running.run_manifest import locate_audio
from speechfair.viewing.opened_run import OpenedRun

__all__ = ["RATE", "Listening", "clip", "heard_samples", "listening"]

RATE = 16_000
_LONGEST_S = 600.0


@dataclass(frozen=True)
class Listening:
    """Whether audio may be used, and why not."""

    allowed: bool
    reason: str | None = None


def listening(run: OpenedRun, use: Use, permission: str | None = None) -> Listening:
    """Whether the audio of a run may be played (``evaluation``) or copied into files (``redistribution``).

    Playing on the machine that evaluates is part of evaluating. A corpus without a card here, such as one's own table,
    may be played; copying it needs `permission`.
    """
    recipe = run.record.recipe
    if recipe.source != "audio":
        return Listening(False, "the transcripts were imported without audio")
    if permission is not None:
        return Listening(True)
    name = recipe.corpus.name
    if name not in corpora().names():
        return Listening(
            use == "evaluation", None if use == "evaluation" else f"the corpus {name!r} has no card here"
        )
    card = load_card(name)
    return Listening(True) if allows(card, use) else Listening(False, clause_of(card))


def clip(run: OpenedRun, manifest: dict[str, Any], form: str = "WAV") -> bytes:
    """The stretch of an utterance as the models hear it, 16 kHz mono 16 bit, encoded.

    Parameters
    ----------
    manifest : the utterance's row of the manifest.
    form : ``WAV`` or ``FLAC``.

    Raises
    ------
    RunFolderError
        The audio leads out of the recorded root, is not there, or is not what was transcribed.
    InputError
        It is longer than ten minutes.
    """
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, heard_samples(run, manifest), RATE, format=form, subtype="PCM_16")
    return buffer.getvalue()


def heard_samples(run: OpenedRun, manifest: dict[str, Any]) -> Any:
    """The samples of an utterance as the models hear them, 16 kHz mono; raises as `clip`."""
    if manifest["audio"] is None or manifest["audio_sha256"] is None:
        raise RunFolderError(manifest["audio_error"] or "the utterance has no audio")
    if (manifest["duration_s"] or 0.0) > _LONGEST_S:
        raise InputError(
            f"the utterance lasts {manifest['duration_s']:.0f} s; up to {_LONGEST_S:.0f} s are played"
        )
    path = locate_audio(manifest["audio"], run.record.root, run.folder.path)
    try:
        stat = path.stat()
        found = _digest(path, stat.st_mtime_ns, stat.st_size)
        if found != manifest["audio_sha256"]:
            raise RunFolderError(
                f"the audio {manifest['audio']!r} is not what was transcribed (sha256 {found[:12]}…, recorded "
                f"{manifest['audio_sha256'][:12]}…); it is not played"
            )
        return decode(path, RATE, manifest["start_s"], manifest["end_s"], manifest.get("channel"))
    except (AudioError, OSError) as error:
        raise RunFolderError(f"the audio {manifest['audio']!r} cannot be read: {error}") from None


@lru_cache(maxsize=256)
def _digest(path: Path, changed: int, size: int) -> str:
    return hashlib.sha256(load_bytes(path)).hexdigest()

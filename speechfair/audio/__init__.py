"""Reading audio: what a file holds (`probe`), and its samples as a recogniser wants them (`decode`).

soundfile decodes what it can, PyAV (FFmpeg) the rest: m4a, WebM, 3gp, AAC, AMR, WMA, Matroska, and MP3s whose length
libsndfile would guess. soxr resamples. Every part of the package reads audio here, so an audit and a corpus check
cannot disagree about a file. Nothing is repaired: a file that holds less than its header promises is an error with
both figures, not a shorter recording. A length that a streaming writer left open is no promise.
"""

from __future__ import annotations

from speechfair.audio.audio_facts import AudioError, AudioFacts
from speechfair.audio.samples import (
    Stretch,
    current_digest,
    decode,
    load_bytes,
    one_channel,
    probe,
    read_stretch,
)

__all__ = [
    "AudioError",
    "AudioFacts",
    "Stretch",
    "current_digest",
    "decode",
    "load_bytes",
    "one_channel",
    "probe",
    "read_stretch",
]

"""Reading audio: what a file holds (`probe`), and its samples as a recogniser wants them (`read`).

soundfile decodes and soxr resamples. Nothing is repaired here: a file that holds less than its header
promises is an error with both figures, not a shorter recording.
"""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speechfair.errors import SpeechfairError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from speechfair.types import AudioSource

__all__ = ["AudioError", "AudioFacts", "decode", "load_bytes", "probe"]


class AudioError(SpeechfairError):
    """Audio that cannot be used. It becomes one failed row, never an abort."""


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What a piece of encoded audio says of itself: digest of its bytes, rate in Hz, length in frames."""

    sha256: str
    sample_rate: int
    frames: int
    channels: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate


def load_bytes(source: Path | AudioSource) -> bytes:
    """The encoded audio; a file that is missing or cannot be read raises `AudioError`."""
    if not isinstance(source, Path):
        try:
            return source.read()
        except OSError as error:
            raise AudioError(f"audio cannot be read: {error.strerror or error}") from None
    try:
        return source.read_bytes()
    except FileNotFoundError:
        raise AudioError("audio file is missing") from None
    except OSError as error:
        raise AudioError(f"audio file cannot be read: {error.strerror or error}") from None


def probe(data: bytes) -> AudioFacts:
    """Facts of encoded audio, from its header; `AudioError` if it is not audio or is cut short."""
    import soundfile

    _check_complete(data)
    try:
        info = soundfile.info(io.BytesIO(data))
    except soundfile.LibsndfileError as error:
        raise AudioError(f"audio cannot be decoded: {_reason(error)}") from None
    if info.frames <= 0:
        raise AudioError("audio has no samples")
    return AudioFacts(
        hashlib.sha256(data).hexdigest(), int(info.samplerate), int(info.frames), int(info.channels)
    )


def decode(
    data: bytes, sample_rate: int, start_s: float | None = None, end_s: float | None = None
) -> NDArray[np.float32]:
    """Samples of a stretch of encoded audio: mono float32 in [-1, 1], shape (samples,), at `sample_rate` Hz.

    Channels are averaged. Times are seconds from the beginning of the file; an end beyond the file by more
    than 50 ms, a start beyond it, or an empty stretch raises `AudioError`, as do samples that are not finite.
    """
    import numpy as np
    import soundfile
    import soxr

    facts = probe(data)
    start, stop = _stretch(facts, start_s, end_s)
    try:
        samples, rate = soundfile.read(
            io.BytesIO(data), start=start, stop=stop, dtype="float32", always_2d=True
        )
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise AudioError(f"audio cannot be decoded: {_reason(error)}") from None
    if len(samples) < stop - start:
        raise AudioError(f"audio is cut short: {stop - start} frames promised, {len(samples)} decoded")
    mono = samples.mean(axis=1)
    if not np.isfinite(mono).all():
        raise AudioError("audio holds samples that are not finite numbers")
    if rate != sample_rate:
        mono = soxr.resample(mono, rate, sample_rate)
    return np.ascontiguousarray(mono, dtype=np.float32)


def _stretch(facts: AudioFacts, start_s: float | None, end_s: float | None) -> tuple[int, int]:
    start = round((start_s or 0.0) * facts.sample_rate)
    stop = facts.frames if end_s is None else round(end_s * facts.sample_rate)
    if stop > facts.frames + 0.05 * facts.sample_rate:
        raise AudioError(f"segment ends at {end_s} s, but the audio is {facts.duration_s:.3f} s long")
    stop = min(stop, facts.frames)
    if start < 0 or start >= stop:
        raise AudioError(
            f"segment from {start_s or 0.0} s to {end_s if end_s is not None else facts.duration_s} s holds no "
            f"audio (the file is {facts.duration_s:.3f} s long)"
        )
    return start, stop


def _check_complete(data: bytes) -> None:
    """libsndfile reads a WAV whose end is missing as a shorter WAV; we do not."""
    if not data:
        raise AudioError("audio file is empty (0 bytes)")
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack("<4sI", data[position : position + 8])
        if name == b"data":
            held = len(data) - position - 8
            # 0xFFFFFFFF and 0 are what streaming writers leave when they cannot seek back
            if size not in (0, 0xFFFFFFFF) and size > held:
                raise AudioError(
                    f"audio is cut short: the header promises {size} bytes, the file holds {held}"
                )
            return
        position += 8 + size + (size & 1)


def _reason(error: Exception) -> str:
    text = str(getattr(error, "error_string", error)).strip().rstrip(".")
    return text or type(error).__name__

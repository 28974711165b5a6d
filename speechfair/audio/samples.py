"""Samples and facts of encoded audio, whichever library decodes it."""

from __future__ import annotations

import hashlib
import io
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from speechfair.audio.audio_facts import AudioError, AudioFacts
from speechfair.audio.container import Container
from speechfair.audio.mpeg_frames import frames_in, is_mpeg
from speechfair.audio.wave_header import check_promise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from speechfair.types import AudioSource

__all__ = ["Stretch", "current_digest", "decode", "load_bytes", "one_channel", "probe", "read_stretch"]

_BEYOND_S = 0.05
"""An end that lies this much beyond the file is taken for rounding."""
_CANCELLED = 0.2
"""Averaged channels with less than this share of the power that independent ones would have cancel each other."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples of a stretch of audio: float32 in [-1, 1], shape (frames, channels), at `sample_rate` Hz."""

    samples: NDArray[np.float32]
    sample_rate: int


def load_bytes(source: Path | AudioSource) -> bytes:
    """The encoded audio; a file that is missing or cannot be read raises `AudioError`."""
    if not isinstance(source, Path):
        try:
            return source.read()
        except OSError as error:
            raise AudioError(f"audio cannot be read: {error.strerror or error}") from None
        except (AudioError, MemoryError):
            raise
        except Exception as error:  # an archive or a table may be damaged in many ways
            raise AudioError(f"audio cannot be read: {type(error).__name__}: {error}") from None
    try:
        return source.read_bytes()
    except FileNotFoundError:
        raise AudioError(_missing(source)) from None
    except OSError as error:
        raise AudioError(f"audio file cannot be read: {error.strerror or error}") from None


def current_digest(path: Path) -> str:
    """The sha256 of a file as it is now; computed once for each size and time of last change.

    A recording in a thousand segments is thus read whole once, not a thousand times.
    """
    try:
        facts = path.stat()
    except OSError:
        facts = None
    if facts is None:
        return _digest(path)  # says why
    return _kept_digest(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)


@lru_cache(maxsize=1024)
def _kept_digest(path: Path, size: int, changed: int, node: int) -> str:
    return _digest(path)


def probe(source: bytes | Path) -> AudioFacts:
    """Facts of encoded audio; `AudioError` if it is not audio, or is cut short.

    The length comes from the header where that can be relied on, else the audio is decoded and counted.
    """
    sound = _opened(source)
    frames = sound.count() if isinstance(sound, Container) else sound.frames
    if frames <= 0:
        raise AudioError("audio has no samples")
    return AudioFacts(_digest(source), sound.sample_rate, frames, sound.channels)


def decode(
    source: bytes | Path,
    sample_rate: int,
    start_s: float | None = None,
    end_s: float | None = None,
    channel: int | None = None,
) -> NDArray[np.float32]:
    """Samples of a stretch of encoded audio: mono float32 in [-1, 1], shape (samples,), at `sample_rate` Hz.

    Of a file only the stretch is read where the format allows that.

    Parameters
    ----------
    start_s, end_s : seconds from the beginning of the file; None is its beginning or end.
    channel : from 0; None averages all channels.

    Raises
    ------
    AudioError
        The end lies more than 50 ms beyond the file, the start beyond it, the stretch is empty; there is no such
        channel, or the channels cancel each other when averaged; samples are not finite numbers.
    """
    import numpy as np
    import soxr

    stretch = read_stretch(source, start_s, end_s)
    mono = one_channel(stretch.samples, channel)
    if stretch.sample_rate != sample_rate:
        mono = soxr.resample(mono, stretch.sample_rate, sample_rate)
    return np.ascontiguousarray(mono, dtype=np.float32)


def read_stretch(source: bytes | Path, start_s: float | None = None, end_s: float | None = None) -> Stretch:
    """All channels of a stretch, at the rate of the file. Parameters and errors as of `decode`."""
    import numpy as np

    sound = _opened(source)
    rate = sound.sample_rate
    start = round((start_s or 0.0) * rate)
    stop = None if end_s is None else round(end_s * rate)
    if isinstance(sound, Container):
        samples = sound.read(max(start, 0), stop)
        frames = start + len(samples) if len(samples) else sound.count()
        _check_stretch(start, stop, frames, rate, start_s, end_s)
    else:
        frames = sound.frames
        if frames <= 0:
            raise AudioError("audio has no samples")
        _check_stretch(start, stop, frames, rate, start_s, end_s)
        samples = sound.read(start, frames if stop is None else min(stop, frames))
    if not np.isfinite(samples).all():
        raise AudioError("audio holds samples that are not finite numbers")
    return Stretch(samples, rate)


def one_channel(samples: NDArray[np.float32], channel: int | None = None) -> NDArray[np.float32]:
    """One channel of samples of shape (frames, channels), or their average.

    Raises
    ------
    AudioError
        There is no such channel; or the average has lost nearly all power, as channels of opposite phase cancel
        each other (less than a fifth of what independent channels would keep).
    """
    import numpy as np

    count = samples.shape[1]
    if channel is not None:
        if not 0 <= channel < count:
            there = f"channels 0 to {count - 1}" if count > 1 else "one channel, 0"
            raise AudioError(f"channel {channel} is asked for, but the audio has {there}")
        return samples[:, channel]
    if count == 1:
        return samples[:, 0]
    mono: NDArray[np.float32] = samples.mean(axis=1)
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    if float(np.mean(np.square(mono, dtype=np.float64))) < _CANCELLED * power / count:
        raise AudioError(
            f"the {count} channels cancel each other when averaged (opposite phase); name one in a column 'channel'"
        )
    return mono


class _Plain:
    """Audio that libsndfile reads."""

    def __init__(self, source: bytes | Path) -> None:
        self._source: Any = source
        with self._file() as file:
            self.sample_rate = int(file.samplerate)
            self.frames = int(file.frames)
            self.channels = int(file.channels)

    def _file(self) -> Any:
        import soundfile

        source = self._source
        return soundfile.SoundFile(io.BytesIO(source) if isinstance(source, bytes) else str(source))

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Frames from `start` to `stop`; fewer than that raises `AudioError`."""
        import soundfile

        try:
            with self._file() as file:
                file.seek(start)
                samples: NDArray[np.float32] = file.read(stop - start, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise AudioError(f"audio cannot be decoded: {_reason(error)}") from None
        if len(samples) < stop - start:
            raise AudioError(f"audio is cut short: {stop - start} frames promised, {len(samples)} decoded")
        return samples


def _opened(source: bytes | Path) -> _Plain | Container:
    import soundfile

    with _stream(source) as stream:
        head = stream.read(12)
        if not head:
            raise AudioError("audio file is empty (0 bytes)")
        patch = check_promise(stream)
        mpeg = None
        if is_mpeg(head):
            stream.seek(0)
            mpeg = frames_in(stream.read())
        if patch is not None:
            stream.seek(0)
            data = bytearray(stream.read())
            data[patch[0] : patch[0] + len(patch[1])] = patch[1]
            source = bytes(data)
    if mpeg is not None:
        if mpeg.missing or (mpeg.promised or 0) > mpeg.found:
            promised = (
                f"{mpeg.promised} frames promised, " if mpeg.promised else "the last frame is not whole, "
            )
            raise AudioError(f"audio is cut short: {promised}{mpeg.found} whole ones found")
        if mpeg.promised != mpeg.found:
            return Container(mpeg.sound)
    try:
        return _Plain(source)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        try:
            return Container(source)
        except AudioError as other:
            if "audio stream" in str(other):
                raise
            raise AudioError(f"audio cannot be decoded: {_reason(error)}") from None


@contextmanager
def _stream(source: bytes | Path) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    try:
        stream = source.open("rb")
    except FileNotFoundError:
        raise AudioError(_missing(source)) from None
    except OSError as error:
        raise AudioError(f"audio file cannot be read: {error.strerror or error}") from None
    with stream:
        yield stream


def _missing(path: Path) -> str:
    """That a file is missing; and a name that differs from it only in case, ending or Unicode form."""
    names, stems = _names(path.parent)
    if alike := names.get(_loose(path.name)):
        return f"audio file is missing; its folder holds {alike!r}, whose name is written in another way"
    alike = stems.get(path.stem)
    return f"audio file is missing; its folder holds {alike!r}" if alike else "audio file is missing"


def _loose(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


@lru_cache(maxsize=4)
def _names(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Some names in a folder, by their loose form and by their stem; a large folder is not read to its end."""
    try:
        with os.scandir(folder) as entries:
            found = [entry.name for entry in islice(entries, 5000)]
    except OSError:
        found = []
    return {_loose(name): name for name in found}, {Path(name).stem: name for name in found}


def _digest(source: bytes | Path) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with _stream(source) as stream:
        digest = hashlib.sha256()
        while block := stream.read(2**20):
            digest.update(block)
        return digest.hexdigest()


def _check_stretch(
    start: int, stop: int | None, frames: int, rate: int, start_s: float | None, end_s: float | None
) -> None:
    length = frames / rate
    if stop is not None and stop > frames + _BEYOND_S * rate:
        raise AudioError(f"segment ends at {end_s} s, but the audio is {length:.3f} s long")
    if start < 0 or start >= (frames if stop is None else min(stop, frames)):
        raise AudioError(
            f"segment from {start_s or 0.0} s to {end_s if end_s is not None else length} s holds no audio (the file "
            f"is {length:.3f} s long)"
        )


def _reason(error: Exception) -> str:
    text = str(getattr(error, "error_string", error)).strip().rstrip(".")
    return text or type(error).__name__

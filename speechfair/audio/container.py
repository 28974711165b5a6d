"""Audio that libsndfile does not know, or whose length it guesses, through PyAV (FFmpeg).

The length is what decodes, counted. Where the container promises a longer duration, the file is cut short.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.audio.audio_facts import AudioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Container"]

_TIMED = ("mov", "matroska", "asf")
"""Formats whose duration is written down."""
_EXACT = "mov"
"""Formats whose times are exact to the sample, so that a place can be looked up; Matroska's are rounded to 1 ms."""
_RUN_UP_S = 2.0
_SEEK_FROM_S = 20.0
_SHORT_S = 0.1


class Container:
    """One audio stream of a file.

    Parameters
    ----------
    source : encoded audio, or a file.

    Raises
    ------
    AudioError
        FFmpeg does not know it, it has no audio stream or several, or PyAV is not installed.
    """

    def __init__(self, source: bytes | Path) -> None:
        self._source = source
        with self._opened() as opened:
            stream = self._stream(opened)
            first = _first(opened, stream)  # the header of HE-AAC tells half the rate
            self.sample_rate, self.channels = int(first.sample_rate), len(first.layout.channels)
            self._exact = _EXACT in opened.format.name
            length = stream.duration * stream.time_base if stream.duration is not None else None
            if length is None and opened.duration is not None:
                length = opened.duration / 1_000_000
            trusted = any(name in opened.format.name for name in _TIMED)
            self._promised_s = float(length) if length is not None and trusted else None

    def count(self) -> int:
        """Frames in the whole stream, by decoding it."""
        return sum(part.shape[1] for _, part in self._parts(0))

    def read(self, start: int, stop: int | None) -> NDArray[np.float32]:
        """Samples of frames `start` to `stop` (None is the end), fewer where the stream ends; (frames, channels)."""
        import numpy as np

        kept = []
        for place, part in self._parts(start, stop):
            low, high = max(start - place, 0), part.shape[1] if stop is None else stop - place
            if low < high and low < part.shape[1]:
                kept.append(part[:, low:high])
            if stop is not None and place + part.shape[1] >= stop:
                break
        if not kept:
            return np.zeros((0, self.channels), np.float32)
        return np.ascontiguousarray(np.concatenate(kept, axis=1).T)

    def _parts(self, start: int, stop: int | None = None) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Place of its first frame, and samples (channels, frames), of each decoded part."""
        import av

        place = 0
        try:
            with self._opened() as opened:
                stream = self._stream(opened)
                resampler = av.AudioResampler(format="fltp")
                decoded = opened.decode(stream)
                if self._exact and start > _SEEK_FROM_S * self.sample_rate:
                    zero = next(decoded).time or 0.0
                    opened.seek(
                        int((start / self.sample_rate + zero - _RUN_UP_S) / stream.time_base), stream=stream
                    )
                    decoded = opened.decode(stream)
                    place = -1
                for frame in decoded:
                    if place < 0:
                        place = round(((frame.time or 0.0) - zero) * self.sample_rate)
                    for part in resampler.resample(frame):
                        samples: Any = part.to_ndarray()
                        self._check(samples, part.sample_rate)
                        yield place, samples
                        place += samples.shape[1]
        except (av.FFmpegError, StopIteration, ValueError) as error:
            raise AudioError(f"audio cannot be decoded: {_reason(error)}") from None
        promised = self._promised_s
        if promised is not None and place < (promised - _SHORT_S) * self.sample_rate:
            raise AudioError(
                f"audio is cut short: {promised:.3f} s promised, {place / self.sample_rate:.3f} s decoded"
            )

    def _check(self, samples: NDArray[np.float32], rate: int) -> None:
        """Rate and channels must stay as they were in the first part."""
        if self.sample_rate != rate or self.channels != samples.shape[0]:
            raise AudioError(
                f"audio changes within the file: {self.channels} channels at {self.sample_rate} Hz, then "
                f"{samples.shape[0]} at {rate} Hz"
            )

    def _opened(self) -> Any:
        try:
            import av
        except ImportError:
            raise AudioError(
                "audio cannot be decoded by libsndfile; other formats (m4a, AAC, WebM, AMR, WMA …) need the package "
                "'av': pip install 'speechfair[audio]'"
            ) from None
        try:
            return av.open(io.BytesIO(self._source) if isinstance(self._source, bytes) else str(self._source))
        except (av.FFmpegError, ValueError, OSError) as error:
            raise AudioError(f"audio cannot be decoded: {_reason(error)}") from None

    def _stream(self, opened: Any) -> Any:
        streams = opened.streams.audio
        if len(streams) != 1:
            what = (
                "no audio stream"
                if not streams
                else f"{len(streams)} audio streams; extract the one that is meant"
            )
            raise AudioError(f"audio cannot be decoded: the file has {what}")
        return streams[0]


def _first(opened: Any, stream: Any) -> Any:
    import av

    try:
        return next(opened.decode(stream))
    except (av.FFmpegError, ValueError) as error:
        raise AudioError(f"audio cannot be decoded: {_reason(error)}") from None
    except StopIteration:
        raise AudioError("audio cannot be decoded: it has no samples") from None


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).strip().rstrip(".") or type(error).__name__

"""What a recording sounds like in a few numbers: loudness, signal-to-noise ratio, and mel cepstra of the voice.

Made for comparing speakers of one corpus with each other, with numpy and scipy alone. It knows no text and no error.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CEPSTRA", "FEATURE_NAMES", "RATE", "voice_features"]

RATE = 16_000
"""Hz of the samples that `voice_features` takes."""

CEPSTRA = 12
"""Mel cepstral coefficients, from the first on; the zeroth is loudness."""

_FRAME, _STEP, _TRANSFORM, _BANDS = 400, 160, 512, 26
_QUIET = 1e-10

FEATURE_NAMES = (
    "loudness_db",
    "snr_db",
    *(f"mfcc{i}_mean" for i in range(1, CEPSTRA + 1)),
    *(f"mfcc{i}_sd" for i in range(1, CEPSTRA + 1)),
)


def voice_features(samples: NDArray[np.float32]) -> dict[str, float]:
    """Features of one utterance, by the names of `FEATURE_NAMES`.

    Parameters
    ----------
    samples : mono in [-1, 1] at `RATE` Hz, shape (n_samples,), not empty.

    Returns
    -------
    ``loudness_db`` is the mean power of the active frames (louder than the median) in decibels below full scale;
    ``snr_db`` is that less the mean power of the quietest tenth of the frames, a rough estimate that falls
    short where nobody pauses; ``mfcc…`` are mean and standard deviation of the mel cepstra over the active frames
    (Davis & Mermelstein, IEEE Trans. ASSP 28, 1980; 25 ms Hamming frames each 10 ms, 26 mel bands).
    """
    from scipy.fft import dct

    frames = _frames(np.asarray(samples, dtype=np.float64))
    power = (frames**2).mean(axis=1)
    active = power >= np.median(power)
    quiet = np.sort(power)[: max(1, len(power) // 10)].mean()
    loudness = 10 * np.log10(power[active].mean() + _QUIET)
    spectrum = np.abs(np.fft.rfft(frames[active] * np.hamming(_FRAME), _TRANSFORM, axis=1)) ** 2
    bands = np.log(spectrum @ _mel_bands().T + _QUIET)
    cepstra = dct(bands, type=2, axis=1, norm="ortho")[:, 1 : CEPSTRA + 1]
    values = [loudness, loudness - 10 * np.log10(quiet + _QUIET), *cepstra.mean(axis=0), *cepstra.std(axis=0)]
    return {name: float(value) for name, value in zip(FEATURE_NAMES, values, strict=True)}


def _frames(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Overlapping frames, shape (n_frames, 400); a short recording is padded to one frame."""
    if len(samples) < _FRAME:
        samples = np.pad(samples, (0, _FRAME - len(samples)))
    return np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_STEP]


@lru_cache(maxsize=1)
def _mel_bands() -> NDArray[np.float64]:
    """Triangular filters, equally spaced in mel from 20 Hz to half the rate: shape (26, 257)."""
    low, high = (1127 * np.log1p(hertz / 700) for hertz in (20.0, RATE / 2))
    edges = 700 * np.expm1(np.linspace(low, high, _BANDS + 2) / 1127)
    hertz = np.arange(_TRANSFORM // 2 + 1) * RATE / _TRANSFORM
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    filters: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    return filters

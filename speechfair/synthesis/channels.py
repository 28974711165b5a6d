"""Noise, a room and a telephone line, made by rule: what else may stand between a speaker and a recogniser.

A channel is written ``clean``, ``noise:DB`` (signal-to-noise ratio), ``room:SECONDS`` (reverberation time) or
``telephone``, and several in a row are joined with ``+``: ``room:0.6+noise:10+telephone``. Their order is the order in
which they act. They are simple on purpose: measured rooms and real noise are for other tools.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError
from speechfair.registry import did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

__all__ = ["CLEAN", "VERSION", "Channel", "parse_channel"]

CLEAN = "clean"

VERSION = 1
"""Of the rules below; it is part of the name of every file that went through them."""

PEAK = 0.95
"""Greatest sample of a result; what is louder is made quieter as a whole, never clipped."""

MU = 255.0


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one step does, the unit of its number and the limits of that number."""

    act: Callable[[Any, int, float, Any], Any]
    unit: str | None = None
    least: float = 0.0
    most: float = 0.0


@dataclass(frozen=True, slots=True)
class Channel:
    """Steps in their order; made by `parse_channel`.

    Parameters
    ----------
    name : canonical spelling, such as ``room:0.6+noise:10``.
    steps : kind and number of each step; empty for ``clean``.
    """

    name: str
    steps: tuple[tuple[str, float], ...]

    def apply(self, samples: Samples, rate: int, generator: np.random.Generator) -> Samples:
        """`samples` (mono, −1 to 1, `rate` Hz) as they arrive at the other end; the same length, never clipped."""
        import numpy as np

        for kind, number in self.steps:
            samples = _KINDS[kind].act(samples, rate, number, generator)
        peak = float(np.max(np.abs(samples), initial=0.0))
        return samples * (PEAK / peak) if self.steps and peak > PEAK else samples


def parse_channel(text: str) -> Channel:
    """The channel that `text` names.

    Raises
    ------
    InputError
        A step is unknown, lacks its number, or the number is out of its range.

    >>> parse_channel("room:0.60+noise:10").name
    'room:0.6+noise:10'
    """
    if not isinstance(text, str):
        raise InputError(f"channel {text!r} is not a text such as 'noise:10'")
    if text.strip() == CLEAN:
        return Channel(CLEAN, ())
    steps = tuple(_step(part.strip(), text) for part in text.split("+"))
    names = (kind if _KINDS[kind].unit is None else f"{kind}:{number:g}" for kind, number in steps)
    return Channel("+".join(names), steps)


def _step(part: str, text: str) -> tuple[str, float]:
    kind, colon, number = part.partition(":")
    if kind not in _KINDS:
        raise InputError(f"channel {text!r}: unknown step {part!r}; {did_you_mean(kind, [CLEAN, *_KINDS])}")
    known = _KINDS[kind]
    if known.unit is None:
        if colon:
            raise InputError(f"channel {text!r}: {kind} takes no number; write {kind}")
        return kind, 0.0
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not known.least <= value <= known.most:
        raise InputError(
            f"channel {text!r}: {kind} needs {known.unit} from {known.least:g} to {known.most:g}, "
            f"such as {kind}:{known.least + (known.most - known.least) / 4:g}"
        )
    return kind, value + 0.0


def _noise(samples: Samples, rate: int, snr_db: float, generator: np.random.Generator) -> Samples:
    """Add pink noise (power falling with 1/f from 50 Hz up) at `snr_db` below the mean power of the whole signal."""
    import numpy as np

    if not len(samples):
        return samples
    spectrum = np.fft.rfft(generator.standard_normal(len(samples)))
    frequency = np.fft.rfftfreq(len(samples), 1 / rate)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 50.0)), len(samples))
    power, loudness = float(np.mean(samples**2)), float(np.mean(pink**2))
    return samples + pink * math.sqrt(power / max(loudness, 1e-20) / 10 ** (snr_db / 10))


def _room(samples: Samples, rate: int, seconds: float, generator: np.random.Generator) -> Samples:
    """Convolve with a direct path and an exponentially decaying noise tail (Moorer 1979) of equal energy.

    `seconds` is the reverberation time, in which the tail falls by 60 dB. The mean power is kept.
    """
    import numpy as np
    from scipy.signal import fftconvolve

    if not len(samples):
        return samples
    time = np.arange(int(seconds * rate)) / rate
    tail = generator.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    tail[: int(0.002 * rate)] = 0.0
    response = tail / math.sqrt(float(np.sum(tail**2)))
    response[0] = 1.0
    wet = np.asarray(fftconvolve(samples, response)[: len(samples)], dtype=np.float64)
    power = float(np.mean(wet**2))
    return wet * math.sqrt(float(np.mean(samples**2)) / power) if power else wet


def _telephone(samples: Samples, rate: int, _number: float, _generator: np.random.Generator) -> Samples:
    """300–3400 Hz, 8 kHz and the 8-bit mu-law of ITU-T G.711 (its continuous form), back at `rate`."""
    import numpy as np
    import soxr
    from scipy.signal import butter, sosfilt

    if not len(samples):
        return samples
    narrow = np.asarray(soxr.resample(samples, rate, 8000), dtype=np.float64)
    narrow = np.asarray(sosfilt(butter(4, (300, 3400), "bandpass", fs=8000, output="sos"), narrow))
    peak = float(np.max(np.abs(narrow), initial=0.0))
    scaled = narrow / max(peak, 1.0)
    code = np.round(np.sign(scaled) * np.log1p(MU * np.abs(scaled)) / math.log1p(MU) * 127.0) / 127.0
    decoded = np.sign(code) * np.expm1(np.abs(code) * math.log1p(MU)) / MU
    wide = np.asarray(soxr.resample(decoded, 8000, rate), dtype=np.float64)
    return np.pad(wide, (0, max(0, len(samples) - len(wide))))[: len(samples)]


_KINDS = {
    "noise": _Kind(_noise, "a signal-to-noise ratio in dB", -10.0, 60.0),
    "room": _Kind(_room, "a reverberation time in seconds", 0.1, 3.0),
    "telephone": _Kind(_telephone),
}

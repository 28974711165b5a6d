"""SpecAugment: what of an utterance's spectrogram is hidden in training (Park et al., Interspeech 2019).

The masks of a draw come from that draw's own generator and lie within its own frames, so that neither the padding, nor
who else is in the batch, nor a killed run has a say in them; the model's configuration stays as it was. In Whisper's
log-mel spectrogram what is hidden becomes 0, as transformers has it; in raw audio it is silenced. torch is imported
with this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from speechfair.debias.method_options import SpecAugment

__all__ = ["FRAME", "frames_of", "hide", "masks", "silence"]

FRAME = 160
"""Samples at 16 kHz from one frame to the next: 10 ms."""
WINDOW = 400
MEL_BANDS = 80
TOP_HZ = 8000.0


def frames_of(samples: int) -> int:
    """Frames that hold some of so many samples.

    >>> frames_of(1), frames_of(160), frames_of(161)
    (1, 1, 2)
    """
    return -(-samples // FRAME)


def masks(options: SpecAugment, bands: int, frames: int, rng: np.random.Generator) -> torch.Tensor:
    """Shape (bands, frames): 1 where the spectrogram may be seen, 0 where it is hidden."""
    from torchaudio.functional import mask_along_axis

    seen = torch.ones(bands, frames)
    widest = min(round(options.time_seconds * 16_000 / FRAME), int(options.time_share * frames))
    # torchaudio draws from torch's own generator, which dropout draws from too: it is put back
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int(rng.integers(2**63)))
        for _ in range(options.time_masks):
            seen = mask_along_axis(
                seen, widest + 1, 0.0, axis=1
            )  # a width of the number given is never drawn
        for _ in range(options.frequency_masks):
            seen = mask_along_axis(seen, int(options.frequency_share * bands) + 1, 0.0, axis=0)
    return seen


def hide(
    features: torch.Tensor, options: SpecAugment, samples: int, rng: np.random.Generator
) -> torch.Tensor:
    """Whisper's features of one utterance, shape (bands, frames), the masks in the frames of its `samples`."""
    frames = min(frames_of(samples), features.shape[1])
    hidden = features.clone()
    hidden[:, :frames] *= masks(options, features.shape[0], frames, rng)
    return hidden


def silence(
    samples: NDArray[np.float32], options: SpecAugment, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Raw audio at 16 kHz, as long as before, the same masks cut out of its spectrum.

    The bands lie evenly on HTK's mel scale.
    """
    window = torch.hann_window(WINDOW, dtype=torch.float64)
    found = torch.from_numpy(samples.astype(np.float64))
    spectrum = torch.stft(found, WINDOW, FRAME, window=window, pad_mode="constant", return_complex=True)
    seen = masks(options, MEL_BANDS, spectrum.shape[1], rng).double()
    spectrum = spectrum * seen[_band_of_bin(spectrum.shape[0])]
    heard = torch.istft(spectrum, WINDOW, FRAME, window=window, length=len(samples))
    return np.ascontiguousarray(heard.numpy(), dtype=np.float32)


def _band_of_bin(bins: int) -> torch.Tensor:
    """The mel band that each bin from 0 Hz to 8 kHz lies in (HTK's mel scale)."""
    mel = torch.log10(1 + torch.linspace(0, TOP_HZ, bins, dtype=torch.float64) / 700)
    return (mel / mel[-1] * MEL_BANDS).long().clamp(max=MEL_BANDS - 1)

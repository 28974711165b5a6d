"""Augmentation towards how others speak and sound: speed (with pitch and formants), noise, telephone band."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from speechfair.debias.method import Method, NoOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["AccentAugment", "AccentAugmentOptions"]

LONGEST_S = 30.0


class AccentAugmentOptions(NoOptions):
    """What is done to a drawn utterance; each change is decided for itself.

    `speeds`: factors, one drawn for each utterance; pitch and formants move with it, as in Ko et al., "Audio
    augmentation for speech recognition", Interspeech 2015. `noise`: chance of white noise at 10 to 30 dB.
    `telephone`: chance of a band limited to 4 kHz.
    """

    speeds: list[float] = Field(default=[0.9, 1.0, 1.1], min_length=1)
    noise: float = Field(default=0.3, ge=0, le=1)
    telephone: float = Field(default=0.2, ge=0, le=1)


class AccentAugment(Method):
    """Plain fine-tuning on altered speech. It makes no accents: it widens voices, tempi and channels."""

    name = "accent_augment"
    summary = "plain fine-tuning on speed-, noise- and band-altered speech"
    source = "Ko et al., Audio augmentation for speech recognition, Interspeech 2015"
    Options = AccentAugmentOptions

    def alter(
        self, samples: NDArray[np.float32], sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Altered samples; an utterance that would grow beyond 30 s keeps its speed."""
        import numpy as np
        import soxr

        speed = float(rng.choice(self.options.speeds))
        noisy, narrow = rng.random() < self.options.noise, rng.random() < self.options.telephone
        decibels, hiss = rng.uniform(10, 30), rng.standard_normal(len(samples))
        altered = samples.astype(np.float64)
        if noisy:
            power = np.sqrt(np.mean(altered**2))
            altered = altered + hiss * power * 10 ** (-decibels / 20)
        if narrow:
            altered = soxr.resample(soxr.resample(altered, sample_rate, 8000), 8000, sample_rate)
        if speed != 1.0 and len(samples) / speed <= LONGEST_S * sample_rate:
            altered = soxr.resample(altered, sample_rate, sample_rate / speed)
        return np.ascontiguousarray(np.clip(altered, -1, 1), dtype=np.float32)

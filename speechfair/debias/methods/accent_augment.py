"""Augmentation towards how others speak and sound: speed, pitch, noise, telephone band, rule-made accents, masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from speechfair.debias.data.synthetic_rows import SyntheticShare, with_synthetic
from speechfair.debias.method import Method
from speechfair.debias.method_options import NoOptions, SpecAugment

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from speechfair.debias.data.training_data import TrainingData
    from speechfair.debias.recipe import DebiasRecipe

__all__ = ["AccentAugment", "AccentAugmentOptions"]

LONGEST_S = 30.0


class AccentAugmentOptions(NoOptions):
    """What is done to a drawn utterance; each change is decided for itself.

    `speeds`: factors, one drawn for each utterance; pitch and formants move with it, as in Ko et al., "Audio
    augmentation for speech recognition", Interspeech 2015. `noise`: chance of white noise at 10 to 30 dB.
    `telephone`: chance of a band limited to 4 kHz. `pitch`: the most semitones by which an utterance is raised or
    lowered, its length kept (phase vocoder); 0 is none. `synthetic`: synthetic-accent rows in addition to or
    instead of recorded ones; None is none. `spec_augment`: masks over the spectrogram, after all other changes; None is
    none. A CTC model whose own configuration masks its states in training (``mask_time_prob``) goes on doing so.
    """

    speeds: list[Annotated[float, Field(gt=0)]] = Field(default=[0.9, 1.0, 1.1], min_length=1)
    noise: float = Field(default=0.3, ge=0, le=1)
    telephone: float = Field(default=0.2, ge=0, le=1)
    pitch: float = Field(default=0.0, ge=0, le=12)
    synthetic: SyntheticShare | None = None
    spec_augment: SpecAugment | None = None


class AccentAugment(Method):
    """Plain fine-tuning on altered speech: wider voices, tempi and channels, and rule-made accents where asked for.

    Published gains from synthetic accents were on the accents that were synthesised (arXiv 2407.04047), not on others.
    """

    name = "accent_augment"
    summary = "plain fine-tuning on speed-, noise- and band-altered speech; masks, pitch, synthetic accents"
    source = (
        "Ko et al., Audio augmentation for speech recognition, Interspeech 2015; "
        "Park et al., SpecAugment, Interspeech 2019"
    )
    Options = AccentAugmentOptions

    def extend(self, data: TrainingData, recipe: DebiasRecipe, folder: Path) -> TrainingData:
        """Rows of the synthetic accent corpus, where the options ask for them."""
        if self.options.synthetic is None:
            return data
        return with_synthetic(data, self.options.synthetic, folder, recipe.seed, recipe.max_seconds)

    def alter(
        self, samples: NDArray[np.float32], sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Altered samples; an utterance that would grow beyond 30 s keeps its speed."""
        import numpy as np
        import soxr

        speed = float(rng.choice(self.options.speeds))
        noisy, narrow = rng.random() < self.options.noise, rng.random() < self.options.telephone
        decibels, hiss = rng.uniform(10, 30), rng.standard_normal(len(samples))
        semitones = rng.uniform(-self.options.pitch, self.options.pitch) if self.options.pitch else 0.0
        altered = samples.astype(np.float64)
        if semitones:
            altered = _pitched(altered, semitones)
        if noisy:
            power = np.sqrt(np.mean(altered**2))
            altered = altered + hiss * power * 10 ** (-decibels / 20)
        if narrow:
            altered = soxr.resample(soxr.resample(altered, sample_rate, 8000), 8000, sample_rate)
        if speed != 1.0 and len(samples) / speed <= LONGEST_S * sample_rate:
            altered = soxr.resample(altered, sample_rate, sample_rate / speed)
        return np.ascontiguousarray(np.clip(altered, -1, 1), dtype=np.float32)

    def shortest(self) -> float:
        """What the fastest of the `speeds` leaves of an utterance."""
        fastest: float = max(self.options.speeds)
        return min(1.0, 1 / fastest)

    def masks(self) -> SpecAugment | None:
        """The masks that the options ask for."""
        found: SpecAugment | None = self.options.spec_augment
        return found


def _pitched(samples: NDArray[np.float64], semitones: float) -> NDArray[np.float64]:
    """`samples` raised by `semitones`, formants with them, as many as before: stretched, then played faster."""
    import numpy as np
    import soxr
    import torch
    from torchaudio.functional import phase_vocoder

    factor, hop = 2 ** (semitones / 12), 128
    window = torch.hann_window(4 * hop, dtype=torch.float64)
    spectrum = torch.stft(torch.from_numpy(samples), 4 * hop, hop, window=window, return_complex=True)
    advance = torch.linspace(0, np.pi * hop, spectrum.shape[0], dtype=torch.float64)[:, None]
    stretched = torch.istft(phase_vocoder(spectrum, 1 / factor, advance), 4 * hop, hop, window=window)
    # ratios of soxr are those of whole rates; a hundredth of a hertz in 16 kHz is not heard
    shifted = soxr.resample(stretched.numpy(), 16_000 * factor, 16_000)
    found = np.zeros(len(samples))
    found[: min(len(samples), len(shifted))] = shifted[: len(samples)]
    # the vocoder's phases do not quite fit together, which takes some of the level away
    power = np.mean(found**2)
    return found * np.sqrt(np.mean(samples**2) / power) if power > 0 else found

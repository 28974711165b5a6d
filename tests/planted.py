"""Simulated scores with known rate ratios between accents, for tests and benchmarks of the adjusted disparity.

Gender, duration and text move the error rate too, and can be spread unequally over the accents, so that the raw
ratio is wrong by a known amount.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

SENTENCES = 24


def planted_corpus(
    rng: np.random.Generator,
    ratios: Mapping[str, float],
    *,
    speakers: int = 40,
    utterances: int = 10,
    female_share: Mapping[str, float] | None = None,
    female_ratio: float = 1.3,
    rate: float = 0.15,
    speaker_sd: float = 0.3,
    text_sd: float = 0.0,
    shape: float | None = None,
    unequal: bool = False,
) -> pl.DataFrame:
    """One row per utterance.

    Parameters
    ----------
    ratios : true rate ratio by accent at equal gender; the reference has 1.
    speakers : in each accent.
    utterances : of each speaker; their mean where `unequal`.
    female_share : by accent, half where absent. Women's rate is `female_ratio` times that of men.
    speaker_sd, text_sd : of the log-normal factors of speaker and sentence.
    shape : of a gamma factor per utterance (negative binomial counts); None for Poisson counts.
    unequal : some speakers talk much more than others.
    """
    sentence_words = rng.integers(5, 16, SENTENCES)
    sentence_factor = np.exp(rng.normal(0, text_sd, SENTENCES)) if text_sd else np.ones(SENTENCES)
    frames = []
    for accent, ratio in ratios.items():
        women = round(speakers * (female_share or {}).get(accent, 0.5))
        counts = np.full(speakers, utterances)
        if unequal:
            counts = 2 + rng.poisson(rng.gamma(2.0, (utterances - 2) / 2, speakers))
        speaker = np.repeat(np.arange(speakers), counts)
        female = speaker < women
        text = rng.integers(SENTENCES, size=len(speaker))
        words = sentence_words[text]
        factor = np.exp(rng.normal(0, speaker_sd, speakers))[speaker] * sentence_factor[text]
        if shape is not None:
            factor = factor * rng.gamma(shape, 1 / shape, len(speaker))
        errors = rng.poisson(rate * ratio * words * np.where(female, female_ratio, 1.0) * factor)
        frames.append(
            pl.DataFrame(
                {
                    "speaker": [f"{accent}{index:03d}" for index in speaker],
                    "accent": accent,
                    "gender": np.where(female, "female", "male"),
                    "sentence": [f"t{index:02d}" for index in text],
                    "substitutions": errors,
                    "deletions": 0,
                    "insertions": 0,
                    "reference_length": words,
                }
            )
        )
    return pl.concat(frames)

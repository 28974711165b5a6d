from __future__ import annotations

import numpy as np
import pytest

from speechfair.exploring import voice_features as module
from speechfair.exploring.voice_features import FEATURE_NAMES, RATE, voice_features


def babble(seconds: float = 1.0, seed: int = 1) -> np.ndarray:
    """Noise bursts with pauses in very low noise."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE)
    gate = (np.arange(count) // 3_200) % 2 == 0
    return (rng.normal(size=count) * np.where(gate, 0.1, 0.001)).astype(np.float32)


def tone(hertz: float, seconds: float = 0.5) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def test_every_feature_has_a_finite_value() -> None:
    for samples in (babble(), tone(300), np.zeros(RATE, np.float32), babble()[:37], np.ones(1, np.float32)):
        found = voice_features(samples)
        assert tuple(found) == FEATURE_NAMES
        assert np.isfinite(list(found.values())).all()


def test_loudness_is_power_below_full_scale() -> None:
    # A sine of amplitude 0.3 has the power 0.045.
    assert voice_features(tone(400))["loudness_db"] == pytest.approx(10 * np.log10(0.045), abs=0.1)
    assert voice_features(np.zeros(RATE, np.float32))["loudness_db"] == pytest.approx(-100)


def test_a_gain_moves_the_loudness_and_nothing_else() -> None:
    plain, louder = voice_features(babble()), voice_features(4 * babble())
    assert louder["loudness_db"] - plain["loudness_db"] == pytest.approx(20 * np.log10(4), abs=1e-3)
    for name in FEATURE_NAMES[1:]:
        assert louder[name] == pytest.approx(plain[name], abs=0.02), name


def test_noise_lowers_the_signal_to_noise_estimate() -> None:
    rng = np.random.default_rng(2)
    clean = voice_features(babble())["snr_db"]
    noisy = voice_features((babble() + 0.03 * rng.normal(size=RATE)).astype(np.float32))["snr_db"]
    assert clean == pytest.approx(40, abs=2)  # bursts of 0.1 over pauses of 0.001
    assert noisy == pytest.approx(10 * np.log10((0.1**2 + 0.03**2) / 0.03**2), abs=2)


def test_the_cepstra_are_a_cosine_transform_of_the_log_mel_bands() -> None:
    samples = tone(440) + 0.1 * babble(0.5)
    frames = np.stack([samples[i : i + 400] for i in range(0, len(samples) - 399, 160)]).astype(np.float64)
    power = (frames**2).mean(axis=1)
    kept = frames[power >= np.median(power)]
    spectrum = np.abs(np.fft.rfft(kept * np.hamming(400), 512)) ** 2
    bands = np.log(spectrum @ module._mel_bands().T + 1e-10)
    for order in (1, 5, 12):
        wave = np.cos(np.pi * order * (np.arange(26) + 0.5) / 26) * np.sqrt(2 / 26)
        expected = (bands @ wave).mean()
        assert voice_features(samples)[f"mfcc{order}_mean"] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_a_tone_lies_in_the_mel_band_of_its_pitch() -> None:
    for hertz in (200.0, 1_000.0, 4_000.0):
        spectrum = np.abs(np.fft.rfft(tone(hertz)[:400] * np.hamming(400), 512)) ** 2
        band = int((module._mel_bands() @ spectrum).argmax())
        mels = 1127 * np.log1p(np.array([20.0, hertz, RATE / 2]) / 700)
        assert band == pytest.approx((mels[1] - mels[0]) / (mels[2] - mels[0]) * 27 - 1, abs=1)


def test_different_voices_differ_more_than_one_voice_from_itself() -> None:
    def vector(samples: np.ndarray) -> np.ndarray:
        found = voice_features(samples)
        return np.array([found[f"mfcc{i}_mean"] for i in range(1, 13)])

    low, again, high = vector(tone(150) + 0.01 * babble(0.5, 1)), None, None
    again = vector(tone(150) + 0.01 * babble(0.5, 2))
    high = vector(tone(900) + 0.01 * babble(0.5, 1))
    assert np.linalg.norm(low - again) < 0.2 * np.linalg.norm(low - high)

"""Spectrogram and level, on sounds whose spectrum and level are known."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.viewing.listening import RATE
from speechfair.viewing.sound_pictures import level_db, spectrogram


def tone(hz: float, seconds: float = 0.5, amplitude: float = 0.5) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)


@settings(max_examples=20)
@given(st.floats(300, 7700), st.floats(0.001, 1.0))
def test_a_tone_is_darkest_in_its_own_band(hz: float, amplitude: float) -> None:
    found = spectrogram(tone(hz, amplitude=amplitude))
    levels = np.frombuffer(base64.b64decode(found["levels"]), dtype=np.uint8)
    levels = levels.reshape(found["frames"], found["bands"])
    middle = levels[len(levels) // 2]
    band = hz / (found["top_hz"] / found["bands"])
    assert abs(int(middle.argmax()) + 0.5 - band) <= 1
    assert middle.max() >= 250


@pytest.mark.parametrize("n", [0, 1, 79, 80, RATE * 60])
def test_any_length_has_a_picture_of_bounded_size(n: int) -> None:
    found = spectrogram(np.zeros(n))
    levels = base64.b64decode(found["levels"])
    assert len(levels) == found["frames"] * found["bands"] <= 400 * 64
    assert not any(levels)


def test_the_level_of_a_full_sine_is_three_decibels_down() -> None:
    assert level_db(tone(1000, amplitude=1.0)) == pytest.approx(-3.01, abs=0.01)
    assert level_db(np.zeros(10)) is None

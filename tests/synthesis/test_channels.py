"""Channels: the same for a seed, as loud and as long as they promise, and never clipped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.synthesis.channels import parse_channel

RATE = 22050


def speech(seconds: float = 1.0) -> np.ndarray:
    """A gliding tone in bursts, some −12 dB."""
    time = np.arange(int(seconds * RATE)) / RATE
    return 0.25 * np.sin(2 * np.pi * (400 + 800 * time) * time) * (np.sin(8 * np.pi * time) > 0)


def through(name: str, samples: np.ndarray, seed: int = 0) -> np.ndarray:
    return parse_channel(name).apply(samples, RATE, np.random.default_rng(seed))


@pytest.mark.parametrize("name", ["noise:10", "room:0.4", "telephone", "room:0.4+noise:10+telephone"])
class TestEach:
    def test_is_the_same_for_a_seed(self, name: str) -> None:
        assert np.array_equal(through(name, speech()), through(name, speech()))
        if name != "telephone":
            assert not np.array_equal(through(name, speech()), through(name, speech(), seed=1))

    def test_keeps_the_length_and_does_not_clip(self, name: str) -> None:
        for loud in (0.0, 1.0, 4.0):
            heard = through(name, np.clip(loud * speech(), -1, 1))
            assert heard.shape == speech().shape
            assert np.isfinite(heard).all()
            assert np.abs(heard).max() <= 1.0
        assert through(name, np.zeros(0)).shape == (0,)

    def test_is_not_the_signal(self, name: str) -> None:
        assert np.abs(through(name, speech()) - speech()).max() > 0.01


@settings(deadline=None, max_examples=20)
@given(st.floats(-10, 40))
def test_noise_has_the_ratio_that_was_asked_for(snr: float) -> None:
    quiet = 0.05 * speech()
    noise = parse_channel(f"noise:{snr}").apply(quiet, RATE, np.random.default_rng(3)) - quiet
    assert 10 * np.log10(np.mean(quiet**2) / np.mean(noise**2)) == pytest.approx(snr, abs=0.01)


def test_a_room_goes_on_after_the_sound_and_falls_by_60_db_in_its_time() -> None:
    click = np.zeros(2 * RATE)
    click[0] = 0.5
    heard = through("room:0.5", click)

    def level(start: float) -> float:
        part = heard[int(start * RATE) : int((start + 0.05) * RATE)]
        return float(10 * np.log10(np.mean(part**2)))

    assert level(0.05) - level(0.3) == pytest.approx(60 * 0.25 / 0.5, abs=3)
    assert not heard[int(0.6 * RATE) :].any() or level(0.6) < level(0.05) - 60


def test_a_telephone_takes_away_what_lies_outside_its_band() -> None:
    time = np.arange(RATE) / RATE

    def kept(hertz: float) -> float:
        tone = 0.3 * np.sin(2 * np.pi * hertz * time)
        return float(np.sqrt(np.mean(through("telephone", tone) ** 2) / np.mean(tone**2)))

    assert kept(1000) == pytest.approx(1.0, abs=0.1)
    assert kept(100) < 0.2
    assert kept(6000) < 0.05


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("clean", "clean"),
        ("noise:10.0", "noise:10"),
        ("room:.6+telephone", "room:0.6+telephone"),
        ("noise:-0", "noise:0"),
    ],
)
def test_names_are_canonical(name: str, canonical: str) -> None:
    assert parse_channel(name).name == canonical
    assert parse_channel(canonical) == parse_channel(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "unknown step"),
        ("nois:10", "did you mean 'noise'"),
        ("noise", "signal-to-noise ratio"),
        ("noise:loud", "signal-to-noise ratio"),
        ("noise:nan", "signal-to-noise ratio"),
        ("noise:99", "from -10 to 60"),
        ("room:0", "reverberation time in seconds from 0.1"),
        ("telephone:8", "takes no number"),
        ("clean+noise:10", "unknown step 'clean'"),
        ("noise:10+", "unknown step"),
        (7, "not a text"),
    ],
)
def test_what_is_wrong_is_said(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_channel(name)

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speechfair.audio import AudioError, decode, load_bytes, probe
from tests.support import write_tone


def encoded(samples: np.ndarray, rate: int = 16_000, **kwargs: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, **({"format": "WAV"} | kwargs))
    return buffer.getvalue()


def test_probe_tells_digest_rate_and_length(tmp_path: Path) -> None:
    data = load_bytes(write_tone(tmp_path / "a.wav", 0.5, 8000))
    facts = probe(data)
    assert (facts.sample_rate, facts.frames, facts.channels) == (8000, 4000, 1)
    assert facts.duration_s == 0.5
    assert len(facts.sha256) == 64


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100])
def test_decode_resamples_to_the_length_it_should_have(rate: int) -> None:
    samples = decode(encoded(np.zeros(rate, np.float32), rate), 16_000)
    assert samples.dtype == np.float32
    assert abs(len(samples) - 16_000) <= 2


def test_channels_are_averaged() -> None:
    stereo = np.stack([np.full(800, 0.5), np.full(800, -0.25)], axis=1).astype(np.float32)
    assert decode(encoded(stereo, subtype="FLOAT"), 16_000) == pytest.approx(np.full(800, 0.125))


def test_a_stretch_is_cut_in_seconds() -> None:
    ramp = np.linspace(0, 0.9, 16_000).astype(np.float32)
    part = decode(encoded(ramp, subtype="FLOAT"), 16_000, 0.25, 0.5)
    assert part == pytest.approx(ramp[4000:8000])


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (0.0, 2.0, "segment ends at 2"),
        (1.5, None, "holds no audio"),
        (0.5, 0.5, "holds no audio"),
        (-1.0, 0.5, "no audio"),
    ],
)
def test_a_stretch_outside_the_audio_is_refused(start: float, end: float | None, message: str) -> None:
    with pytest.raises(AudioError, match=message):
        decode(encoded(np.zeros(16_000, np.float32)), 16_000, start, end)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"this is no audio at all, just text", "cannot be decoded"),
        (encoded(np.zeros(0, np.float32)), "no samples"),
        (encoded(np.zeros(16_000, np.float32))[:-5000], "cut short"),
        (encoded(np.ones(16_000, np.float32) * 0.1, format="FLAC")[:40], "cannot be decoded"),
    ],
)
def test_unusable_audio_says_why(data: bytes, message: str) -> None:
    with pytest.raises(AudioError, match=message):
        decode(data, 16_000)


def test_a_flac_cut_in_the_middle_is_not_a_shorter_flac() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    data = encoded(noise, format="FLAC")
    with pytest.raises(AudioError):
        decode(data[: len(data) // 2], 16_000)


def test_samples_that_are_not_finite_are_refused() -> None:
    samples = np.zeros(1600, np.float32)
    samples[7] = np.nan
    with pytest.raises(AudioError, match="not finite"):
        decode(encoded(samples, subtype="FLOAT"), 16_000)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="missing"):
        load_bytes(tmp_path / "no.wav")
    with pytest.raises(AudioError, match="cannot be read"):
        load_bytes(tmp_path)

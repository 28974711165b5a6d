"""One sound in every form in which phones, browsers and pipes write it: decoded alike, or a failure that says why."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from speechfair.audio import AudioError, current_digest, decode, one_channel, probe
from speechfair.curating.corpus_facts import look_at
from speechfair.types import Utterance

RATE = 16_000
FORMS = {
    "m4a": ("mp4", "aac", RATE, {}),
    "mov": ("mov", "aac", 44_100, {}),
    "aac": ("adts", "aac", RATE, {}),
    "3gp": ("3gp", "aac", RATE, {}),
    "webm": ("webm", "libopus", 48_000, {}),
    "mka": ("matroska", "flac", RATE, {}),
    "wma": ("asf", "wmav2", RATE, {}),
    "mp3": ("mp3", "libmp3lame", RATE, {}),
    "mp3-no-length": ("mp3", "libmp3lame", RATE, {"write_xing": "0"}),
    "mp3-no-tag": ("mp3", "libmp3lame", 44_100, {"write_xing": "0", "id3v2_version": "0"}),
    "ogg": ("ogg", "libopus", 48_000, {}),
    "flac": ("flac", "flac", RATE, {}),
    "wav": ("wav", "pcm_s16le", RATE, {}),
    "mulaw": ("wav", "pcm_mulaw", 8_000, {}),
}


def tone(seconds: float = 2.0, rate: int = RATE, hertz: float = 300.0) -> NDArray[np.float32]:
    """A tone whose loudness rises, so that a shifted copy is another one."""
    times = np.arange(round(seconds * rate)) / rate
    return (0.6 * times / seconds * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def written(form: str, seconds: float = 2.0, **more: str) -> bytes:
    kind, codec, rate, options = FORMS[form]
    made = io.BytesIO()
    with av.open(made, "w", format=kind, options={**options, **more}) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        stream.bit_rate = 64_000
        samples = tone(seconds, rate)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        into = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate)
        for part in (*into.resample(frame), *into.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return made.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_decodes_to_the_same_sound(form: str, tmp_path: Path) -> None:
    data = written(form)
    path = tmp_path / f"a.{form}"
    path.write_bytes(data)
    facts = probe(data)
    assert facts == probe(path)
    assert facts.sha256 == current_digest(path)
    assert facts.duration_s == pytest.approx(
        2.0, abs=0.12
    )  # a codec's frames, and what it writes before the first
    heard = decode(data, RATE)
    np.testing.assert_array_equal(heard, decode(path, RATE))
    assert len(heard) == pytest.approx(facts.duration_s * RATE, abs=2)
    want = tone()
    shifts = range(0, 2400, 1) if form.startswith("mp3-") else range(0, 800)
    short = want[4000:30_000]
    best = max(
        float(np.dot(heard[4000 + s : 30_000 + s][: len(short)], short))
        for s in shifts
        if len(heard) >= 30_000 + s
    )
    assert best > 0.9 * float(np.dot(short, short))


@pytest.mark.parametrize("form", FORMS)
def test_an_audit_and_a_check_read_alike(form: str, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(written(form))
    look = look_at(Utterance("u", path, "x", "eng", "s"))
    assert not isinstance(look, str), look
    assert look.duration_s == probe(path).duration_s
    part = look_at(Utterance("u", path, "x", "eng", "s", (), 0.5, 1.25))
    assert not isinstance(part, str)
    assert part.duration_s == pytest.approx(0.75, abs=1e-3)


@pytest.mark.parametrize(
    "form", ["m4a", "webm", "mka", "mp3", "mp3-no-length", "flac", "wav", "3gp", "mulaw"]
)
def test_a_file_cut_in_the_middle_is_a_failure(form: str) -> None:
    data = written(form)
    for share in (0.3, 0.62, 0.9):
        with pytest.raises(AudioError):
            decode(data[: int(len(data) * share)], RATE)


@pytest.mark.parametrize("form", ["m4a", "mka", "webm"])
def test_a_late_stretch_is_looked_up_and_equals_the_whole(form: str) -> None:
    data = written(form, 30.0)
    whole = decode(data, RATE)
    part = decode(data, RATE, 24.0, 25.5)
    assert float(np.max(np.abs(part[200:-200] - whole[24 * RATE :][200 : len(part) - 200]))) < 0.02


@pytest.mark.parametrize("left", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0xFFFFFFDB, 0x7FFFFFDB])
def test_a_wav_written_to_a_pipe_is_read_to_its_end(left: int) -> None:
    made = io.BytesIO()
    soundfile.write(made, tone(), RATE, format="WAV", subtype="PCM_16")
    data = bytearray(made.getvalue())
    place = data.index(b"data") + 4
    data[place : place + 4] = struct.pack("<I", left)
    data[4:8] = struct.pack("<I", min(left + 36, 0xFFFFFFFF))
    assert probe(bytes(data)).frames == 2 * RATE
    np.testing.assert_array_equal(decode(bytes(data), RATE), decode(made.getvalue(), RATE))


@pytest.mark.parametrize(
    ("kind", "subtype"), [("WAV", "PCM_16"), ("AIFF", "PCM_16"), ("AU", "PCM_16"), ("RF64", "PCM_16")]
)
def test_a_header_that_promises_more_is_a_failure(kind: str, subtype: str) -> None:
    made = io.BytesIO()
    soundfile.write(made, tone(), RATE, format=kind, subtype=subtype)
    assert probe(made.getvalue()).frames == 2 * RATE
    with pytest.raises(AudioError, match="cut short"):
        probe(made.getvalue()[:-1000])


def test_joined_mp3s_are_heard_to_the_end() -> None:
    for form in ("mp3", "mp3-no-length"):
        data = written(form)
        assert probe(data + data).duration_s == pytest.approx(4.0, abs=0.25)
        assert len(decode(data + data, RATE)) == pytest.approx(4 * RATE, abs=0.25 * RATE)


def test_a_video_without_sound_and_a_text_say_so() -> None:
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        container.mux(
            stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24"))
        )
        container.mux(stream.encode(None))
    with pytest.raises(AudioError, match="no audio stream"):
        decode(made.getvalue(), RATE)


def test_a_channel_is_its_own_and_never_the_average() -> None:
    pair = np.stack([tone(), tone(hertz=700)], axis=1)
    made = io.BytesIO()
    soundfile.write(made, pair, RATE, format="WAV", subtype="FLOAT")
    for channel in (0, 1):
        np.testing.assert_array_equal(decode(made.getvalue(), RATE, channel=channel), pair[:, channel])
    with pytest.raises(AudioError, match="channel 2 is asked for, but the audio has channels 0 to 1"):
        decode(made.getvalue(), RATE, channel=2)


@pytest.mark.parametrize("second", [-1.0, -0.9, -1.05])
def test_channels_of_opposite_phase_are_named(second: float) -> None:
    sound = np.stack([tone(), second * tone()], axis=1)
    with pytest.raises(AudioError, match="cancel each other when averaged"):
        one_channel(sound)
    np.testing.assert_array_equal(one_channel(sound, 1), sound[:, 1])


def test_two_speakers_silence_and_one_silent_channel_do_not_cancel() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (RATE, 8)).astype(np.float32)
    for sound in (noise, noise[:, :2], noise[:, :2] * [0, 1], np.zeros((RATE, 2), np.float32)):
        assert len(one_channel(np.asarray(sound, np.float32))) == RATE


def test_a_missing_file_names_the_one_that_is_meant(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "Upper.WAV", tone(), RATE)
    for name in ("upper.wav", "Upper.flac"):
        with pytest.raises(AudioError, match=r"missing; its folder holds 'Upper\.WAV'"):
            probe(tmp_path / name)

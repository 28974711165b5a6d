"""Arranged recordings: what is planted is in the sound, the words are the same, and the bytes are always the same."""

from __future__ import annotations

import wave
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from speechfair.errors import InputError
from speechfair.synthesis.arranged import (
    EVENTS,
    MOST_VOICES,
    ArrangedAccents,
    ArrangedJapanese,
    Arrangement,
    Piece,
)
from speechfair.types import Utterance

WORDS = "the train was late"


def arrangement(name: str, *, channel: str = "clean", **second: object) -> Arrangement:
    """The words twice; the second time as given."""
    return Arrangement(name, (Piece(f"{WORDS}."), Piece(f"{WORDS}.", pause_s=0.4, **second)), channel)  # type: ignore[arg-type]


MADE = (
    arrangement("usual"),
    arrangement("louder", gain_db=9.0),
    arrangement("faster", tempo=1.4),
    arrangement("partner", partner=True),
    arrangement("beep", event="beep"),
    arrangement("telephone", channel="telephone"),
)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[np.ndarray, int]]:
    """Samples and rate by name."""
    corpus = ArrangedAccents(
        tmp_path_factory.mktemp("arranged"), MADE, voices=1, first_languages="jpn", strengths=(1.0,)
    )
    assert len(corpus) == 2 * len(MADE)
    reference = (row for row in islice(corpus, len(MADE)) if isinstance(row, Utterance))
    return {str(row.text): samples(Path(str(row.audio))) for row in reference}


def samples(path: Path) -> tuple[np.ndarray, int]:
    with wave.open(str(path)) as file:
        frames = file.readframes(file.getnframes())
        return np.frombuffer(frames, "<i2") / 32768, file.getframerate()


def power(sound: np.ndarray, rate: int, low: float, high: float) -> float:
    """Share of the power between two frequencies."""
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / rate)
    return float(spectrum[(hertz >= low) & (hertz < high)].sum() / spectrum.sum())


def test_loudness_rate_voice_event_and_channel_are_in_the_sound(
    heard: dict[str, tuple[np.ndarray, int]],
) -> None:
    usual, rate = heard["usual"]
    half = len(usual) // 2

    def ratio(name: str) -> float:
        sound = heard[name][0]
        first, last = sound[:half], sound[half:]
        return float(np.sqrt((last**2).mean() / (first**2).mean()))

    assert ratio("louder") > 2 * ratio("usual")
    assert len(heard["faster"][0]) < 0.92 * len(usual)
    assert np.array_equal(heard["partner"][0][: half // 2], usual[: half // 2])
    assert not np.array_equal(heard["partner"][0][half:], usual[half : len(heard["partner"][0])])
    assert power(heard["beep"][0], rate, 980, 1020) > 5 * power(usual, rate, 980, 1020)
    assert power(heard["telephone"][0], rate, 4000, rate / 2) < 0.1 * power(usual, rate, 4000, rate / 2)


def test_the_same_bytes_again(heard: dict[str, tuple[np.ndarray, int]], tmp_path: Path) -> None:
    again = ArrangedAccents(tmp_path, MADE[:1], voices=1, first_languages="jpn", strengths=(1.0,))
    row = next(row for row in again if isinstance(row, Utterance))
    assert np.array_equal(samples(Path(str(row.audio)))[0], heard["usual"][0])


@pytest.mark.parametrize("name", EVENTS)
def test_events_are_short_finite_and_not_too_loud(name: str) -> None:
    sound = EVENTS[name](22_050)
    assert 0.2 < len(sound) / 22_050 < 1.5
    assert np.isfinite(sound).all()
    assert 0.1 < np.abs(sound).max() <= 0.95


def test_too_many_voices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"from 1 to {MOST_VOICES}"):
        ArrangedAccents(tmp_path, MADE, voices=MOST_VOICES + 1)


def test_japanese_pieces_are_read_and_a_question_sounds_otherwise(tmp_path: Path) -> None:
    """Kanji are read; the words of a question and of a statement are the same, their sound is not."""
    pytest.importorskip("pyopenjtalk")
    said = ("電車が遅れました。", "電車が遅れました?", "りんごを三つ、")
    made = [Arrangement(piece, (Piece(piece),)) for piece in said]
    corpus = ArrangedJapanese(tmp_path, made, voices=1, first_languages="eng", strengths=(1.0,))
    sounds = [samples(Path(str(row.audio)))[0] for row in islice(corpus, 3) if isinstance(row, Utterance)]
    assert all(len(sound) > 8_000 for sound in sounds)
    assert not np.array_equal(sounds[0], sounds[1])
    assert corpus.reading("りんごを三つ、") == "リンゴヲミッツ、"

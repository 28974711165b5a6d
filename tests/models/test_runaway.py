"""What counts as a runaway decode."""

from __future__ import annotations

import pytest

from speechfair.models.runaway import DEFAULT, Thresholds, compression_ratio, suspicion


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [
        ("", 3.0),
        ("No doubt he was very good and all that.", 4.5),
        ("It is going to be so, so, so, so much fun.", 4.2),
        ("I, I, I, I, I will either, we, I, I love those are of it.", 9.5),
        ("five five five five", 1.2),
        (
            "それで海の中へ落ちたことが初めて分かりました。箱は私の体やかぐなどの重みで水の中に下りながら浮いています。",
            9.0,
        ),
    ],
)
def test_ordinary_speech_is_not_suspicious(text: str, duration_s: float) -> None:
    assert suspicion(text, duration_s) is None


@pytest.mark.parametrize(
    ("text", "duration_s", "sign"),
    [
        ("The boy, " * 30, 60.0, "compression ratio"),
        ("I, " * 90, 60.0, "compression ratio"),
        (
            "go to the hotel, and then I want to be seen by people of great note in town",
            1.5,
            "18 words in 1.5 s",
        ),
        (
            "僕はこの町で一番古い家に住んでいて、毎朝六時に起きて犬と川まで歩き、橋の上で友だちと長く話す",
            0.5,
            "characters in",
        ),
    ],
)
def test_runaways_are_suspicious_for_the_right_reason(text: str, duration_s: float, sign: str) -> None:
    found = suspicion(text, duration_s)
    assert found is not None
    assert sign in found


def test_a_decode_cut_off_at_its_limit_is_suspicious_whatever_it_says() -> None:
    assert suspicion("fine", 5.0) is None
    assert suspicion("fine", 5.0, hit_limit=True) is not None


def test_word_limit_is_not_crossed_at_the_limit_itself() -> None:
    words = ["aa", "b", "c", "dd", "e", "f", "gg", "h", "i"]
    assert suspicion(" ".join(words), 1.0) is None
    assert suspicion(" ".join([*words, "j"]), 1.0) == "10 words in 1.0 s of audio"


def test_short_texts_are_not_judged_by_repetition() -> None:
    text = "no " * 12
    assert compression_ratio(text) > DEFAULT.compression_ratio
    assert suspicion(text, 10.0) is not None
    assert suspicion(text, 10.0, thresholds=Thresholds(min_characters=len(text) + 1)) is None


def test_empty_text_has_ratio_zero() -> None:
    assert compression_ratio("") == 0.0

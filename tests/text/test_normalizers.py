from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError
from speechfair.text import NORMALIZERS, load_normalizer
from speechfair.text.normalizers import current_name, recorded_normalizer


@pytest.mark.parametrize("name", ["verbatim", "basic"])
@given(text=st.text(max_size=40))
def test_normalising_twice_changes_nothing(name: str, text: str) -> None:
    once = load_normalizer(name)(text)
    assert load_normalizer(name)(once) == once


@pytest.mark.parametrize("name", sorted(NORMALIZERS))
@settings(deadline=None, max_examples=50)
@given(text=st.text(max_size=40))
def test_results_are_words_separated_by_single_blanks(name: str, text: str) -> None:
    result = load_normalizer(name)(text)
    assert result == " ".join(result.split())


@pytest.mark.parametrize("name", sorted(NORMALIZERS))
def test_names_and_versions_are_told(name: str) -> None:
    normalizer = load_normalizer(name)
    assert normalizer.name == name
    assert normalizer.version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Smith isn't here", "mister smith is not here"),
        ("twenty-one colours", "21 colors"),
        ("[laughter] um okay", "okay"),
    ],
)
def test_whisper_english_is_openais(text: str, expected: str) -> None:
    for name in ("whisper-english-strict", "whisper-english"):
        assert load_normalizer(name)(text) == expected


def test_basic_keeps_letters_of_any_script() -> None:
    assert (
        load_normalizer("basic")("Ｈｅｌｌｏ、世界! Çok güzel — n'est-ce pas?")
        == "hello 世界 çok güzel n'est ce pas"
    )


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'whisper-english'"):
        load_normalizer("whisper-englsh")


def test_run_folders_of_before_get_the_normaliser_that_they_were_scored_with() -> None:
    before, now = recorded_normalizer("basic"), load_normalizer("basic")
    assert (before.version[0], before("don\u2019t 2026 \u00adx")) == ("1", "don't 2026 x")
    assert (now.version[0], now("don\u2019t 2026 \u00adx")) == ("2", "don't 2 0 2 6 x")
    assert recorded_normalizer("whisper-english")("twenty-one") == "21"
    assert current_name("whisper-english") == "whisper-english-strict"


def test_invisible_characters_do_not_change_a_japanese_reading() -> None:
    pytest.importorskip("pyopenjtalk")
    normalise = load_normalizer("japanese")
    assert normalise("二十\u200b三円\ufeff") == normalise("23円")

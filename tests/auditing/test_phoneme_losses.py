"""Phonemes of misheard words: as espeak-ng reads them, counted by speakers, and a reason where there are none."""

from __future__ import annotations

import polars as pl
import pytest

from speechfair.auditing import phoneme_losses
from speechfair.auditing.phoneme_losses import phonemes_by_axis
from speechfair.auditing.word_losses import WordCount
from speechfair.errors import MissingExtraError
from speechfair.synthesis import espeak


def scores(language: str | None = "eng") -> pl.DataFrame:
    """Six speakers of whom the Japanese hear and say /l/ for /r/."""
    rows = [
        {
            "utterance_id": f"{group}{i}",
            "speaker": f"{group}{i}",
            "language": language,
            "labels": [{"axis": "l1", "value": group, "source": "corpus"}],
            "reference": "the right road",
            "hypothesis": "the light road" if group == "jpn" else "the right",
            "excluded": None,
            "failed": False,
            "substitutions": int(group == "jpn"),
            "deletions": int(group != "jpn"),
            "insertions": 0,
        }
        for group in ("jpn", "eng")
        for i in range(3)
    ]
    return pl.DataFrame(rows, schema_overrides={"excluded": pl.String, "language": pl.String})


def test_a_confusion_of_sounds_is_found_in_the_words() -> None:
    found = phonemes_by_axis(scores(), ["l1"], "words")
    assert isinstance(found, dict)
    by_group = {one.group: one for one in found["l1"]}
    assert by_group["jpn"].substituted == (WordCount("ɹ", "l", 3, 3),)
    assert by_group["eng"].substituted == ()  # a lost word tells nothing about its sounds


@pytest.mark.parametrize(("language", "tokens"), [(None, "words"), ("eng", "characters"), ("zzj", "words")])
def test_a_reason_stands_where_there_are_none(language: str | None, tokens: str) -> None:
    found = phonemes_by_axis(scores(language), ["l1"], tokens)
    assert isinstance(found, str)
    assert len(found) > 20


def test_counts_have_no_phonemes() -> None:
    counts = scores(None).drop("reference", "hypothesis")
    assert phonemes_by_axis(counts, ["l1"], "words") == (
        "counts were imported, so there are no texts whose phonemes could be compared"
    )


def test_without_espeak_the_page_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise MissingExtraError("it", "espeakng-loader", "synth")

    monkeypatch.setattr(espeak, "engine", missing)
    assert "speechfair[synth]" in str(phonemes_by_axis(scores(), ["l1"], "words"))


def test_only_the_most_frequent_words_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phoneme_losses, "MOST_WORDS", 1)
    found = phonemes_by_axis(scores(), ["l1"], "words")
    assert isinstance(found, dict)
    assert not any(one.substituted for one in found["l1"])

"""A whole search over made-up tones: fast speakers who are served worse are found, and nothing where nothing is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from speechfair.auditing.run import audit, prepare
from speechfair.errors import InputError, RunFolderError
from speechfair.exploring.discovery import discover
from speechfair.testing import Scripted
from speechfair.types import Label, Utterance
from tests.support import ListCorpus, small_corpus, write_tone

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
SPEAKERS = 48


def make(folder: Path, extra_wrong: int, speaker_ids: bool = True) -> Path:
    """A scored run; every third speaker talks twice as fast, and has `extra_wrong` more wrong words."""
    rng = np.random.default_rng(1)
    rows, texts = [], {}
    for s in range(SPEAKERS):
        fast = s % 3 == 0
        talent = rng.integers(0, 3)
        for u in range(3):
            name = f"s{s:02d}-{u}"
            path = write_tone(folder / "wav" / f"{name}.wav", (0.3 if fast else 0.6) + 0.02 * rng.random())
            label = Label("town", "north" if fast or s % 7 == 0 else "south", "corpus")
            speaker = f"s{s:02d}" if speaker_ids or s < 10 else None
            rows.append(Utterance(name, path, " ".join(WORDS), "eng", speaker, (label,)))
            wrong = int(min(10, talent + rng.integers(0, 2) + (extra_wrong if fast else 0)))
            texts[name] = " ".join(["wrong"] * wrong + WORDS[wrong:])
    audit(ListCorpus(rows, folder / "wav"), Scripted(texts), out=folder / "run")
    return folder / "run"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("planted"), 4)


def test_the_planted_slice_is_found_and_described(planted: Path) -> None:
    seen: list[tuple[int, int]] = []
    result = discover(planted, observe=lambda done, total: seen.append((done, total)))
    best = result.slices[0]
    assert best.found
    assert set(best.speakers) == {f"s{s:02d}" for s in range(0, SPEAKERS, 3)}
    assert best.ratio.low is not None
    assert best.ratio.low > 1
    marks = {mark.feature: mark for mark in best.marks}
    assert marks["speech_rate"].inside == pytest.approx(10 / 0.31, rel=0.05)
    assert marks["speech_rate"].outside == pytest.approx(10 / 0.61, rel=0.05)
    assert marks["speech_rate"].distance > 1.5
    (label,) = best.labels
    assert (label.axis, label.value, label.inside) == ("town", "north", 1.0)
    assert label.outside < 0.3
    assert (result.n_speakers, result.n_left_out) == (SPEAKERS, 0)
    assert seen[-1] == (SPEAKERS, SPEAKERS)
    text = str(result)
    assert "1. FOUND" in text
    assert "town north: 100 % of its speakers" in text
    content = json.loads(result.to_json())
    assert content["schema"] == "speechfair/discovery/1"
    assert content["slices"][0]["found"] is True
    assert "snr_db" in content["features"]


def test_it_can_be_repeated_and_needs_no_audio(planted: Path) -> None:
    first, again = (discover(planted, audio=False, seed=3) for _ in "ab")
    assert first == again
    assert first.features == ("speech_rate", "duration_s")
    assert first.slices[0].found


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    result = discover(make(tmp_path, 0))
    assert not any(part.found for part in result.slices)
    assert "0 slices" in str(result)
    assert "no proof that there is none" in str(result)


def test_what_cannot_be_heard_is_noted(tmp_path: Path) -> None:
    run = make(tmp_path, 4)
    for u in range(3):
        (tmp_path / "wav" / f"s01-{u}.wav").unlink()
    (tmp_path / "wav" / "s02-0.wav").write_bytes(b"no audio")
    result = discover(run)
    assert (result.n_speakers, result.n_left_out) == (SPEAKERS - 1, 1)
    assert result.notes[0].startswith("4 utterances could not be listened to (first: s01-")
    assert result.notes[1] == "1 speakers could not be listened to at all and are left out"
    assert discover(run, audio=False).notes == ()


def test_bad_input_is_named(planted: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="utterances is 0"):
        discover(planted, utterances=0)
    with pytest.raises(RunFolderError, match="not a run folder"):
        discover(tmp_path)
    with pytest.raises(InputError, match="10 speakers with an id can be measured"):
        discover(make(tmp_path / "nobody", 0, speaker_ids=False))
    corpus = small_corpus(tmp_path / "wav")
    prepare(corpus, tmp_path / "prepared")
    with pytest.raises(RunFolderError, match="speechfair transcribe"):
        discover(tmp_path / "prepared")

"""Rows of the synthetic accents in a training: beside or instead, counted, the same again, nobody evaluated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechfair.debias.data.training_data import TrainingData
from speechfair.debias.data.training_rows import gather, refuse_overlap
from speechfair.debias.methods.accent_augment import AccentAugment, AccentAugmentOptions
from speechfair.debias.training.fine_tuning import Training
from speechfair.debias.training.pieces import load_pieces
from speechfair.errors import InputError
from speechfair.synthesis.synthetic import SyntheticAccents
from tests.debias.tiny import accents, recipe, speech, whisper_folder

pytest.importorskip("espeakng_loader", reason="pip install 'speechfair[synth]'")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    whisper_folder(folder / "model", seconds=3)
    speech(folder, "train", accents("t", 4, 3), per_speaker=2)
    speech(folder, "test", accents("e", 2, 2), per_speaker=1)
    return folder


def gathered(home: Path, folder: Path, synthetic: dict[str, Any] | None, **changes: Any) -> TrainingData:
    options = {} if synthetic is None else {"synthetic": {"voices": 3, **synthetic}}
    method = {"name": "accent_augment", "options": options}
    return gather(recipe(home, home / "model", method=method, **changes), folder)


def test_without_the_option_nothing_is_made(home: Path, tmp_path: Path) -> None:
    data = gathered(home, tmp_path, None)
    assert data.added == {}
    assert data == gather(recipe(home, home / "model"), tmp_path)
    assert not (tmp_path / "audio").exists()


def test_made_rows_join_say_the_same_texts_and_are_counted(home: Path, tmp_path: Path) -> None:
    plain, data = gathered(home, tmp_path, None), gathered(home, tmp_path, {"share": 0.5})
    made = data.train[len(plain.train) :]
    assert data.train[: len(plain.train)] == plain.train
    assert data.dev == plain.dev, "the watched speakers are real"
    assert (
        len(made)
        == round(0.5 * len(plain.train))
        == data.added["rows"]
        == sum(data.added["by_accent"].values())
    )
    assert data.added["replaced"] == 0
    for row in made:
        drawn = plain.train[int(row.id.split("/")[1])]
        assert (row.text, row.group, row.language) == (drawn.text, drawn.group, drawn.language)
        assert row.audio.is_relative_to(tmp_path / "audio" / "synthetic")
        assert row.speaker in {"m6", "f2", "m2"}
        assert row.audio_sha256 != drawn.audio_sha256
    assert len({row.id for row in data.train}) == len(data.train)
    by_group = {row["group"]: row["train_utterances"] for row in data.table()}
    for row in plain.table():
        assert by_group[row["group"]] == row["train_utterances"] + data.added["by_group"].get(row["group"], 0)
    assert gathered(home, tmp_path, {"share": 0.5}) == data, "the same again"
    other = gathered(home, tmp_path, {"share": 0.5}, seed=1)
    assert other.digests[-1] != data.digests[-1]
    assert len(data.digests) == len(plain.digests) + 1, "what was made is part of what the run is"


def test_made_rows_replace_and_may_say_the_corpus_s_own_texts(home: Path, tmp_path: Path) -> None:
    plain = gathered(home, tmp_path, None)
    asked = {"share": 1.0, "how": "replace", "texts": 2, "first_languages": ["jpn"], "strengths": [1.0]}
    data = gathered(home, tmp_path, asked)
    assert len(data.train) == len(plain.train) == data.added["replaced"] == data.added["rows"]
    assert data.added["by_accent"] == {"synthetic Japanese English": len(plain.train)}
    own = {item.text for item in SyntheticAccents(tmp_path, texts=2, voices=1, first_languages=["jpn"])}
    assert {row.text for row in data.train} == own
    assert [row.group for row in data.train] == [row.group for row in plain.train]


def test_what_cannot_be_said_or_is_too_long_is_counted(home: Path, tmp_path: Path) -> None:
    lines = (home / "train.csv").read_text().splitlines()
    spoilt = [lines[0], *(line.replace(",mi,", ",3 !,").replace("ti do", "[[x]]") for line in lines[1:])]
    (home / "spoilt.csv").write_text("\n".join(spoilt))
    source = [{"corpus": "manifest", "options": {"manifest": str(home / "spoilt.csv")}}]
    data = gathered(home, tmp_path, {"share": 1.0}, train=source)
    unsaid = sum(row.text in ("3 !", "[[x]]") for row in data.train)
    assert unsaid > 0
    assert data.added["left_out"] == {"text that espeak-ng cannot say": unsaid}
    assert data.added["rows"] + 2 * unsaid == len(data.train) - data.added["rows"] + unsaid
    short = gathered(home, tmp_path, {"share": 1.0}, max_seconds=0.9)
    assert short.added["left_out"]["longer than 0.9 s"] > 0


def test_a_voice_that_is_also_evaluated_is_refused(home: Path, tmp_path: Path) -> None:
    from speechfair.running.run_manifest import build_manifest

    data = gathered(home, tmp_path, {"share": 0.5})
    theirs = build_manifest(
        SyntheticAccents(tmp_path / "theirs", voices=3, texts=1, first_languages=["spa"]), tmp_path
    )
    with pytest.raises(InputError, match=r"speakers of the evaluation 'planted' are also training or"):
        refuse_overlap(data, theirs, "planted")


def test_another_language_and_a_misspelt_option_are_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"option 'synthetic\.share'"):
        gathered(home, tmp_path, {"share": 2})
    with pytest.raises(InputError, match="no accent rules for first language 'xyz'"):
        gathered(home, tmp_path, {"first_languages": ["xyz"]})
    source = [{"corpus": "manifest", "options": {"manifest": str(home / "train.csv"), "language": "deu"}}]
    with pytest.raises(InputError, match="training rows are in 'deu'"):
        gathered(home, tmp_path, {"share": 0.5}, train=source)


def test_they_are_trained_on_and_recorded(home: Path, tmp_path: Path) -> None:
    method = {"name": "accent_augment", "options": {"synthetic": {"voices": 2}, "pitch": 2.0}}
    chosen = recipe(home, home / "model", method=method, steps=1)
    data = gather(chosen, tmp_path)
    record = Training(
        chosen, data, load_pieces(chosen.model, None), tmp_path / "training", lambda _: None, on_cpu=True
    ).run(tmp_path / "model")
    assert record["added"] == dict(data.added)
    assert sum(record["draws_by_group"].values()) == chosen.batch


def loudest_hz(samples: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * 16_000 / len(samples))


@pytest.mark.parametrize("pitch", [0.0, 4.0])
def test_pitch_moves_the_tone_and_keeps_the_length(pitch: float) -> None:
    method = AccentAugment(AccentAugmentOptions(speeds=[1.0], noise=0, telephone=0, pitch=pitch))
    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype(np.float32)
    heard = [loudest_hz(method.alter(tone, 16_000, np.random.default_rng(seed))) for seed in range(6)]
    assert all(440 * 2 ** (-pitch / 12) - 3 <= hz <= 440 * 2 ** (pitch / 12) + 3 for hz in heard)
    if pitch:
        assert max(heard) - min(heard) > 40
    else:
        assert set(heard) == {440.0}
    one, other = (method.alter(tone, 16_000, np.random.default_rng(5)) for _ in range(2))
    assert len(one) == len(tone)
    assert one.tolist() == other.tolist()
    assert np.sqrt(np.mean(one**2)) == pytest.approx(np.sqrt(np.mean(tone**2)), rel=0.1)

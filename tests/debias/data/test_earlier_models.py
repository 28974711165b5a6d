"""Finished models that heard the development or evaluation speakers are not combined."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from speechfair.corpora import load_corpus
from speechfair.debias.data.earlier_models import earlier_model, note_speakers, unrecorded
from speechfair.debias.data.training_data import TrainingData
from speechfair.debias.data.training_rows import gather, refuse_overlap
from speechfair.errors import InputError, RunFolderError
from speechfair.running.run_manifest import build_manifest
from tests.debias.tiny import accents, recipe, speech


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("earlier")
    speech(folder, "train", accents("t", 4, 4), per_speaker=1)
    speech(folder, "test", accents("e", 1, 1), per_speaker=1)
    return folder


def plain(home: Path, seed: int) -> TrainingData:
    return gather(recipe(home, home / "base", seed=seed), home)


def finished(run: Path, data: TrainingData) -> str:
    (run / "training").mkdir(parents=True)
    note_speakers(run / "training", data, () if data.earlier else data.train)
    return str(run / "model")


def combined(home: Path, *models: str, method: str = "merge") -> TrainingData:
    options: dict[str, Any] = {"models": list(models)} if method == "merge" else {"trained": list(models)}
    return gather(recipe(home, home / "base", seed=0, method={"name": method, "options": options}), home)


@pytest.mark.parametrize("method", ["merge", "average"])
def test_runs_of_one_seed_are_combined_and_of_others_refused(home: Path, tmp_path: Path, method: str) -> None:
    ours, theirs = plain(home, 0), plain(home, 1)
    watched = {row.speaker for row in ours.dev}
    heard = len(watched & {row.speaker for row in theirs.train})
    assert heard
    same, other = finished(tmp_path / "same", ours), finished(tmp_path / "other", theirs)
    assert combined(home, same, method=method).dev == ours.dev
    with pytest.raises(InputError, match=rf"other/model was trained on {heard} speaker.* development set"):
        combined(home, same, other, method=method)


def test_a_model_of_models_answers_for_all_of_them(home: Path, tmp_path: Path) -> None:
    other = plain(home, 1)
    merged = replace(plain(home, 0), earlier=(earlier_model(Path(finished(tmp_path / "other", other))),))
    with pytest.raises(InputError, match="was trained on"):
        combined(home, finished(tmp_path / "merged", merged))


@pytest.mark.parametrize("part", ["trained", "development"])
def test_evaluation_speakers_were_neither_trained_on_nor_chosen_by(
    home: Path, tmp_path: Path, part: str
) -> None:
    model = Path(finished(tmp_path / "run", plain(home, 0)))
    path = tmp_path / "run" / "training" / "speakers.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, part: [*content[part], "ex0"]}))
    data = combined(home, str(model))
    manifest = build_manifest(load_corpus("manifest", manifest=str(home / "test.csv")), home)
    with pytest.raises(InputError, match=r"1 speaker of the evaluation 'target' \(first: 'ex0'\)"):
        refuse_overlap(data, manifest, "target")


def test_a_run_without_record_is_named(home: Path, tmp_path: Path) -> None:
    known = earlier_model(Path(finished(tmp_path / "run", plain(home, 0))))
    unknown = earlier_model(tmp_path / "old" / "model")
    assert unrecorded([known]) == []
    (note,) = unrecorded([known, unknown])
    assert "1 combined model of 2" in note
    assert "place 2" in note
    (tmp_path / "run" / "training" / "speakers.json").write_text("{}")
    with pytest.raises(RunFolderError, match="no record of a training's speakers"):
        earlier_model(tmp_path / "run" / "model")

"""Self-training with a scripted teacher: planted wrong transcripts are left out, and the correction is arithmetic."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from speechfair.debias.data.training_data import Row
from speechfair.debias.data.training_rows import gather, split_rows
from speechfair.debias.training.fine_tuning import Training
from speechfair.debias.training.task_vectors import own_weights
from speechfair.errors import InputError
from speechfair.models import from_callable
from tests.debias.tiny import accents, own_pieces, recipe, speech, whisper_folder

LOOP = "you know " * 30


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("self-train")
    whisper_folder(folder / "model")
    speech(folder, "train", accents("t", 3, 2), per_speaker=2)
    speech(folder, "source", accents("s", 1, 1), per_speaker=2)
    return folder


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Texts of the teacher and of the model itself, in the order in which they are asked."""
    texts: dict[str, list[str]] = {"teacher": [], "own": []}

    def load(*_: Any, **__: Any) -> Any:
        return from_callable(lambda samples, rate: texts["teacher"].pop(0), name="teacher", version="1")

    def own(self: Training, rows: Sequence[Row]) -> list[str]:
        return [texts["own"].pop(0) for _ in rows]

    monkeypatch.setattr("speechfair.models.load_model", load)
    monkeypatch.setattr(Training, "transcripts", own)
    return texts


def training(home: Path, folder: Path, options: dict[str, Any], **changes: Any) -> Training:
    method = {"name": "self_train", "options": {"teacher": "scripted", **options}}
    chosen = recipe(
        home, home / "model", **{"method": method, "window": 2, "dev": {"max_utterances": 2}, **changes}
    )
    folder.mkdir(parents=True, exist_ok=True)
    return Training(
        chosen, gather(chosen, home), own_pieces(chosen.model), folder, lambda _: None, on_cpu=True
    )


def test_planted_wrong_transcripts_are_left_out(
    home: Path, tmp_path: Path, script: dict[str, list[str]]
) -> None:
    run = training(home, tmp_path / "run", {})
    n = len(run.data.train)
    script["teacher"] = ["", LOOP, "quite another thing", *["red blue"] * (n - 3)]
    script["own"] = ["red blue", LOOP, "red blue", *["red"] * (n - 4), "Red, blue!"]
    run.method.prepare(run)
    rows = run.method.rows(run)
    assert {row.text for row in rows} == {"red blue"}, "the teacher's texts, not those of the corpus"
    assert [row.id for row in rows] == [row.id for row in run.data.train[3:]]
    again = training(home, tmp_path / "run", {})
    again.method.prepare(again)
    assert again.method.rows(again) == rows, "the teacher is asked once"
    strict = training(home, tmp_path / "run", {"disagreement": 0.0})
    with pytest.raises(InputError, match=r"no transcript of the group 'x' can be trusted"):
        strict.method.prepare(strict)
    assert strict.method._left_out["train"] == {
        "the teacher gave no text": 1,
        "the teacher's text looks like a runaway": 1,
        "the two transcripts differ too much": n - 3,
    }


def test_the_correction_is_arithmetic(
    home: Path, tmp_path: Path, script: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = {"corpus": "manifest", "options": {"manifest": str(home / "source.csv")}}
    run = training(home, tmp_path / "run", {"source": [source], "strengths": [0.5], "source_steps": 2})
    for texts in script.values():
        texts += ["red blue"] * (n := len(run.data.train) + 4)
    script["teacher"][0] = ""
    seen: dict[str, Any] = {}
    train_on = Training.train_on

    def watched(self: Training, rows: Sequence[Row], steps: int, name: str) -> Any:
        seen["before"] = {k: v.clone() for k, v in own_weights(self.model.state_dict()).items()}
        seen[name] = train_on(self, rows, steps, name)
        seen[f"{name} texts"] = {row.text for row in rows}
        return seen[name]

    monkeypatch.setattr(Training, "train_on", watched)
    record = run.run(tmp_path / "model")
    assert seen["source-labels texts"] == {"red blue"}
    assert "red blue" not in seen["source-texts texts"]
    assert (record["finish"]["strength"], record["finish"]["source_used"]) == (0.5, 4)
    for name, value in seen["before"].items():
        expected = value + 0.5 * (seen["source-texts"][name] - seen["source-labels"][name])
        assert torch.allclose(run.model.state_dict()[name], expected, atol=1e-6), name
    assert sum(row["train_utterances"] for row in record["data"]) == n - 5, (
        "what was trained on, less a failure"
    )
    assert training(home, tmp_path / "run", {}).run(tmp_path / "model") == record
    base = run.base_weights()
    start = run._plain_copy(tmp_path / "copy", run.data).model.state_dict()
    assert all(start[name].equal(value) for name, value in base.items()), "both start from the base"
    assert json.loads((tmp_path / "run" / "training.json").read_text())["finish"] == record["finish"]


def test_speech_without_texts_is_enough(home: Path, tmp_path: Path, script: dict[str, list[str]]) -> None:
    lines = (home / "train.csv").read_text().splitlines()
    spoken = [line.split(",") for line in lines]
    # the development speakers need texts
    known = {row.speaker for row in gather(recipe(home, home / "model"), home).dev}
    bare = [
        ",".join([*row[:2], row[2] if row[3] in known or row[2] == "text" else "", *row[3:]])
        for row in spoken
    ]
    (home / "bare.csv").write_text("\n".join(bare))
    data = gather(
        recipe(
            home,
            home / "model",
            train=[{"corpus": "manifest", "options": {"manifest": str(home / "bare.csv")}}],
            method={"name": "self_train", "options": {}},
        ),
        home,
    )
    assert len(data.train) + len(data.dev) == len(lines) - 1
    assert not data.unused


def test_development_rows_need_texts_and_the_others_are_counted(home: Path) -> None:
    chosen = gather(recipe(home, home / "model"), home)
    given = recipe(home, home / "model", dev={"share": 0.3, "max_utterances": 2})
    bare = [replace(row, text="") if row.id.endswith("-0") else row for row in (*chosen.train, *chosen.dev)]
    unused = Counter[str]()
    dev = split_rows(bare, given, unused)[1]
    assert len(dev) == 2
    assert all(row.text for row in dev)
    assert unused == {"development speakers: no reference text": 2}
    with pytest.raises(InputError, match="no development row of the group accent='x' has a text"):
        split_rows([replace(row, text="") for row in bare], given, unused)


def test_a_label_that_no_decoder_can_hold_is_left_out(
    home: Path, tmp_path: Path, script: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speechfair.models.runaway.suspicion", lambda *_, **__: None)
    run = training(home, tmp_path / "run", {"disagreement": None})
    n = len(run.data.train)
    for texts in script.values():
        texts += ["abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", *["red"] * (n - 1)]
    run.method.prepare(run)
    assert len(run.method.rows(run)) == n - 1
    assert run.method._left_out["train"] == {"a text is longer than the decoder has tokens for": 1}
    long = tuple(replace(row, text="x" * 99) for row in run.data.train)
    again = Training(
        run.recipe, replace(run.data, train=long), run.pieces, tmp_path, lambda _: None, on_cpu=True
    )
    assert again.data.train == long, "texts that are not trained on need no room"

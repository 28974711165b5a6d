"""Merged models equal the arithmetic on their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from speechfair.debias.data.training_rows import gather
from speechfair.debias.training.fine_tuning import Training
from speechfair.errors import InputError, ModelError
from tests.debias.tiny import accents, own_pieces, recipe, speech, whisper_folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("merge")
    whisper_folder(folder / "model")
    speech(folder, "train", accents("t", 2, 2), per_speaker=1)
    for seed in (0, 1):
        training(folder, folder / f"run{seed}", seed=seed).run(folder / f"tuned{seed}")
    return folder


def training(home: Path, folder: Path, options: dict[str, Any] | None = None, **changes: Any) -> Training:
    method = {"name": "erm"} if options is None else {"name": "merge", "options": options}
    chosen = recipe(
        home, home / "model", **{"method": method, "window": 2, "dev": {"max_utterances": 1}, **changes}
    )
    folder.mkdir(parents=True, exist_ok=True)
    return Training(
        chosen, gather(chosen, home), own_pieces(chosen.model), folder, lambda _: None, on_cpu=True
    )


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return {name: value.double() for name, value in load_file(folder / "model.safetensors").items()}


def test_arithmetic_is_that_by_hand(home: Path, tmp_path: Path) -> None:
    options = {
        "models": [str(home / "tuned0"), str(home / "tuned1")],
        "weights": [1.5, -0.5],
        "scales": [0.5],
        "only": ["model.encoder."],
    }
    record = training(home, tmp_path / "run", options).run(tmp_path / "model")
    base, one, other = (weights(home / name) for name in ("model", "tuned0", "tuned1"))
    found = weights(tmp_path / "model")
    for name, value in base.items():
        change = 0.5 * (1.5 * (one[name] - value) - 0.5 * (other[name] - value))
        expected = value + change if name.startswith("model.encoder.") else value
        assert torch.allclose(found[name], expected, atol=1e-6), name
    assert record["finish"]["kept"] == {"weights": [1.5, -0.5], "scale": 0.5}
    assert len(record["finish"]["merged"]) == 2


def test_the_best_scale_is_kept(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = iter([0.9, 0.5, 0.3, 0.4, 0.3])

    def check(*_: Any) -> dict[str, Any]:
        worst = next(rates)
        return {"groups": {"x": worst, "y": 0.1}, "macro": worst, "worst": worst, "worst_group": "x"}

    monkeypatch.setattr("speechfair.debias.training.development.Development.rates", check)
    options = {"how": "ties", "models": [str(home / "tuned0")], "density": 1.0, "scales": [0.2, 0.4, 0.6]}
    record = training(home, tmp_path / "run", options).run(tmp_path / "model")
    assert record["finish"]["kept"] == {"density": 1.0, "scale": 0.4}
    base, one, found = (weights(folder) for folder in (home / "model", home / "tuned0", tmp_path / "model"))
    for name, value in base.items():
        assert torch.allclose(found[name], value + 0.4 * (one[name] - value), atol=1e-6), name


def test_a_trajectory_is_the_mean_of_its_checkpoints(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, torch.Tensor]] = []
    checkpoints = Training.checkpoints

    def watched(self: Training) -> list[Path]:
        folders = checkpoints(self)
        seen.extend(weights(folder) for folder in folders)
        return folders

    monkeypatch.setattr(Training, "checkpoints", watched)
    options = {"how": "trajectory", "checks": [3], "scales": [1.0]}
    record = training(home, tmp_path / "run", options, steps=8).run(tmp_path / "model")
    assert len(seen) == 4, "a check every two steps, all kept"
    found = weights(tmp_path / "model")
    for name in found:
        mean = sum(one[name] for one in seen[-3:]) / 3
        assert torch.allclose(found[name], mean, atol=1e-6), name
    assert record["finish"]["kept"] == {"checks": 3, "scale": 1.0}
    assert not list((tmp_path / "run").glob("checkpoint-*"))


def test_what_cannot_be_is_refused(home: Path, tmp_path: Path) -> None:
    models = [str(home / "tuned0")]
    with pytest.raises(InputError, match="nothing to merge"):
        training(home, tmp_path / "a", {})
    with pytest.raises(InputError, match="2 weights for 1 models"):
        training(home, tmp_path / "b", {"models": models, "weights": [1, 2]})
    with pytest.raises(InputError, match="its own checkpoints of all weights, not models"):
        training(home, tmp_path / "c", {"how": "trajectory", "models": models})
    with pytest.raises(InputError, match="no weight begins with elbow"):
        training(home, tmp_path / "d", {"models": models, "only": ["elbow"]}).run(tmp_path / "model")
    other = whisper_folder(tmp_path / "other", multilingual=True)
    with pytest.raises(ModelError, match="do not have the names and shapes"):
        training(home, tmp_path / "e", {"models": [str(other)]}).run(tmp_path / "model")

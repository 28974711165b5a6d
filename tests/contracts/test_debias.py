"""What every debiasing method must keep to, run over every registered one on a tiny random Whisper."""

from __future__ import annotations

import json
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from speechfair.debias.data.training_data import TrainingData
from speechfair.debias.data.training_rows import gather
from speechfair.debias.leakage import leakage
from speechfair.debias.method import debias_methods
from speechfair.debias.methods.self_train import SelfTrain
from speechfair.debias.recipe import DebiasRecipe
from speechfair.debias.training.fine_tuning import Training
from speechfair.debias.training.loop import draw_order
from speechfair.debias.training.trainer import DebiasTrainer, last_checkpoint
from tests.debias.tiny import accents, own_pieces, recipe, speech, whisper_folder
from tests.models.tiny import ctc_folder

OPTIONS: dict[str, dict[str, Any]] = {
    "accent_adapter": {"tilts": [0.0, 1.0]},
    "adversarial": {"hidden": 4, "strength": 1.0},
    "ctc_dro": {"step": 0.5},
    "decode": {"settings": [{"beam_size": 2}]},
    "average": {"shares": [0.5]},
    "group_dro": {"step": 0.5},
    "jtt": {"first_steps": 1, "times": 2},
    "merge": {"how": "trajectory", "checks": [2], "scales": [1.0]},
    "prefer": {"samples": 1, "temperature": 2.0, "against": "errors", "batch": 2, "utterances": 6},
}
NAMES = debias_methods().names()
# merge trains for a trajectory
TRAINED = [name for name in NAMES if debias_methods().load(name).trains]
every_method = pytest.mark.parametrize("name", NAMES)
every_trained_method = pytest.mark.parametrize("name", TRAINED)


@pytest.fixture(autouse=True)
def _few_permutations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five of the leakage probe's 100: what a permutation proves is tested where the probe is."""
    monkeypatch.setattr(leakage, "probe", partial(leakage.probe, permutations=5))


@pytest.fixture(autouse=True)
def _tones_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights write loops, which nothing may be trained on."""

    def heard(self: SelfTrain, stage: Any, rows: Any) -> dict[str, Any]:
        return {"label": ["one two"] * len(rows), "second": ["one two"] * len(rows)}

    monkeypatch.setattr(SelfTrain, "_transcripts", heard)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("debias")
    whisper_folder(folder / "model", seconds=3)
    whisper_folder(folder / "whole-window")  # for the method that asks a recogniser, whose window is 30 s
    ctc_folder(folder / "ctc")
    speech(folder, "train", accents("t", 5, 3), per_speaker=3)
    speech(folder, "test", accents("e", 2, 2), per_speaker=1)
    speech(folder, "others", {"p0": "z", "p1": "z"}, per_speaker=2)
    return folder


def options_of(home: Path, name: str) -> dict[str, Any]:
    others = {"corpus": "manifest", "options": {"manifest": str(home / "others.csv")}}
    corpora: dict[str, dict[str, Any]] = {
        "anchor": {"speech": [others], "batch": 2, "replay": 0.5},
        "self_train": {"source": [others]},
    }
    return {**OPTIONS.get(name, {}), **corpora.get(name, {})}


def recipe_of(home: Path, name: str, **changes: Any) -> DebiasRecipe:
    method = {"name": name, "options": options_of(home, name)}
    given = {"lora": {"rank": 2}} if name == "accent_adapter" else {}
    model = changes.pop("model", home / ("whole-window" if name == "decode" else "model"))
    if isinstance(model, str):
        given["recognizer"] = {"family": "ctc"}
    few = {"share": 0.3, "max_utterances": 2}
    return recipe(home, model, **{"method": method, "dev": few, **given, **changes})


@cache
def data_of(home: Path, name: str) -> TrainingData:
    return gather(recipe_of(home, name), home)


def training(home: Path, name: str, folder: Path, **changes: Any) -> Training:
    chosen = recipe_of(home, name, **changes)
    folder.mkdir(parents=True, exist_ok=True)
    pieces = own_pieces(chosen.model, chosen.language)
    return Training(chosen, data_of(home, name), pieces, folder, lambda _: None, on_cpu=True)


@cache
def whole(home: Path, name: str) -> tuple[Training, dict[str, Any], Path]:
    """A training that nothing disturbs, its record and the model it saved."""
    folder = home / "whole" / name
    run = training(home, name, folder / "training")
    return run, run.run(folder / "model"), folder / "model"


def weights_at(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(one[name].equal(other[name]) for name in one)


@every_method
def test_it_says_what_it_is(name: str) -> None:
    method = debias_methods().load(name)
    assert method.name == name
    assert method.summary
    assert method.source


@every_method
def test_draws_are_rows_in_full_number_and_repeatable(home: Path, name: str) -> None:
    chosen = recipe_of(home, name, steps=30)
    run = training(home, name, home / "draws")
    one, other = (draw_order(chosen, data_of(home, name), run.method) for _ in range(2))
    assert one.tolist() == other.tolist()
    assert len(one) == 30 * chosen.batch
    assert set(one.tolist()) == set(range(len(data_of(home, name).train)))
    again = draw_order(recipe_of(home, name, steps=30, seed=1), data_of(home, name), run.method)
    assert one.tolist() != again.tolist()


@every_method
def test_the_loss_is_finite_and_training_changes_the_weights(home: Path, name: str) -> None:
    run, record, model = whole(home, name)
    before, after = weights_at(run.pieces.folder), weights_at(model)
    assert before.keys() == after.keys()
    assert equal(before, after) is (name == "decode")
    if run.method.trains:
        losses = [entry["loss"] for entry in record["history"] if "loss" in entry]
        assert losses
        assert np.isfinite(losses).all()
        assert sum(record["draws_by_group"].values()) == run.recipe.steps * run.recipe.batch
    else:
        assert record["finish"]
    assert record == json.loads((run.folder / "training.json").read_text())


@every_trained_method
def test_group_weights_sum_to_their_total_and_are_in_the_checkpoint(
    home: Path, name: str, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    run = training(home, name, tmp_path, steps=2)
    run.method.prepare(run)
    objective = run.method.objective(run.data.groups, run._rows_per_group())
    trainer = run._trainer(objective, 2, run.development.rates)
    trainer.train()
    checkpoint = last_checkpoint(tmp_path)
    assert checkpoint is not None
    saved = load_file(checkpoint / "objective.safetensors")
    assert {name: value.tolist() for name, value in saved.items()} == {
        name: value.tolist() for name, value in objective.state_dict().items()
    }
    if name in ("group_dro", "ctc_dro"):
        assert float(saved["weights"].sum()) == pytest.approx(1)
        assert saved["weights"].tolist() != [0.5, 0.5]
    if name == "adversarial":
        assert "classifier.1.weight" in saved
    if name == "reweight":
        rows = run._rows_per_group()
        assert float((saved["weights"] * torch.tensor(rows)).sum()) == pytest.approx(sum(rows))


@pytest.mark.parametrize("kind", ["model", "ctc"])
@every_trained_method
def test_a_resumed_training_equals_an_undisturbed_one(
    home: Path, name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "ctc" and name not in ("erm", "ctc_dro", "adversarial"):
        pytest.skip("of CTC models one method of each kind of state is resumed")
    changes = {"model": f"ctc:{home / 'ctc'}"} if kind == "ctc" else {}
    if kind == "ctc":
        undisturbed = tmp_path / "whole" / "model"
        expected = training(home, name, tmp_path / "whole" / "training", **changes).run(undisturbed)
    else:
        _, expected, undisturbed = whole(home, name)
    step = DebiasTrainer.training_step

    def killed(self: DebiasTrainer, *arguments: Any, **options: Any) -> Any:
        if self.state.global_step == 3 and self.check is not None:
            raise KeyboardInterrupt
        return step(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(DebiasTrainer, "training_step", killed)
        with pytest.raises(KeyboardInterrupt):
            training(home, name, tmp_path / "cut" / "training", **changes).run(tmp_path / "cut" / "model")
    assert not (tmp_path / "cut" / "model").exists()
    resumed = training(home, name, tmp_path / "cut" / "training", **changes).run(tmp_path / "cut" / "model")
    assert equal(weights_at(undisturbed), weights_at(tmp_path / "cut" / "model"))
    assert resumed["objective"] == expected["objective"]
    assert resumed["development_after"] == expected["development_after"]


@pytest.mark.parametrize("name", ["erm", "accent_adapter", "erase", "average", "ctc_dro"])
def test_it_changes_the_weights_of_a_ctc_model(home: Path, name: str, tmp_path: Path) -> None:
    run = training(home, name, tmp_path / "training", steps=2, model=f"ctc:{home / 'ctc'}")
    record = run.run(tmp_path / "model")
    before, after = weights_at(home / "ctc"), weights_at(tmp_path / "model")
    assert before.keys() == after.keys()
    assert not equal(before, after)
    assert np.isfinite(record["development_after"]["macro"])

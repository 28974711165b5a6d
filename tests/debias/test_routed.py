"""The router of accent_adapter: it tells two tones apart, every utterance gets its own group's adapter, by itself."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from speechfair.debias.data.training_rows import gather
from speechfair.debias.debias_run import debias
from speechfair.debias.recipe import DebiasRecipe
from speechfair.debias.routed import Routed, Router, fit_router, load, read_router
from speechfair.errors import InputError, ModelError
from speechfair.models.families import whisper
from speechfair.types import Audio, Hypothesis
from tests.debias.tiny import recipe_content, whisper_folder

HERTZ = {"x": 250.0, "y": 2500.0}


def tone(hertz: float, seconds: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(16_000 * seconds)) / 16_000)).astype(np.float32)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accent x speaks low, y high; they say other texts, so that their adapters differ."""
    folder = tmp_path_factory.mktemp("routed")
    whisper_folder(folder / "model")
    for part, speakers in (("train", 20), ("test", 4)):
        with (folder / f"{part}.csv").open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["id", "audio", "text", "speaker", "accent"])
            for number in range(speakers):
                accent, name = "xy"[number % 2], f"{part}{number}"
                seconds = 0.5 + 0.02 * (number // 2) + 0.01 * (part == "test")
                soundfile.write(folder / f"{name}.wav", tone(HERTZ[accent], seconds), 16_000)
                text = {"x": "aaaa", "y": "zz zz"}[accent]
                writer.writerow([name, f"{name}.wav", text, name, accent])
    return folder


def chosen(home: Path, **changes: Any) -> DebiasRecipe:
    given: dict[str, Any] = {
        "method": {"name": "accent_adapter", "options": {"router": True, "tilts": [0.0]}},
        "lora": {"rank": 4, "alpha": 8, "targets": ["q_proj", "v_proj", "fc1"]},
        "recognizer": {"family": "whisper", "options": {"window": 10, "device": "cpu"}},
        "steps": 4,
        "learning_rate": 0.05,
        **changes,
    }
    return DebiasRecipe.model_validate(recipe_content(home, home / "model", **given))


@pytest.fixture(scope="module")
def out(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "out"
    debias(chosen(home), folder, on_cpu=True)
    return folder


def test_the_audit_after_is_of_the_routed_model_and_the_record_says_how_it_routes(out: Path) -> None:
    after = yaml.safe_load((out / "after" / "target" / "run.yaml").read_text())["recipe"]["model"]
    before = yaml.safe_load((out / "before" / "target" / "run.yaml").read_text())["recipe"]["model"]
    assert (before["family"], after["family"]) == ("whisper", "routed")
    assert before["options"] == after["options"], "decoded alike"
    finish = json.loads((out / "debias.json").read_text())["training"]["finish"]
    assert finish["router"]["development"] == {"x": {"x": 1.0, "y": 0.0}, "y": {"x": 0.0, "y": 1.0}}
    assert finish["router"]["balanced_accuracy"] == 1.0
    assert finish["router"]["chance"] == 0.5
    assert finish["steps_per_group"] == 4, "each adapter is trained for all steps"
    assert load(str(out / "model")).identity.digest == after["digest"]
    assert not (out / "training" / "routed").exists()
    settings = (out / "model" / "routed" / "adapters" / "0" / "adapter_config.json").read_text()
    assert json.loads(settings)["base_model_name_or_path"] is None


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_every_utterance_gets_its_group_s_adapter_whatever_is_beside_it(home: Path, out: Path) -> None:
    from peft import PeftModel
    from transformers import WhisperForConditionalGeneration

    model = load(str(out / "model"), window=10, device="cpu")
    batch = [Audio(f"{a}{n}", tone(HERTZ[a], 0.55 + 0.05 * n), 16_000) for n, a in enumerate("xyx")]
    assert model.route(batch) == [0, 1, 0]
    assert [model.route([audio])[0] for audio in batch] == [0, 1, 0]
    found = model.transcribe(batch)
    assert [h.utterance_id for h in found] == [a.utterance_id for a in batch]
    assert {h.model for h in found} == {model.identity.key}
    assert said(found[0]) != said(found[1])
    for number, places in ((0, [0, 2]), (1, [1])):
        base = WhisperForConditionalGeneration.from_pretrained(out / "model" / "routed" / "base")
        adapter = out / "model" / "routed" / "adapters" / str(number)
        plain = whisper.load(str(home / "model"), window=10, device="cpu")
        plain._model = PeftModel.from_pretrained(base, adapter).merge_and_unload().eval()
        plain._model.generation_config = model._whisper._model.generation_config
        alone = plain.transcribe([batch[place] for place in places])
        assert [said(h) for h in alone] == [said(found[place]) for place in places]


def said(hypothesis: Hypothesis) -> str | None:
    """The first pass: so small a model runs away, and what it is redone to says little."""
    return hypothesis.rejected if hypothesis.rejected is not None else hypothesis.text


def test_what_cannot_be_heard_fails_alone(out: Path) -> None:
    model = load(str(out / "model"), window=10, device="cpu")
    nothing = Audio("nothing", np.zeros(0, np.float32), 16_000)
    found = model.transcribe([nothing, Audio("x", tone(250, 0.6), 16_000)])
    assert found[0].error == "audio has no samples"
    assert said(found[1])
    assert isinstance(model, Routed)
    assert model.transcribe([]) == []


def test_the_identity_holds_router_and_adapters(out: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(out / "model" / "routed", tmp_path / "routed")
    assert load(str(tmp_path)).identity.digest == load(str(out / "model")).identity.digest
    path = tmp_path / "routed" / "router.json"
    router = read_router(tmp_path / "routed")
    path.write_text(router.model_copy(update={"bias": [1.0, -1.0]}).model_dump_json())
    assert load(str(tmp_path)).identity.digest != load(str(out / "model")).identity.digest
    (tmp_path / "routed" / "adapters" / "1" / "adapter_config.json").unlink()
    with pytest.raises(ModelError, match="the adapter of the group 'y' is missing"):
        load(str(tmp_path))


def test_what_is_no_routed_model_or_recipe_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no router"):
        load(str(home / "model"))
    with pytest.raises(InputError, match="needs a model"):
        load(None)
    with pytest.raises(InputError, match="window=auto"):
        load(str(home), window="auto")
    with pytest.raises(InputError, match=r"recognizer\.family whisper only, not 'faster-whisper'"):
        gather(chosen(home, recognizer={"family": "faster-whisper"}), tmp_path)
    with pytest.raises(InputError, match="give the recipe a lora section"):
        gather(chosen(home, lora=None), tmp_path)


@pytest.mark.parametrize("names", ["ab", "abc"])
def test_a_rare_group_counts_as_much_as_a_common_one(names: str) -> None:
    rng = np.random.default_rng(0)
    groups = [name for place, name in enumerate(names) for _ in range(60 if place == 0 else 6)]
    centres = {name: 3.0 * np.eye(5)[place] for place, name in enumerate(names)}
    states = np.stack([centres[name] + rng.normal(0, 0.7, 5) for name in groups])
    states[:, 4] = 1.0  # a constant column has no scale
    router = fit_router(states, groups, 10.0)
    assert Router.model_validate_json(router.model_dump_json()) == router
    picked = [router.groups[number] for number in router.pick(states)]
    for name in names:
        assert (
            sum(p == name for p, g in zip(picked, groups, strict=True) if g == name) / groups.count(name)
            > 0.9
        )

"""Anchoring on planted forgetting: what plain fine-tuning unlearns, the anchored model still says."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import kl_div

from speechfair.debias.data.training_rows import gather, refuse_overlap
from speechfair.debias.methods.anchor import Anchor
from speechfair.debias.training.anchoring import divergence
from speechfair.debias.training.fine_tuning import Training
from speechfair.errors import InputError
from tests.debias.tiny import own_pieces, recipe, speech, whisper_folder

TRAINED = dict.fromkeys(("ta0", "ta1", "ta2"), "x")
PROTECTED = dict.fromkeys(("pa0", "pa1"), "z")


def corpus(path: Path, **more: Any) -> dict[str, Any]:
    return {"corpus": "manifest", "options": {"manifest": str(path)}, **more}


def say(path: Path, text: str) -> None:
    """Let every row of a manifest have one text."""
    rows = list(csv.DictReader(path.read_text().splitlines()))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "text": text} for row in rows)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learnt to say "no", and training speech that says "yes"."""
    folder = tmp_path_factory.mktemp("anchor")
    whisper_folder(folder / "random")
    say(speech(folder, "train", TRAINED, per_speaker=2), "yes")
    say(speech(folder, "others", PROTECTED, per_speaker=2), "no")
    run(folder, "random", {"name": "erm"}, folder / "model", train=[corpus(folder / "others.csv")], steps=40)
    return folder


def run(home: Path, model: str, method: dict[str, Any], target: Path, **changes: Any) -> dict[str, Any]:
    chosen = recipe(
        home,
        home / model,
        **{
            "method": method,
            "window": 2,
            "check_every": 50,
            "steps": 20,
            "dev": {"max_utterances": 1},
            **changes,
        },
    )
    folder = target.with_name(f"{target.name}-run")
    folder.mkdir()
    pieces = own_pieces(chosen.model)
    return Training(chosen, gather(chosen, home), pieces, folder, lambda _: None, on_cpu=True).run(target)


def test_the_anchored_model_keeps_what_plain_fine_tuning_forgets(home: Path, tmp_path: Path) -> None:
    watched = {"share": 0.3, "max_utterances": 2, "protected": [corpus(home / "others.csv")]}
    plain = run(home, "model", {"name": "erm"}, tmp_path / "erm", dev=watched)
    # a protected development speaker may not be an anchor, so the speakers are shared out
    watched["protected"] = [corpus(home / "others.csv", speakers=["pa1"])]
    speech_ = [corpus(home / "others.csv", speakers=["pa0"])]
    method = {"name": "anchor", "options": {"speech": speech_, "distil": 5.0, "batch": 2}}
    held = run(home, "model", method, tmp_path / "anchor", dev=watched)
    assert plain["development_before"]["protected"] == held["development_before"]["protected"] == 0
    assert plain["development_after"]["protected"] == 1, "planted: everything is 'yes' now"
    assert held["development_after"]["protected"] == 0
    assert held["finish"]["utterances"] == 2
    assert held["finish"]["divergence"] < 0.2


def test_the_divergence_is_that_of_kullback_and_leibler() -> None:
    torch.manual_seed(0)
    logits, wanted = torch.randn(2, 3, 5), torch.randn(2, 3, 5)
    counted = torch.tensor([[True, True, False], [True, False, False]])
    flat = logits[counted].log_softmax(-1), wanted[counted].softmax(-1)
    expected = (flat[1] * (flat[1].log() - flat[0])).sum(-1).mean()
    assert divergence(logits, wanted, counted) == pytest.approx(float(expected), rel=1e-5)
    assert divergence(wanted, wanted, counted, 2.0) == pytest.approx(0, abs=1e-7)
    hot = kl_div(
        (logits[counted] / 2).log_softmax(-1), (wanted[counted] / 2).softmax(-1), reduction="batchmean"
    )
    assert divergence(logits, wanted, counted, 2.0) == pytest.approx(4 * float(hot), rel=1e-5)


@pytest.mark.parametrize("lora", [None, {"rank": 2, "targets": ["q_proj", "v_proj"]}], ids=["full", "lora"])
def test_only_the_encoder_is_trained(home: Path, tmp_path: Path, lora: dict[str, Any] | None) -> None:
    from safetensors.torch import load_file

    options = {"speech": [corpus(home / "others.csv")], "replay": 1.0, "part": "encoder"}
    run(home, "model", {"name": "anchor", "options": options}, tmp_path / "model", steps=2, lora=lora)
    before, after = (
        load_file(folder / "model.safetensors") for folder in (home / "model", tmp_path / "model")
    )
    changed = {name for name in before if not before[name].equal(after[name])}
    assert changed
    assert all(name.startswith("model.encoder.") for name in changed)


def test_the_pull_keeps_the_weights_near(home: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    def moved(pull: float, folder: Path) -> float:
        run(home, "model", {"name": "anchor", "options": {"pull": pull}}, folder, steps=5)
        before, after = (load_file(one / "model.safetensors") for one in (home / "model", folder))
        return sum(float((after[name] - before[name]).square().sum()) for name in before)

    assert moved(1000.0, tmp_path / "pulled") < 0.5 * moved(1e-6, tmp_path / "free")


def test_what_cannot_be_is_refused(home: Path) -> None:
    def gathered(options: dict[str, Any], model: Path | str = home / "model", **changes: Any) -> None:
        gather(recipe(home, model, method={"name": "anchor", "options": options}, **changes), home)

    others = corpus(home / "others.csv")
    with pytest.raises(InputError, match="nothing to hold the model by"):
        gathered({})
    with pytest.raises(InputError, match="pull is for training all weights"):
        gathered({"pull": 1.0}, lora={"rank": 2})
    with pytest.raises(InputError, match=r"2 speakers of method\.options\.speech are development speakers"):
        gathered({"speech": [others]}, dev={"share": 0.3, "protected": [others]})
    with pytest.raises(InputError, match="replay is for Whisper only"):
        gathered({"speech": [others], "replay": 1.0}, "ctc:folder", recognizer={"family": "ctc"})


def test_anchor_speakers_may_not_be_evaluated(home: Path) -> None:
    import polars as pl

    options = {"speech": [corpus(home / "others.csv")]}
    data = gather(recipe(home, home / "model", method={"name": "anchor", "options": options}), home)
    assert len(data.side) == 4
    assert isinstance(Anchor(Anchor.Options()).options, Anchor.Options)
    manifest = pl.DataFrame(
        {"speaker": ["pa0"], "audio_sha256": ["0"], "start_s": [None], "end_s": [None], "id": ["i"]}
    )
    with pytest.raises(InputError, match="'pa0'"):
        refuse_overlap(data, manifest, "target")

"""Preferences on planted repetition: a model that may say a word three times learns to say it once."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from speechfair.debias.data.training_rows import gather
from speechfair.debias.methods.prefer import Against, pair_of
from speechfair.debias.training.fine_tuning import Training
from speechfair.debias.training.pieces import load_pieces
from speechfair.debias.training.preference import preference_loss, sequence_log_probs
from speechfair.debias.training.trainer import batch_logits
from speechfair.errors import InputError
from speechfair.types import ErrorCounts
from tests.debias.tiny import recipe, speech, whisper_folder

SPEAKERS = dict.fromkeys(("ta0", "ta1", "ta2"), "x")
PREFER = {"name": "prefer", "options": {"samples": 4, "temperature": 1.0, "beta": 0.5, "batch": 2}}


def say(path: Path, texts: tuple[str, ...]) -> None:
    """Let the rows of a manifest have these texts in turn."""
    rows = list(csv.DictReader(path.read_text().splitlines()))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "text": texts[i % len(texts)]} for i, row in enumerate(rows))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that says "yes" once as often as three times, and training speech of which the text is "yes"."""
    folder = tmp_path_factory.mktemp("prefer")
    whisper_folder(folder / "random", seconds=3, tokens=40)
    say(speech(folder, "unsure", SPEAKERS, per_speaker=4), ("yes", "yes yes yes"))
    say(speech(folder, "train", SPEAKERS, per_speaker=4), ("yes",))
    unsure = [{"corpus": "manifest", "options": {"manifest": str(folder / "unsure.csv")}}]
    fit(folder, "random", {"name": "erm"}, folder / "model", train=unsure, steps=60)
    return folder


def training(home: Path, model: str, method: dict[str, Any], folder: Path, **changes: Any) -> Training:
    usual = {
        "window": 2,
        "check_every": 100,
        "steps": 5,
        "learning_rate": 0.002,
        "dev": {"max_utterances": 1},
    }
    chosen = recipe(home, home / model, **{"method": method, **usual, **changes})
    folder.mkdir()
    pieces = load_pieces(chosen.model, None)
    return Training(chosen, gather(chosen, home), pieces, folder, lambda _: None, on_cpu=True)


def fit(home: Path, model: str, method: dict[str, Any], target: Path, **changes: Any) -> dict[str, Any]:
    changes.setdefault("learning_rate", 0.01)
    return training(home, model, method, target.with_name(f"{target.name}-run"), **changes).run(target)


def test_the_model_moves_from_the_repetition_to_the_word(home: Path, tmp_path: Path) -> None:
    found = fit(home, "model", PREFER, tmp_path / "prefer", learning_rate=0.002)["finish"]
    assert found["pairs"]["x"] >= 1, "planted: both are drawn"
    assert found["margin"] > 0
    assert found["preferred"] > 0.5


def test_drawn_transcripts_are_those_of_their_seed_and_leave_the_random_numbers_alone(
    home: Path, tmp_path: Path
) -> None:
    run = training(home, "model", PREFER, tmp_path / "run")
    state = torch.random.get_rng_state()
    one, same, other = (run.transcripts(run.data.train, temperature=1.0, seed=seed) for seed in (1, 1, 2))
    assert one == same != other
    assert torch.equal(torch.random.get_rng_state(), state)


def test_pairs_take_the_reference_only_to_judge(home: Path, tmp_path: Path) -> None:
    run = training(home, "model", PREFER, tmp_path / "run")
    run.method.prepare(run)
    pairs = run.method._pairs  # type: ignore[attr-defined]
    assert pairs
    for better, worse in pairs:
        assert better.id == worse.id
        assert len(better.text.split()) < len(worse.text.split())


def test_alike_transcripts_give_no_pair_and_none_at_all_stops(home: Path, tmp_path: Path) -> None:
    cold = {"name": "prefer", "options": {"samples": 1, "temperature": 1e-4}}
    run = training(home, "model", cold, tmp_path / "run")
    with pytest.raises(InputError, match="draw more samples, at a higher temperature"):
        run.method.prepare(run)


@pytest.mark.parametrize(
    ("counts", "against", "pair"),
    [
        ([(0, 0, 0), (0, 0, 3)], "insertions", (0, 1)),
        ([(0, 0, 3), (0, 0, 0)], "insertions", (1, 0)),
        ([(1, 0, 0), (0, 0, 0)], "insertions", None),  # no insertions anywhere
        ([(1, 0, 0), (0, 0, 0)], "errors", (1, 0)),
        ([(2, 0, 0), (0, 0, 1)], "insertions", None),  # what inserts is the better one
        ([(0, 0, 2), (0, 0, 2)], "errors", None),
        ([(0, 0, 1), (1, 0, 4), (0, 2, 3)], "insertions", (0, 1)),
    ],
)
def test_the_worse_has_more_of_what_is_trained_against_and_more_errors(
    counts: list[tuple[int, int, int]], against: Against, pair: tuple[int, int] | None
) -> None:
    assert pair_of([ErrorCounts(*three, 5) for three in counts], against) == pair


def test_the_loss_is_that_of_the_paper() -> None:
    margins = torch.tensor([0.0, 2.0, -2.0])
    expected = [math.log(1 + math.exp(-0.3 * margin)) for margin in margins.tolist()]
    assert torch.allclose(preference_loss(margins, 0.3), torch.tensor(expected))


def test_the_probability_of_a_transcript_is_the_product_of_its_tokens(home: Path, tmp_path: Path) -> None:
    run = training(home, "model", PREFER, tmp_path / "run")
    rows = run.data.train[:3]
    tokens = [run._tokens(row) for row in rows]
    import numpy as np

    inputs = run.side_batches(rows, tokens, np.arange(3), 3)(0)
    with torch.no_grad():
        found = sequence_log_probs(run.model.eval(), inputs)
        logits, _ = batch_logits(run.model, inputs)
    by_hand = [
        sum(float(logits[i, place].log_softmax(-1)[token]) for place, token in _counted(inputs["labels"][i]))
        for i in range(3)
    ]
    assert torch.allclose(found, torch.tensor(by_hand), atol=1e-4)


def _counted(labels: torch.Tensor) -> list[tuple[int, int]]:
    return [(place, int(token)) for place, token in enumerate(labels) if token >= 0]

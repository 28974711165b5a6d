"""Rates on the development speakers: sums by group, order kept, the model left as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from speechfair.debias.data.training_data import Row
from speechfair.debias.data.training_rows import gather
from speechfair.debias.methods.decode import Decode, DecodeOptions
from speechfair.debias.recipe import Margin
from speechfair.debias.training import development
from speechfair.debias.training.development import Development, transcripts
from speechfair.debias.training.pieces import Pieces, load_pieces
from speechfair.debias.training.selection import best_of, protected_limit
from speechfair.errors import InputError
from speechfair.testing import Scripted
from speechfair.text import load_normalizer
from tests.debias.tiny import accents, recipe, speech, whisper_folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dev")
    whisper_folder(folder / "model")
    speech(folder, "train", accents("t", 3, 3))
    return folder


@pytest.fixture(scope="module")
def pieces(home: Path) -> Pieces:
    return load_pieces(f"whisper:{home / 'model'}", None)


@pytest.fixture(scope="module")
def rows(home: Path) -> tuple[Row, ...]:
    return gather(recipe(home, home / "model"), home).train


def test_rates_are_sums_by_group(
    rows: tuple[Row, ...], pieces: Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    def heard(model: Any, asked: list[Row], *_: Any) -> list[str]:
        return [row.text if row.group == "x" else " ".join(row.text.split()[1:]) for row in asked]

    monkeypatch.setattr(development, "transcripts", heard)
    found = Development(rows, pieces, 2.0, load_normalizer("basic")).rates(pieces.model)
    words = sum(len(row.text.split()) for row in rows if row.group == "y")
    expected = sum(row.group == "y" for row in rows) / words
    assert found["groups"] == {"x": 0.0, "y": pytest.approx(expected)}
    assert found["macro"] == pytest.approx(expected / 2)
    assert (found["worst"], found["worst_group"]) == (found["groups"]["y"], "y")


def test_transcripts_come_in_order_and_leave_the_model_as_it_was(
    rows: tuple[Row, ...], pieces: Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    # this model says one thing of everything on 30 s, and everything it says is a runaway
    monkeypatch.setattr(development, "suspicion", lambda *_, **__: None)
    model = pieces.model.train()
    with torch.no_grad():
        for name, parameter in model.named_parameters():  # else it says one thing of everything
            if parameter.dim() > 1 and "positions" not in name:
                parameter.mul_(6.0)
    together = transcripts(model, rows, pieces, 2.0)
    assert model.training
    assert model.config.max_source_positions == 1500
    assert len(together) == len(rows)
    alone = [transcripts(model, [row], pieces, 2.0)[0] for row in reversed(rows)][::-1]
    assert alone == together
    assert len(set(together)) > 1, "a model that says one thing of everything tests no order"


def test_a_runaway_on_the_short_window_is_redone_on_the_whole_one(
    rows: tuple[Row, ...], pieces: Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows: list[float] = []
    ids = pieces.tokenizer("ab", add_special_tokens=False)["input_ids"]
    end = int(pieces.tokenizer.eos_token_id)

    def generate(
        whisper: Any, features: Any, tokenizer: Any, seconds: float, temperature: None
    ) -> torch.Tensor:
        windows.append(seconds)
        line = [*ids, end] if seconds == 30 else ids * 15
        return torch.tensor([line] * len(features))

    monkeypatch.setattr(development, "_generate", generate)
    assert transcripts(pieces.model, rows[:3], pieces, 2.0) == ["ab"] * 3
    assert windows == [2.0, 30.0]


def test_a_group_without_words_is_refused(rows: tuple[Row, ...], pieces: Pieces) -> None:
    silent = [replace(row, text="...") if row.group == "y" else row for row in rows]
    with pytest.raises(
        InputError, match="every development text of the group 'y' is empty after normalising"
    ):
        Development(silent, pieces, 2.0, load_normalizer("basic"))


def test_decode_keeps_the_best_setting_that_spares_the_protected_and_says_what_each_costs(
    rows: tuple[Row, ...], pieces: Pieces, tmp_path: Path
) -> None:
    """Planted: the widest beam is best for the worst group, and worse for the protected."""
    guard = [replace(row, id=f"g-{row.id}", group="protected") for row in rows[:4]]
    watched = Development(rows, pieces, 2.0, load_normalizer("basic"), guard=guard)
    right = {row.id: row.text for row in (*rows, *guard)}
    wrong = dict.fromkeys(right, "no")

    def heard(beam: int | None) -> dict[str, str]:
        targets = {1: wrong, 2: {**wrong, **{row.id: row.text for row in rows[::2]}}, 5: right}[beam or 1]
        return {**targets, **{row.id: "no" if beam == 5 else row.text for row in guard}}

    asked: list[dict[str, Any]] = []

    class Stage:
        folder = tmp_path

        def decoded_rates(self, options: dict[str, Any]) -> dict[str, Any]:
            asked.append(options)
            return watched.decoded_rates(Scripted(heard(options.get("beam_size"))))

        def best_of(self, rates: list[dict[str, Any]], before: dict[str, Any]) -> int:
            return best_of(rates, protected_limit(before, Margin()))

    stage: Any = Stage()
    method = Decode(DecodeOptions(settings=[{"beam_size": 2}, {"beam_size": 5}]))
    found = method.finish(stage)
    assert method.finish(stage) == found
    assert asked == [{}, {"beam_size": 2}, {"beam_size": 5}], "a setting is tried once, whatever is killed"
    assert found["recognizer_options"] == {"beam_size": 2}
    worst = [point["development"]["worst"] for point in found["curve"]]
    assert worst[0] > worst[1] > worst[2] == 0
    assert [point["development"]["protected"] for point in found["curve"]][:2] == [0, 0]
    assert all(point["development"]["seconds_per_audio_second"] > 0 for point in found["curve"])

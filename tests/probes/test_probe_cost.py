"""What a dry run says is what a run asks, and it asks nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.errors import InputError
from speechfair.probes import probe_grounding
from speechfair.probes.probe_cost import Assumed, grounding_cost
from tests.probes.planted_model import Planted, scene_corpus


def test_the_requests_of_a_dry_run_are_those_that_are_asked(tmp_path: Path) -> None:
    corpus = scene_corpus(tmp_path, n_scenes=2, speakers=2)
    cost, scenes = grounding_cost(corpus, "choice", Assumed())
    model = Planted(corpus)
    probe_grounding(corpus, model)
    asked = [name for call in model.calls for name in call]
    assert cost.requests == len(asked)
    assert cost.text_requests == sum(name.startswith("text|") for name in asked)
    assert (cost.clips, scenes) == (3 * 2 * 2 + 4, 2)


def test_a_price_is_that_of_its_tokens(tmp_path: Path) -> None:
    corpus = scene_corpus(tmp_path, n_scenes=2, speakers=2)
    assumed = Assumed.of({"price_text": 1.0, "price_audio": 10, "price_reply": 100, "reply_tokens": 50})
    cost, _ = grounding_cost(corpus, "choice", assumed)
    assert cost.price == pytest.approx(
        (cost.text_tokens + 10 * cost.audio_tokens + 5_000 * cost.requests) / 1e6
    )
    assert cost.audio_tokens == pytest.approx(25 * cost.seconds_sent)
    with pytest.raises(InputError, match="did you mean 'price_text'"):
        Assumed.of({"price_texts": 1})
    with pytest.raises(InputError, match="not a number from 0 up"):
        Assumed.of({"price_text": "much"})


def test_the_default_of_the_command_is_below_2000_requests_and_loads_no_model() -> None:
    pytest.importorskip("espeakng_loader")
    done = CliRunner().invoke(app, ["probe", "grounding", "--model", "absent:model", "--dry-run"])
    assert done.exception is None, done.exception
    requests = int(done.stdout.split("requests: ")[1].split(" ")[0].replace(",", ""))
    assert 1_000 < requests < 2_000
    assert "8 voices, 10 items show" in done.stdout


def test_plan_prints_a_gap_for_each_size() -> None:
    done = CliRunner().invoke(app, ["probe", "plan", "--voices", "8", "--items", "2,24"])
    assert done.exception is None
    assert "8 voices, 2 items show none: too few for an interval" in done.stdout
    assert "24 items show" in done.stdout

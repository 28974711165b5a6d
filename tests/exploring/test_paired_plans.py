"""Plans for two models on the same speakers, from stated figures and from two runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from speechfair import evaluate, evaluate_counts, plan_paired
from speechfair.errors import InputError
from speechfair.exploring.discovery import discover
from speechfair.exploring.planning import read_scores
from speechfair.metrics.error_counts import errors_of
from speechfair.metrics.paired_power import Change, speakers_for_change, speakers_for_no_harm
from speechfair.metrics.rare_events import smallest_visible_share
from speechfair.running.scoring import add_axis

STATED = {"rate": 0.15, "cv": 0.5, "words_per_speaker": 200, "churn": 0.04}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Thirty speakers who read the same 8 texts of 10 words to two models."""
    place, rng = tmp_path_factory.mktemp("paired"), np.random.default_rng(2)
    words = ["red", "green", "blue", "black", "white", "brown", "grey", "pink", "gold", "teal"]
    speakers = [f"s{i:02}" for i in range(30) for _ in range(8)]
    texts = [" ".join(words[i % 8 :] + words[: i % 8]) for i in range(240)]
    talent = {name: rng.gamma(4, 0.05) for name in speakers}
    wrong = np.array([[rng.random() < talent[name] for _ in range(10)] for name in speakers])
    heard = {}
    for model, flips in (("before", 0.0), ("after", 0.03)):
        made = wrong ^ (rng.random(wrong.shape) < flips)
        heard[model] = [
            " ".join("x" if bad else word for bad, word in zip(row, text.split(), strict=True))
            for row, text in zip(made, texts, strict=True)
        ]
        accents = {"accent": ["ab"[int(name[1:]) % 2] for name in speakers]}
        evaluate(texts, heard[model], groups=accents, speakers=speakers, language="eng", model=model,
                 out=place / model)  # fmt: skip
    return place / "before", place / "after"


def test_stated_figures_are_those_of_the_metric() -> None:
    same, better = plan_paired(**STATED), plan_paired(**STATED, change=0.9)
    assert same.no_harm == speakers_for_no_harm(Change(0.15, 1.0, 0.04, 0.1, 0.5, 200))
    assert same.any_change is None
    assert same.any_change_reason
    assert same.smallest_visible_share == smallest_visible_share(same.no_harm or 0)
    assert better.any_change == speakers_for_change(Change(0.15, 0.9, 0.04, 0.1, 0.5, 200))
    assert better.no_harm is not None
    assert same.no_harm is not None
    assert better.no_harm < same.no_harm
    assert f"{same.no_harm} speakers" in str(same)
    assert "To find the change" in str(better)
    assert json.loads(same.to_json())["schema"] == "speechfair/plan-paired/1"


def test_harm_beyond_the_margin_cannot_be_shown_to_be_within() -> None:
    worse = plan_paired(**STATED, change=1.2)
    assert worse.no_harm is None
    assert "beyond the margin" in (worse.no_harm_reason or "")
    assert worse.any_change


def test_two_runs_tell_the_figures(runs: tuple[Path, Path]) -> None:
    found = plan_paired(pilot=runs[0], after=runs[1])
    assert found.change.rate == pytest.approx(0.2, abs=0.05)
    assert found.change.churn == pytest.approx(0.03, abs=0.01)
    assert found.change.words_per_speaker == 80
    assert found.change.ratio == 1.0
    assert found.no_harm
    assert found.pilot == (str(runs[0]), str(runs[1]))
    stated = plan_paired(pilot=runs[0], after=runs[1], churn=0.1)
    assert stated.change.churn == 0.1
    assert (stated.no_harm or 0) > found.no_harm


def test_two_runs_of_counts_tell_what_their_texts_tell(runs: tuple[Path, Path], tmp_path: Path) -> None:
    for folder in runs:
        scores = read_scores(folder)[1]
        errors = scores.select(errors_of(scores)).to_series()
        groups = {"accent": add_axis(scores, "accent")["group"]}
        evaluate_counts(errors, scores["reference_length"], groups, ids=scores["utterance_id"],
                        speakers=scores["speaker"], out=tmp_path / folder.name)  # fmt: skip
    with pytest.raises(InputError, match="counts without texts"):
        discover(tmp_path / "before", audio=False)
    counted = plan_paired(pilot=tmp_path / "before", after=tmp_path / "after")
    assert counted.change == plan_paired(pilot=runs[0], after=runs[1]).change


def test_a_ratio_that_the_pilot_lacks_keeps_its_churn_possible(runs: tuple[Path, Path]) -> None:
    found = plan_paired(pilot=runs[0], after=runs[1], change=0.01).change
    assert found.churn <= found.rate * 1.01


def test_bad_input_is_named(runs: tuple[Path, Path]) -> None:
    for given, message in (
        ({"rate": 0.1}, "--cv, --words-per-speaker, --churn missing"),
        ({"pilot": runs[0]}, "two runs are needed"),
        ({**STATED, "churn": -1.0}, "churn is -1"),
        ({**STATED, "churn": 4.0}, r"more than all errors of both models \(0.3 per word\).*0.04 is 4 %"),
        ({**STATED, "change": 2.0}, "less than the change"),
        ({**STATED, "absolute": -1.0}, "absolute margin is -1"),
        ({**STATED, "power": 80}, "power is 80"),
        ({**STATED, "level": 0.3}, "level must lie in"),
    ):
        with pytest.raises(InputError, match=message):
            plan_paired(**given)  # type: ignore[arg-type]

"""The mixed model is that of R's lme4 (`glmer`, `glmer.nb`), whose outputs are committed: see make_lme4.R."""

from __future__ import annotations

import json
import math
from pathlib import Path

import polars as pl
import pytest

from speechfair.metrics import Adjusted, adjusted_ratios
from speechfair.metrics.jackknife import t_quantile

FOLDER = Path(__file__).parent / "lme4"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
CORPORA = [name for name in EXPECTED if name != "versions"]


def fitted(name: str) -> Adjusted:
    scores = pl.read_csv(FOLDER / f"{name}.csv").rename({"errors": "substitutions"})
    scores = scores.with_columns(deletions=pl.lit(0), insertions=pl.lit(0))
    text = "sentence" if name == "crossed_texts" else None
    return adjusted_ratios(scores, group="accent", reference="a", covariates=["gender"], text=text)


@pytest.mark.parametrize("name", CORPORA)
def test_log_ratios_and_standard_errors_are_those_of_lme4(name: str) -> None:
    found, expected = fitted(name), EXPECTED[name]
    assert found.degrees_of_freedom is not None
    widened = t_quantile(found.degrees_of_freedom, 0.95)
    widened *= math.sqrt(found.n_speakers / found.degrees_of_freedom)
    for group, one in found.groups.items():
        assert one.adjusted.value is not None
        assert one.adjusted.high is not None
        log_ratio = math.log(one.adjusted.value)
        assert log_ratio == pytest.approx(expected["log_ratios"][f"accent{group}"], abs=2e-3)
        standard_error = (math.log(one.adjusted.high) - log_ratio) / widened
        assert standard_error == pytest.approx(expected["standard_errors"][f"accent{group}"], rel=0.02)
    assert len(found.groups) == len([key for key in expected["log_ratios"] if key.startswith("accent")])


@pytest.mark.parametrize("name", CORPORA)
def test_random_effects_are_those_of_lme4(name: str) -> None:
    found, expected = fitted(name), EXPECTED[name]
    assert found.speaker_sd == pytest.approx(expected["random_sd"]["speaker"], rel=0.01)
    assert found.family == ("negative_binomial" if "shape" in expected else "poisson")
    if "shape" in expected:
        assert found.shape == pytest.approx(expected["shape"], rel=0.01)
    if "sentence" in expected["random_sd"]:
        assert found.text_sd == pytest.approx(expected["random_sd"]["sentence"], rel=0.01)

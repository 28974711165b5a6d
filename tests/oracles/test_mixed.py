"""The mixed model is that of R's lme4 and glmmTMB, whose outputs are committed: see make_lme4.R and make_glmmTMB.R."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from speechfair.metrics import Adjusted, adjusted_ratios
from speechfair.metrics.jackknife import t_quantile

FOLDER = Path(__file__).parent / "mixed"
ORACLES = {
    name: json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in ("lme4", "glmmTMB")
}
every_model = pytest.mark.parametrize(
    ("oracle", "name"),
    [(oracle, name) for oracle, models in ORACLES.items() for name in models if name != "versions"],
)


@cache
def fitted(name: str) -> Adjusted:
    scores = pl.read_csv(FOLDER / f"{name}.csv").rename({"errors": "substitutions"})
    scores = scores.with_columns(deletions=pl.lit(0), insertions=pl.lit(0))
    text = "sentence" if name.endswith("texts") else None
    return adjusted_ratios(scores, group="accent", reference="a", covariates=["gender"], text=text)


@every_model
def test_log_ratios_and_standard_errors_are_theirs(oracle: str, name: str) -> None:
    found, expected = fitted(name), ORACLES[oracle][name]
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


@every_model
def test_random_effects_are_theirs(oracle: str, name: str) -> None:
    found, expected = fitted(name), ORACLES[oracle][name]
    assert found.speaker_sd == pytest.approx(expected["random_sd"]["speaker"], rel=0.01)
    assert found.family == ("negative_binomial" if "shape" in expected else "poisson")
    if "shape" in expected:
        assert found.shape == pytest.approx(expected["shape"], rel=0.01)
    if "sentence" in expected["random_sd"]:
        assert found.text_sd == pytest.approx(expected["random_sd"]["sentence"], rel=0.01)


def test_the_two_oracles_agree_with_each_other() -> None:
    one, other = ORACLES["lme4"], ORACLES["glmmTMB"]
    for name in one.keys() - {"versions"}:
        for group, log_ratio in one[name]["log_ratios"].items():
            assert other[name]["log_ratios"][group] == pytest.approx(log_ratio, abs=2e-3)

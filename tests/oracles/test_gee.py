"""statsmodels' generalised estimating equations, clustered by speaker, agree with the raw and the adjusted ratio."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import polars as pl
import pytest

from speechfair.metrics import adjusted_ratios
from tests.planted import planted_corpus

CONFOUNDED = {"x": 0.25, "y": 0.75}


def gee(scores: pl.DataFrame, columns: list[np.ndarray[Any, Any]], structure: str) -> tuple[float, float]:
    """Log rate ratio of y to x, and its robust standard error; `columns` are further regressors."""
    with warnings.catch_warnings():
        import statsmodels.api as sm

        warnings.simplefilter("ignore")
        group = (scores["accent"] == "y").to_numpy().astype(float)
        design = np.column_stack([np.ones(scores.height), group, *columns])
        structures = {"independence": sm.cov_struct.Independence, "exchangeable": sm.cov_struct.Exchangeable}
        fit = sm.GEE(
            scores["substitutions"].to_numpy(),
            design,
            groups=scores["speaker"].to_numpy(),
            family=sm.families.Poisson(),
            cov_struct=structures[structure](),
            offset=np.log(scores["reference_length"].to_numpy()),
        ).fit()
    return float(fit.params[1]), float(fit.bse[1])


def ours(scores: pl.DataFrame, covariates: list[str]) -> tuple[float, float, float]:
    found = adjusted_ratios(scores, group="accent", reference="x", covariates=covariates).groups["y"]
    assert found.raw.value is not None
    assert found.raw.low is not None
    assert found.adjusted.value is not None
    half = math.log(found.raw.value / found.raw.low) / 1.98  # t at some 100 degrees of freedom
    return math.log(found.raw.value), half, math.log(found.adjusted.value)


def test_independence_without_covariates_is_the_raw_ratio_with_its_clustered_error() -> None:
    scores = planted_corpus(np.random.default_rng(1), {"x": 1.0, "y": 1.3}, speakers=60, unequal=True)
    raw, half, _ = ours(scores, [])
    expected, robust = gee(scores, [], "independence")
    assert raw == pytest.approx(expected, abs=1e-8)
    assert half == pytest.approx(robust, rel=0.06)  # the jackknife is a little wider


@pytest.mark.parametrize("structure", ["independence", "exchangeable"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_covariates_it_is_the_adjusted_ratio(structure: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = planted_corpus(
        rng, {"x": 1.0, "y": 1.3}, speakers=300, utterances=12, speaker_sd=0.15, female_share=CONFOUNDED
    )
    raw, _, adjusted = ours(scores, ["gender"])
    female = (scores["gender"] == "female").to_numpy().astype(float)
    expected, _ = gee(scores, [female], structure)
    assert adjusted == pytest.approx(expected, abs=1e-2)
    assert abs(raw - expected) > 5e-2, "the raw ratio is another"

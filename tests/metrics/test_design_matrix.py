from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechfair.metrics.design_matrix import Design, build_design, category_term, inseparable


def design(table: pl.DataFrame, *covariates: str) -> Design:
    made = build_design(table, group="accent", reference="x", covariates=covariates)
    assert isinstance(made, Design), made
    return made


TABLE = pl.DataFrame(
    {
        "accent": ["x", "y", "z", "x", "y", "z"],
        "gender": ["f", "f", "m", "m", None, "f"],
        "age": [20.0, 30.0, 40.0, 50.0, 60.0, 70.0],
    }
)


def test_the_reference_has_no_column() -> None:
    made = design(TABLE)
    assert made.group.labels == ("y", "z")
    assert made.group.base == "x"
    assert made.matrix.tolist() == [[1, 0, 0], [1, 1, 0], [1, 0, 1]] * 2


def test_a_missing_category_is_a_level_of_its_own_and_noted() -> None:
    made = design(TABLE, "gender")
    assert made.covariates[0].base == "f", "the most frequent"
    assert made.covariates[0].labels == ("m", "unknown")
    assert made.notes == ("gender: 1 missing values are the level 'unknown'",)


def test_numbers_are_standardised() -> None:
    made = design(TABLE, "age")
    assert made.covariates[0].values.mean() == pytest.approx(0)
    assert made.covariates[0].values.std() == pytest.approx(1)


@given(st.integers(0, 2), st.permutations(["gender", "age"]))
def test_columns_of_a_covariate_are_where_they_are_said_to_be(seed: int, order: list[str]) -> None:
    rng = np.random.default_rng(seed)
    table = pl.DataFrame(
        {"accent": list("xyz") * 20, "gender": rng.choice(list("fmn"), 60), "age": rng.normal(size=60)}
    )
    made = design(table, *order)
    for position, term in enumerate(made.covariates):
        assert (made.matrix[:, made.columns_of(position)] == term.values).all()


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_a_few_missing_numbers_are_marked_and_noted(missing: float | None) -> None:
    table = pl.DataFrame({"accent": list("xy") * 20, "age": [missing, *np.arange(39.0)]}, strict=False)
    made = design(table, "age")
    assert made.covariates[0].labels == ("age", "age missing")
    assert made.covariates[0].values[0].tolist() == [0, 1]
    assert made.notes == ("age: 1 missing values are at the mean, with an indicator column",)


def test_many_missing_numbers_are_refused_with_the_ways_out() -> None:
    table = pl.DataFrame({"accent": list("xy") * 20, "age": [None] * 3 + [float(i) for i in range(37)]})
    made = build_design(table, group="accent", reference="x", covariates=["age"])
    assert made == (
        "age is missing in 3 of 40 utterances, more than 5%: fill it in, leave it out, or give it as categories "
        "with a level of its own for the missing"
    )


@pytest.mark.parametrize("column", ["one", 1.5])
def test_what_does_not_vary_has_no_column_and_is_noted(column: object) -> None:
    made = design(TABLE.with_columns(pl.lit(column).alias("same")), "same")
    assert made.matrix.shape == (6, 3)
    assert made.notes == ("same does not vary: nothing to adjust for",)


def test_a_covariate_that_repeats_the_group_is_refused() -> None:
    table = TABLE.with_columns(
        pl.col("accent").replace({"x": "studio", "y": "phone", "z": "car"}).alias("device")
    )
    made = build_design(table, group="accent", reference="x", covariates=["device"])
    assert isinstance(made, str)
    assert made.startswith("accent and device cannot be separated")


def test_covariates_that_only_together_repeat_the_group_are_refused() -> None:
    left, right = np.repeat([0, 1, 0, 1], 5), np.repeat([0, 0, 1, 1], 5)
    table = pl.DataFrame(
        {"accent": np.where(left ^ right, "y", "x"), "left": left, "right": right, "both": left + right}
    )
    assert isinstance(
        build_design(table, group="accent", reference="x", covariates=["left", "right"]), Design
    )
    assert build_design(table, group="accent", reference="x", covariates=["left", "right", "both"]) == (
        "both cannot be separated from accent, left, right together: leave one of them out"
    )


def test_a_tiny_but_real_difference_is_not_called_collinear() -> None:
    rng = np.random.default_rng(0)
    group = category_term(pl.Series(["x", "y"] * 5_000), "accent", first="x")
    almost = np.array(["x", "y"] * 5_000)
    almost[rng.choice(10_000, 30, replace=False)] = "x"
    assert inseparable(group, [category_term(pl.Series(almost), "device")]) is None

"""Intervals of the association between a covariate and a grouping: they hold the true value."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from speechfair.process.checks.association import (
    Association,
    NotComputable,
    association_of,
    associations,
    correlation_ratio,
)
from speechfair.process.checks.paired_runs import exact_share


def drawn(kind: str, n: int, truth: float, rng: np.random.Generator) -> Association | NotComputable | None:
    """Two halves of `n` speakers and a covariate that is associated with the halves by `truth`."""
    half = np.arange(n) % 2
    if kind == "number":
        shift = 2 * truth / np.sqrt(1 - truth**2)
        return correlation_ratio(list(map(str, half)), list(rng.normal(size=n) + shift * half))
    other = np.where(rng.random(n) < (1 - truth) / 2, 1 - half, half)
    return association_of(list(map(str, half)), list(map(str, other)))


@pytest.mark.parametrize("kind", ["number", "category"])
@pytest.mark.parametrize(("n", "truth"), [(20, 0.0), (20, 0.3), (80, 0.6)])
def test_the_interval_holds_the_true_association(kind: str, n: int, truth: float) -> None:
    rng = np.random.default_rng(7)
    found = [one for _ in range(50) if isinstance(one := drawn(kind, n, truth, rng), Association)]
    held = sum(one.low <= truth <= one.high for one in found) / len(found)
    assert held >= 0.88
    assert all(0 <= one.low <= one.value <= one.high <= 1 for one in found)


def test_perfect_balance_of_few_speakers_does_not_show_that_there_is_no_association() -> None:
    few, many = (association_of(["a", "a", "b", "b"] * n, ["x", "y", "x", "y"] * n) for n in (2, 100))
    assert isinstance(few, Association)
    assert isinstance(many, Association)
    assert (few.value, many.value) == (0.0, 0.0)
    assert few.high > 0.8
    assert many.high < 0.2


def test_nothing_is_said_where_nothing_varies() -> None:
    assert association_of(["a", "b", "a"], ["x", "x", "x"]) is None
    assert correlation_ratio(["a", "b", "a"], [1.0, 1.0, 1.0]) is None


def test_too_few_speakers_or_groups_are_not_taken_for_a_covariate_that_never_varies() -> None:
    assert association_of(["a", "b"], ["x", "y"]) == NotComputable(2, 2)
    assert association_of(["a"] * 9, list("xyzxyzxyz")) == NotComputable(9, 1)
    assert correlation_ratio(["a", "b", "c"], [1.0, 2.0, 3.0]) == NotComputable(3, 3)
    assert correlation_ratio([], []) == NotComputable(0, 0)


def manifest(speakers: list[str | None], texts: list[str], language: str | None) -> pl.DataFrame:
    labels = [[{"axis": "accent", "value": "xy"[i % 2], "source": "corpus"}] for i in range(len(texts))]
    return pl.DataFrame(
        {
            "speaker": speakers, "text": texts, "language": [language] * len(texts), "labels": labels,
            "sample_rate": [16_000] * len(texts), "duration_s": [1.0 + i % 3 for i in range(len(texts))],
        },
        schema_overrides={"speaker": pl.String, "language": pl.String},
    )  # fmt: skip


@pytest.mark.parametrize("speakers", [[None, None], ["p", "q"], ["p", "p"]])
def test_every_covariate_is_listed_where_speakers_are_too_few(speakers: list[str | None]) -> None:
    found = associations(manifest(speakers, ["a b", "a"], "eng"), "accent")
    assert {"duration", "words per utterance", "words per second"} <= found.keys()
    assert all(isinstance(one, NotComputable) for one in found.values())


@pytest.mark.parametrize("language", ["jpn", "ja", "tha", None])
def test_texts_without_spaces_are_counted_in_characters(language: str | None) -> None:
    texts = ["日本" * (1 + i % 2 * 9) + "語" * (i % 3) for i in range(20)]
    found = associations(manifest([f"s{i}" for i in range(20)], texts, language), "accent")
    longer = found["characters per utterance"]
    assert isinstance(longer, Association)
    assert longer.low > 0.8
    assert "words per utterance" not in found


@settings(max_examples=25, deadline=None)
@given(some.integers(1, 400), some.data())
def test_an_exact_share_is_the_one_of_scipy(n: int, data: some.DataObject) -> None:
    from scipy.stats import binomtest

    count = data.draw(some.integers(0, n))
    theirs = binomtest(count, n).proportion_ci(0.95, "exact")
    assert exact_share(count, n) == pytest.approx((theirs.low, theirs.high))

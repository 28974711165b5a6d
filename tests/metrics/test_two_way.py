from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from speechfair.metrics import pooled_rate, rate_ratio, speaker_sums, two_way_rate, two_way_ratio


def read(
    rng: np.random.Generator, prefix: str, speakers: int, hardness: np.ndarray, rate: float = 0.15
) -> pl.DataFrame:
    """Every speaker reads every text once; texts of 10 words differ by `hardness`."""
    texts = len(hardness)
    who, what = np.repeat(np.arange(speakers), texts), np.tile(np.arange(texts), speakers)
    talent = rng.gamma(6, 1 / 6, speakers)
    return pl.DataFrame(
        {
            "speaker": [f"{prefix}{i}" for i in who],
            "reference": [f"text {i}" for i in what],
            "substitutions": rng.poisson(10 * rate * talent[who] * hardness[what]),
            "deletions": 0,
            "insertions": 0,
            "reference_length": 10,
        }
    )


def test_an_interval_over_texts_covers_other_texts_where_that_over_speakers_does_not() -> None:
    rng = np.random.default_rng(1)
    held = np.zeros(4)
    for _ in range(60):
        hard, harder = rng.gamma(3, 1 / 3, 10), rng.gamma(6, 1 / 6, 10)
        group, reference = read(rng, "a", 40, hard * harder), read(rng, "b", 40, hard)
        for index, (found, truth) in enumerate(
            (
                (pooled_rate(speaker_sums(group)), 0.15),
                (two_way_rate(group), 0.15),
                (rate_ratio(speaker_sums(group), speaker_sums(reference)), 1.0),
                (two_way_ratio(group, reference), 1.0),
            )
        ):
            assert found.low is not None
            assert found.high is not None
            held[index] += found.low <= truth <= found.high
    assert held[1] >= 50, "two-way rate"
    assert held[3] >= 51, "two-way ratio"
    assert held[0] < 40, "speakers alone: about half"
    assert held[2] < held[3]


def test_it_is_never_narrower_than_the_interval_over_speakers() -> None:
    rng = np.random.default_rng(2)
    table = read(rng, "a", 20, np.ones(30))
    usual, both = pooled_rate(speaker_sums(table)), two_way_rate(table)
    assert both.value == usual.value
    assert both.low is not None
    assert usual.low is not None
    assert both.low <= usual.low * (1 + 1e-9)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (pl.col("speaker") + pl.col("reference"), "texts are hardly shared"),
        (pl.lit("one"), "4 texts"),
    ],
)
def test_reasons(change: pl.Expr, told: str) -> None:
    table = read(np.random.default_rng(3), "a", 8, np.ones(4 if "4" in told else 9))
    if "hardly" in told:
        table = table.with_columns(change.alias("reference"))
    found = two_way_rate(table)
    assert found.value is not None
    assert found.low is None
    assert told in str(found.reason)
    other = two_way_ratio(table, read(np.random.default_rng(4), "b", 8, np.ones(9)))
    assert told in str(other.reason)

"""Intervals hold what they promise on simulated speakers who differ; one that treats rows as independent does not."""

from __future__ import annotations

import numpy as np
import pytest

from speechfair.metrics.disparity import rate_difference, rate_ratio
from speechfair.metrics.rates import SpeakerSums, pooled_rate
from speechfair.types import Estimate

DRAWS = 400


def draw(
    rng: np.random.Generator, n_speakers: int, rate: float, variation: float, prefix: str = "s"
) -> tuple[SpeakerSums, np.ndarray, np.ndarray]:
    """Speakers whose rates are gamma-distributed and who talk unequally much; errors and words by utterance."""
    speaker = np.repeat(np.arange(n_speakers), 1 + rng.poisson(rng.gamma(2.0, 10.0, n_speakers)))
    words = rng.integers(5, 16, len(speaker))
    talent = rng.gamma(variation**-2, variation**2, n_speakers)
    errors = rng.poisson(words * rate * talent[speaker])
    names = tuple(f"{prefix}{index}" for index in range(n_speakers))
    totals = [np.bincount(speaker, counts, n_speakers).astype(float) for counts in (errors, words)]
    return SpeakerSums(names, *totals, len(speaker)), errors, words


def holds(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high


def least(n_speakers: int) -> float:
    """The goal of docs/results/coverage.md, less three binomial standard errors of this smaller run."""
    goal = 0.93 if n_speakers >= 20 else 0.91
    return float(goal - 3 * np.sqrt(goal * (1 - goal) / DRAWS))


@pytest.mark.parametrize("variation", [0.5, 0.9])
@pytest.mark.parametrize("n_speakers", [8, 12, 35])
def test_speaker_intervals_cover(n_speakers: int, variation: float) -> None:
    rng = np.random.default_rng([n_speakers, int(10 * variation)])
    covered = np.zeros(3)
    for _ in range(DRAWS):
        group, *_ = draw(rng, n_speakers, 0.18, variation)
        reference, *_ = draw(rng, 20, 0.12, variation, "r")
        covered += (
            holds(pooled_rate(group), 0.18),
            holds(rate_ratio(group, reference), 1.5),
            holds(rate_difference(group, reference), 0.06),
        )
    assert (covered / DRAWS >= least(n_speakers)).all(), covered / DRAWS


@pytest.mark.parametrize("variation", [0.5, 0.9])
def test_the_row_bootstrap_is_far_too_narrow(variation: float) -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(DRAWS // 2):
        _, errors, words = draw(rng, 12, 0.18, variation)
        rows = rng.integers(len(errors), size=(400, len(errors)))
        low, high = np.quantile(errors[rows].sum(axis=1) / words[rows].sum(axis=1), [0.025, 0.975])
        covered += low <= 0.18 <= high
    assert covered / (DRAWS // 2) < 0.80


def test_a_rate_seen_without_errors_is_seldom_above_its_limit() -> None:
    rng = np.random.default_rng(12)
    silent = SpeakerSums(tuple("abcdef"), np.zeros(6), np.full(6, 200.0), 6)
    high = pooled_rate(silent).high
    assert high is not None
    talent = rng.gamma(1.0, 1.0, (20_000, 6))  # between-speaker coefficient of variation 1
    without_errors = rng.poisson(200 * high * talent).sum(axis=1) == 0
    assert without_errors.mean() < 0.025

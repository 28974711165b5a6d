"""Coverage of nominal 95 % intervals on simulated speakers: ours, and the usual bootstraps beside them.

Speakers' rates are gamma-distributed around the group's (coefficient of variation 0.5 or 0.9), talk time differs
between speakers (gamma, shape 2), utterance lengths too. Every cell of the table is a seeded run that is appended
to benchmarks/results/coverage.jsonl when done; a cell that is there is not run again, so the program can be stopped
at any time. `python -m benchmarks.simulate_coverage --draws 2000`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from speechfair.metrics import (
    SpeakerSums,
    bootstrap_estimate,
    bootstrap_rates,
    max_min_gap,
    pooled_rate,
    rate_difference,
    rate_ratio,
    worst_best_ratio,
)
from speechfair.types import Estimate

SPEAKERS = (8, 12, 20, 35, 100)
VARIATIONS = (0.5, 0.9)
RATE, REFERENCE_RATE, REFERENCE_SPEAKERS = 0.18, 0.12, 35
GAP_RATES = (0.12, 0.15, 0.15, 0.20)
REPLICATES = 999
TAILS = np.array([0.025, 0.975])
RESULTS = Path(__file__).parent / "results" / "coverage.jsonl"


def draw(
    rng: np.random.Generator, n_speakers: int, rate: float, variation: float, prefix: str
) -> tuple[SpeakerSums, NDArray[np.float64]]:
    """Sums of one simulated group, and its rows: errors and words, shape (n_utterances, 2)."""
    utterances = 1 + rng.poisson(rng.gamma(2.0, 10.0, n_speakers))
    speaker = np.repeat(np.arange(n_speakers), utterances)
    words = rng.integers(4, 20, len(speaker))
    talent = rng.gamma(variation**-2, variation**2, n_speakers)
    errors = rng.poisson(words * rate * talent[speaker])
    sums = [np.bincount(speaker, counts, n_speakers).astype(np.float64) for counts in (errors, words)]
    names = tuple(f"{prefix}{index}" for index in range(n_speakers))
    return SpeakerSums(names, sums[0], sums[1], len(speaker)), np.column_stack([errors, words]).astype(float)


def bca(replicates: NDArray[np.float64], sums: SpeakerSums) -> NDArray[np.float64]:
    """Bias-corrected and accelerated limits (Efron, JASA 82, 1987)."""
    left = (sums.errors.sum() - sums.errors) / (sums.words.sum() - sums.words)
    spread = left.mean() - left
    acceleration = (spread**3).sum() / (6 * (spread**2).sum() ** 1.5)
    below = np.clip((replicates < sums.errors.sum() / sums.words.sum()).mean(), 1e-3, 1 - 1e-3)
    shift = ndtri(below) + ndtri(TAILS)
    tails = ndtr(ndtri(below) + shift / (1 - acceleration * shift))
    return np.asarray(np.quantile(replicates, tails), dtype=np.float64)


def row_bootstrap(rng: np.random.Generator, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Percentiles when utterances are drawn as if they were independent."""
    totals = rows[rng.integers(len(rows), size=(300, len(rows)))].sum(axis=1)
    return np.asarray(np.quantile(totals[:, 0] / totals[:, 1], TAILS), dtype=np.float64)


def cell(n_speakers: int, variation: float, draws: int) -> dict[str, float]:
    """Share of draws in which each interval held the truth."""
    rng = np.random.default_rng([n_speakers, round(100 * variation), draws])
    held: Counter[str] = Counter()
    for _ in range(draws):
        group, rows = draw(rng, n_speakers, RATE, variation, "g")
        reference, _ = draw(rng, REFERENCE_SPEAKERS, REFERENCE_RATE, variation, "r")
        replicates = bootstrap_rates([group], REPLICATES, rng, rescaled=False)[:, 0]
        held["rate: jackknife"] += inside(pooled_rate(group), RATE)
        held["rate: percentile"] += between(np.quantile(replicates, TAILS), RATE)
        held["rate: BCa"] += between(bca(replicates, group), RATE)
        held["rate: rows"] += between(row_bootstrap(rng, rows), RATE)
        held["ratio"] += inside(rate_ratio(group, reference), RATE / REFERENCE_RATE)
        held["difference"] += inside(rate_difference(group, reference), RATE - REFERENCE_RATE)
        for name, rates in (("gap", GAP_RATES), ("no gap", (0.15,) * 4)):
            several = [draw(rng, n_speakers, rate, variation, str(i))[0] for i, rate in enumerate(rates)]
            truth = max(rates) - min(rates)
            held[f"{name}: max-t"] += inside(max_min_gap(several, rng=rng, n_replicates=REPLICATES), truth)
            plain = bootstrap_estimate(
                lambda r: np.ptp(r, axis=-1), several, rng=rng, n_replicates=REPLICATES
            )
            held[f"{name}: percentile"] += inside(plain, truth)
            ratio = worst_best_ratio(several, rng=rng, n_replicates=REPLICATES)
            held[f"{name}: worst/best"] += inside(ratio, max(rates) / min(rates))
    return {name: count / draws for name, count in held.items()}


def inside(estimate: Estimate, truth: float) -> bool:
    """Whether the interval holds the truth; an interval that is not given holds nothing."""
    if estimate.low is None or estimate.high is None:
        return False
    return between((estimate.low, estimate.high), truth)


def between(limits: NDArray[np.float64] | tuple[float, float], truth: float) -> bool:
    return bool(limits[0] - 1e-12 <= truth <= limits[1] + 1e-12)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--draws", type=int, default=2_000, help="simulated corpora per cell")
    draws = parser.parse_args().draws
    RESULTS.parent.mkdir(exist_ok=True)
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    done = {
        (row["speakers"], row["variation"], row["draws"]): row["coverage"] for row in map(json.loads, lines)
    }
    for number, (n_speakers, variation) in enumerate(product(SPEAKERS, VARIATIONS)):
        key = (n_speakers, variation, draws)
        if key not in done:
            done[key] = cell(*key)
            record = {"speakers": n_speakers, "variation": variation, "draws": draws, "coverage": done[key]}
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        if not number:
            print("| speakers | variation | " + " | ".join(done[key]) + " |")
            print("| --- " * (2 + len(done[key])) + "|")
        figures = " | ".join(f"{100 * share:.1f}" for share in done[key].values())
        print(f"| {n_speakers} | {variation} | {figures} |", flush=True)


if __name__ == "__main__":
    main()

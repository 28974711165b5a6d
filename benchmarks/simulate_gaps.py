"""Coverage of the gap and of the worst/best ratio over several groups, with and without a true gap.

Speakers are those of `simulate_coverage`. A percentile bootstrap stands beside. Worlds that are not in the first table
are harder on purpose: two groups only, two pairs that are tied, eight groups of which most are in between.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import simulate_coverage
from benchmarks.simulate_coverage import VARIATIONS, draw, inside
from benchmarks.simulated_rows import BLOCK, Rows, code_digest
from speechfair.metrics import bootstrap_estimate, max_min_gap, worst_best_ratio

RESULTS = Path(__file__).parent / "results" / "gaps.jsonl"
MODULES = ("bootstrap", "disparity", "gap_limit", "jackknife", "rates", "summary")
SEED, REPLICATES = 20_241, 499
WORLDS: dict[str, tuple[tuple[float, float], ...]] = {
    "gap": ((0.12, 1), (0.15, 2), (0.15, 1), (0.20, 1.5)),
    "no gap": ((0.15, 1), (0.15, 2), (0.15, 1), (0.15, 1.5)),
    "two groups": ((0.12, 1), (0.18, 1.5)),
    "ties": ((0.12, 1), (0.12, 2), (0.20, 1), (0.20, 1.5)),
    "eight groups": tuple(
        zip((0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.2), (1, 1, 2, 1, 1, 0.5, 1, 1), strict=True)
    ),
}
"""Error rate and relative size of each group."""
MAIN = ("gap", "no gap")
FEWER = (20,)
MOST_BESIDE = 35
"""Speakers up to which the percentile bootstrap stands beside."""


def cell(
    world: str, n_speakers: int, variation: float, block: int = 0, draws: int = BLOCK
) -> dict[str, float]:
    """In how many draws each interval held the truth, and in how many the gap's upper limit was too low."""
    rng = np.random.default_rng([SEED, list(WORLDS).index(world), n_speakers, round(100 * variation), block])
    rates, sizes = zip(*WORLDS[world], strict=True)
    truth = max(rates) - min(rates)
    held: Counter[str] = Counter()
    for _ in range(draws):
        groups = [
            draw(rng, round(n_speakers * size), rate, variation, f"{i}-")[0]
            for i, (rate, size) in enumerate(zip(rates, sizes, strict=True))
        ]
        gap = max_min_gap(groups, rng=rng, n_replicates=REPLICATES)
        held["gap"] += inside(gap, truth)
        held["gap: limit too low"] += gap.high is not None and gap.high < truth
        ratio = worst_best_ratio(groups, rng=rng, n_replicates=REPLICATES)
        held["worst/best"] += inside(ratio, max(rates) / min(rates))
        if world in MAIN and n_speakers <= MOST_BESIDE:
            plain = bootstrap_estimate(lambda r: np.ptp(r, axis=-1), groups, rng=rng, n_replicates=REPLICATES)
            held["percentile"] += inside(plain, truth)
    return dict(held)


def codes() -> set[str]:
    """Digest of what decides the figures."""
    return {code_digest(cell, draw, WORLDS, REPLICATES, SEED, metrics=MODULES)}


def run(
    draws: int, worlds: Sequence[str] = tuple(WORLDS), *, compute: bool = True, until: float = math.inf
) -> list[dict[str, Any]]:
    """All rows, from the file where they are there, else computed and appended to it."""
    store = Rows(RESULTS, *codes(), compute=compute, until=until)
    rows = []
    for world in worlds:
        for variation, n in product(VARIATIONS, simulate_coverage.SPEAKERS if world in MAIN else FEWER):
            total = store.total([world, variation, n], draws, partial(cell, world, n, variation))
            rows.append({"world": world, "variation": variation, "speakers": n} | total.row())
    return rows

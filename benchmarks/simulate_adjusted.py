"""Bias and coverage of the adjusted ratio on simulated corpora in which gender is confounded with the accent.

Three quarters of one accent's speakers are women, a quarter of the other's, and women's error rate is 1.3 times that
of men, so that the raw ratio is off. `make simulate` runs it with the other simulations; see `simulated_rows` for
how it goes on after a stop.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.simulated_rows import BLOCK, Rows, code_digest
from speechfair.metrics import Adjusted, adjusted_ratios
from tests.planted import planted_corpus

RESULTS = Path(__file__).parent / "results" / "adjusted.jsonl"
MODULES = ("design_matrix", "disparity", "jackknife", "mixed", "mixed_fit", "mixed_rows", "rates")
SEED = 20_242
RATIOS = (1.1, 1.25, 1.5)
SETTINGS: dict[str, dict[str, Any]] = {
    "100 speakers an accent": {"speakers": 100, "speaker_sd": 0.3},
    "20 speakers an accent": {"speakers": 20, "speaker_sd": 0.3},
    "8 speakers an accent": {"speakers": 8, "speaker_sd": 0.3},
    "20, who differ much and talk unequally": {"speakers": 20, "speaker_sd": 0.8, "unequal": True},
    "20, shared texts": {"speakers": 20, "speaker_sd": 0.3, "text_sd": 0.5},
    "20, over-dispersed": {"speakers": 20, "speaker_sd": 0.3, "shape": 1.0},
}


def cell(setting: str, ratio: float, block: int = 0, corpora: int = BLOCK) -> dict[str, float]:
    """Sums over corpora: log(estimate / truth), its square, and how often an interval held the truth."""
    options = SETTINGS[setting]
    rng = np.random.default_rng([SEED, sorted(SETTINGS).index(setting), round(100 * ratio), block])
    sums: defaultdict[str, float] = defaultdict(float)
    for _ in range(corpora):
        found = one(rng, ratio, options).groups["y"]
        for name, estimate in (("raw", found.raw), ("adjusted", found.adjusted)):
            if estimate.value is None or estimate.low is None or estimate.high is None:
                sums[f"{name} undefined"] += 1
                continue
            off = math.log(estimate.value / ratio)
            sums[f"{name} defined"] += 1
            sums[f"{name} log"] += off
            sums[f"{name} log²"] += off**2
            sums[f"{name} held"] += estimate.low <= ratio <= estimate.high
    return dict(sums)


def figures(total: Mapping[str, float]) -> dict[str, float]:
    """Bias of the raw and of the adjusted ratio, its standard error, and the coverage, as fractions."""
    found: dict[str, float] = {}
    for name in ("raw", "adjusted"):
        n = total[f"{name} defined"]
        mean = total[f"{name} log"] / n
        found |= {
            f"{name} bias": math.exp(mean) - 1,
            f"{name} error": math.sqrt(max(0.0, total[f"{name} log²"] / n - mean**2) / n),
            f"{name} coverage": total.get(f"{name} held", 0) / n,
            f"{name} undefined": total.get(f"{name} undefined", 0) / (n + total.get(f"{name} undefined", 0)),
        }
    return found


def one(rng: np.random.Generator, ratio: float, options: dict[str, Any]) -> Adjusted:
    corpus = planted_corpus(rng, {"x": 1.0, "y": ratio}, female_share={"x": 0.25, "y": 0.75}, **options)
    text = "sentence" if "text_sd" in options else None
    return adjusted_ratios(corpus, group="accent", reference="x", covariates=["gender"], text=text)


def codes() -> set[str]:
    """Digest of what decides the figures."""
    return {code_digest(cell, one, planted_corpus, SETTINGS, SEED, metrics=MODULES)}


def run(draws: int, *, compute: bool = True, until: float = math.inf) -> list[dict[str, Any]]:
    """All rows, from the file where they are there, else computed and appended to it."""
    store = Rows(RESULTS, *codes(), compute=compute, until=until)
    rows = []
    for setting, ratio in product(SETTINGS, RATIOS):
        total = store.total([setting, ratio], draws, partial(cell, setting, ratio))
        found = figures(total.sums) if total.draws else {}
        rows.append({"setting": setting, "ratio": ratio} | total.row() | found)
    return rows

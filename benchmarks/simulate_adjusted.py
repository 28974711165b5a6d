"""Bias and coverage of the adjusted ratio on simulated corpora in which gender is confounded with the accent.

Three quarters of one accent's speakers are women, a quarter of the other's, and women's error rate is 1.3 times that
of men, so that the raw ratio is off. Every row of the table
is a seeded run; `python -m benchmarks.simulate_adjusted --corpora 1000` prints it.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from speechfair.metrics import Adjusted, adjusted_ratios
from speechfair.types import Estimate
from tests.planted import planted_corpus

RATIOS = (1.1, 1.25, 1.5)
SETTINGS: dict[str, dict[str, Any]] = {
    "100 speakers an accent": {"speakers": 100, "speaker_sd": 0.3},
    "20 speakers an accent": {"speakers": 20, "speaker_sd": 0.3},
    "8 speakers an accent": {"speakers": 8, "speaker_sd": 0.3},
    "20, who differ much and talk unequally": {"speakers": 20, "speaker_sd": 0.8, "unequal": True},
    "20, shared texts": {"speakers": 20, "speaker_sd": 0.3, "text_sd": 0.5},
    "20, over-dispersed": {"speakers": 20, "speaker_sd": 0.3, "shape": 1.0},
}


@dataclass
class Tally:
    """Log ratios and how often the intervals held the truth, over the corpora of one cell."""

    truth: float
    logs: list[float] = field(default_factory=list)
    held: int = 0
    undefined: int = 0

    def add(self, estimate: Estimate) -> None:
        if estimate.value is None or estimate.low is None or estimate.high is None:
            self.undefined += 1
            return
        self.logs.append(math.log(estimate.value))
        self.held += estimate.low <= self.truth <= estimate.high

    @property
    def bias(self) -> float:
        return math.exp(float(np.mean(self.logs))) / self.truth - 1

    @property
    def error(self) -> float:
        """Standard error of the bias."""
        return float(np.std(self.logs)) / math.sqrt(len(self.logs))

    @property
    def coverage(self) -> float:
        return self.held / len(self.logs)


def cell(setting: str, ratio: float, corpora: int) -> tuple[Tally, Tally]:
    """The raw and the adjusted ratio over that many corpora."""
    options = SETTINGS[setting]
    rng = np.random.default_rng([sorted(SETTINGS).index(setting), round(100 * ratio), corpora])
    raw, adjusted = Tally(ratio), Tally(ratio)
    for _ in range(corpora):
        found = one(rng, ratio, options)
        raw.add(found.groups["y"].raw)
        adjusted.add(found.groups["y"].adjusted)
    return raw, adjusted


def one(rng: np.random.Generator, ratio: float, options: dict[str, Any]) -> Adjusted:
    corpus = planted_corpus(rng, {"x": 1.0, "y": ratio}, female_share={"x": 0.25, "y": 0.75}, **options)
    text = "sentence" if "text_sd" in options else None
    return adjusted_ratios(corpus, group="accent", reference="x", covariates=["gender"], text=text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--corpora", type=int, default=1000, help="simulated corpora per row")
    corpora = parser.parse_args().corpora
    print(
        "| corpora | true ratio | raw is off by | adjusted is off by | its error | covers (nominal 95 %) | none |"
    )
    print("| --- " * 7 + "|")
    for setting, ratio in product(SETTINGS, RATIOS):
        raw, adjusted = cell(setting, ratio, corpora)
        print(
            f"| {setting} | {ratio} | {100 * raw.bias:+.1f} % | {100 * adjusted.bias:+.1f} % "
            f"| ±{100 * adjusted.error:.1f} | {100 * adjusted.coverage:.1f} % | {adjusted.undefined} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

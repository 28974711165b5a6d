"""How often the no-harm test passes harm of exactly the margin: spread, in rare bursts, or on few speakers.

Prints the table of docs/explanation/no-harm-errors.md; a few minutes on one core. Every cell is seeded.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from speechfair.metrics.paired import non_inferiority
from speechfair.metrics.pairing import Pair
from speechfair.metrics.rates import SpeakerSums
from speechfair.result_table import Table

Kind = Literal["burst", "few", "spread", "none"]

MARGIN, RATE, VARIATION, CHURN = 0.01, 0.08, 0.5, 0.02
UTTERANCES, WORDS, BURST, SHARE = 20, 10, 20, 0.03
DRAWS = 600


def draw(rng: np.random.Generator, n: int, kind: Kind) -> tuple[Pair, bool]:
    """One comparison of two models on n speakers, and whether any harm fell into the sample."""
    words = np.full(n, UTTERANCES * WORDS)
    talent = rng.gamma(VARIATION**-2, VARIATION**2, n)
    before = rng.poisson(RATE * words * talent)
    gained = rng.poisson(CHURN * words * talent)
    after = before + gained - rng.binomial(before, CHURN / RATE)
    struck = np.ones(n)
    if kind == "burst":
        struck = rng.binomial(UTTERANCES, MARGIN * WORDS / BURST, n)
        after = after + struck * BURST
    elif kind == "few":
        struck = rng.random(n) < SHARE
        after = after + rng.binomial(words, MARGIN / SHARE) * struck
    elif kind == "spread":
        after = after + rng.poisson(MARGIN * words)
    names = tuple(f"s{i}" for i in range(n))
    sides = (
        SpeakerSums(names, s.astype(float), words.astype(float), n * UTTERANCES) for s in (before, after)
    )
    return Pair(*sides), bool(struck.any())


def cell(kind: Kind, n: int, draws: int = DRAWS) -> tuple[float, float]:
    """Percent of draws that pass although harm was seen, and of draws without any harm in the sample."""
    rng = np.random.default_rng([n, {"burst": 5, "few": 4, "spread": 6, "none": 4}[kind]])
    passed = unseen = 0
    for _ in range(draws):
        pair, seen = draw(rng, n, kind)
        unseen += not seen
        passed += seen and non_inferiority(pair).holds is True
    return 100 * passed / draws, 100 * unseen / draws


def main() -> None:
    """Print a table with a row per number of speakers."""
    rows = []
    for n in (8, 20, 35, 60, 150):
        cells = {kind: cell(kind, n) for kind in ("burst", "few", "spread", "none")}
        figures = [*cells["burst"], *cells["few"], cells["spread"][0], cells["none"][0]]
        rows.append((str(n), *(f"{figure:.1f}" for figure in figures)))
    heads = (
        "speakers", "bursts: passed though seen", "unseen", "few: passed though seen", "unseen",
        "spread: passed", "passed without any change",
    )  # fmt: skip
    print(Table.of_texts("", heads, rows).to_markdown())


if __name__ == "__main__":
    main()

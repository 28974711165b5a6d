"""How often the gate is wrong, and how often it decides, on simulated speakers.

Three groups are held against a reference with the shipped defaults (ratio at most 1.25, level 0.95, Holm, 35 speakers).
Speakers' rates are gamma-distributed around their group's (coefficient of variation 0.5 or 0.9) and talk time differs
between them (gamma, shape 2). `make simulate` runs it with the other simulations; see `simulated_rows` for how it goes
on after a stop.
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
import polars as pl

from benchmarks.simulated_rows import BLOCK, Rows, code_digest
from speechfair.gating import cases, confounding, guards
from speechfair.gating import judge as gate
from speechfair.gating.cases import RunFacts
from speechfair.gating.criteria import CriteriaFile, Criterion
from speechfair.gating.freezing import Standing
from speechfair.gating.judge import judge

LIMIT = 1.25
RATIOS = (1.0, LIMIT, 1.5)
SPEAKERS = (35, 120)
VARIATIONS = (0.5, 0.9)
GROUPS = 3
RATE = 0.12
SEED = 20_243
RESULTS = Path(__file__).parent / "results" / "gate.jsonl"
FROZEN = Standing("criteria.yaml", "0" * 64, "2026-01-01", "sidecar", "2026-01-02")
FILE = CriteriaFile(
    schema_="speechfair/criteria/1",
    normalizer="basic",
    tokens="words",
    criteria=[Criterion(id="ratio", metric="rate_ratio", axis="accent", limit=LIMIT)],
)


def group(rng: np.random.Generator, name: str, rate: float, n: int, variation: float) -> pl.DataFrame:
    """The scores of one group, each speaker's utterances in one row."""
    words = 20 + rng.poisson(rng.gamma(2.0, 120.0, n))
    talent = rng.gamma(variation**-2, variation**2, n)
    names = [f"{name}{i}" for i in range(n)]
    return pl.DataFrame(
        {
            "utterance_id": names,
            "speaker": names,
            "labels": [[{"axis": "accent", "value": name, "source": "corpus"}]] * n,
            "excluded": pl.Series([None] * n, dtype=pl.String),
            "failed": [False] * n,
            "runaway": [False] * n,
            "reference": names,
            "substitutions": rng.poisson(rate * words * talent),
            "deletions": [0] * n,
            "insertions": [0] * n,
            "reference_length": words,
        }
    )


def facts(rng: np.random.Generator, ratios: Sequence[float], n: int, variation: float) -> RunFacts:
    """A run in order, whose first group is the reference."""
    names = ["reference", *"abcdefgh"[: len(ratios) - 1]]
    tables = [group(rng, name, RATE * r, n, variation) for name, r in zip(names, ratios, strict=True)]
    return RunFacts(pl.concat(tables), "basic", "words", {"accent": "reference"}, (), FROZEN)


def cell(ratio: float, n: int, variation: float, block: int = 0, draws: int = BLOCK) -> dict[str, float]:
    """In how many gates there is any fail and any pass, and in how many comparisons each verdict."""
    rng = np.random.default_rng([SEED, round(100 * ratio), n, round(100 * variation), block])
    found: Counter[str] = Counter()
    for _ in range(draws):
        verdicts = [c.verdict for c in judge(FILE, facts(rng, [1.0, *[ratio] * GROUPS], n, variation))]
        for verdict in ("fail", "pass"):
            found[f"gates with a {verdict}"] += verdict in verdicts
        for verdict in ("fail", "pass", "undetermined"):
            found[verdict] += verdicts.count(verdict)
            found[f"{verdict}: n"] += GROUPS
    return {name: float(count) for name, count in found.items()}


def codes() -> set[str]:
    """Digest of what decides the figures."""
    parts = (cell, facts, group, FILE, LIMIT, GROUPS, RATE, SEED)
    modules = (cases, confounding, gate, guards)
    return {code_digest(*parts, *modules, metrics=("disparity", "jackknife", "rates"))}


def run(draws: int, *, compute: bool = True, until: float = math.inf) -> list[dict[str, Any]]:
    """All rows, from the file where they are there, else computed and appended to it."""
    store = Rows(RESULTS, *codes(), compute=compute, until=until)
    rows = []
    for ratio, n, variation in product(RATIOS, SPEAKERS, VARIATIONS):
        total = store.total([ratio, n, variation], draws, partial(cell, ratio, n, variation))
        rows.append({"ratio": ratio, "speakers": n, "variation": variation} | total.row())
    return rows

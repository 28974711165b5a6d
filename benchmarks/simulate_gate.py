"""How often the gate is wrong, and how often it decides, on simulated speakers.

Three groups are held against a reference with the shipped defaults (ratio at most 1.25, level 0.95, Holm, 35 speakers).
Speakers' rates are gamma-distributed around their group's (coefficient of variation 0.5 or 0.9) and talk time differs
between them (gamma, shape 2). Every cell is a seeded run that is appended to benchmarks/results/gate.jsonl when done; a
cell that is there, made by the same code, is not run again. `make simulate` runs it with the other simulations.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.simulated_rows import EARLIER, code_digest
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


def cell(ratio: float, n: int, variation: float, draws: int) -> dict[str, float]:
    """Share of gates with any fail and with any pass, and share of comparisons of each verdict."""
    rng = np.random.default_rng([round(100 * ratio), n, round(100 * variation), draws])
    any_of = dict.fromkeys(("fail", "pass"), 0)
    each = dict.fromkeys(("fail", "pass", "undetermined"), 0)
    for _ in range(draws):
        verdicts = [c.verdict for c in judge(FILE, facts(rng, [1.0, *[ratio] * GROUPS], n, variation))]
        for verdict in any_of:
            any_of[verdict] += verdict in verdicts
        for verdict in each:
            each[verdict] += verdicts.count(verdict)  # type: ignore[arg-type]
    shares = {f"gates with a {verdict}": count / draws for verdict, count in any_of.items()}
    return shares | {verdict: count / (GROUPS * draws) for verdict, count in each.items()}


def code() -> str:
    """Digest of what decides the figures."""
    modules = (cases, confounding, gate, guards)
    files = [__file__, *(str(module.__file__) for module in modules)]
    return code_digest(*files, metrics=("disparity", "jackknife", "rates"))


def run(draws: int, *, compute: bool = True) -> list[dict[str, Any]]:
    """All rows that are there or are computed, with their shares. `EARLIER` rows were made before a digest was kept."""
    digest, rows = code(), []
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    usable = [row for row in map(json.loads, lines) if row["code"] in (EARLIER, digest)]
    done = {json.dumps(row["key"]): row["shares"] for row in usable}
    for ratio, n, variation in product(RATIOS, SPEAKERS, VARIATIONS):
        key = [ratio, n, variation, draws]
        found = done.get(json.dumps(key))
        if found is None and compute:
            found = cell(ratio, n, variation, draws)
            RESULTS.parent.mkdir(exist_ok=True)
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"code": digest, "key": key, "shares": found}) + "\n")
            print("gate", *key, found, flush=True)
        if found is not None:
            row = {"ratio": ratio, "speakers": n, "variation": variation}
            rows.append(row | {"draws": draws, "shares": found})
    return rows

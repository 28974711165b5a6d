"""How often the gate is wrong, and how often it decides, on simulated speakers.

Three groups are held against a reference with the shipped defaults (ratio at most 1.25, level 0.95, Holm, 35 speakers).
Speakers' rates are gamma-distributed around their group's (coefficient of variation 0.5 or 0.9) and talk time differs
between them (gamma, shape 2). Every cell is a seeded run that is appended to benchmarks/results/gate.jsonl when done; a
cell that is there is not run again. `python -m benchmarks.simulate_gate --draws 2000`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl

from speechfair.auditing.cases import RunFacts
from speechfair.auditing.criteria import CriteriaFile, Criterion
from speechfair.auditing.freeze import Standing
from speechfair.auditing.gate import judge

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--draws", type=int, default=2_000, help="simulated audits per cell")
    draws = parser.parse_args().draws
    RESULTS.parent.mkdir(exist_ok=True)
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    done = {
        (row["ratio"], row["speakers"], row["variation"], row["draws"]): row["shares"]
        for row in map(json.loads, lines)
    }
    for number, (ratio, n, variation) in enumerate(product(RATIOS, SPEAKERS, VARIATIONS)):
        key = (ratio, n, variation, draws)
        if key not in done:
            done[key] = cell(*key)
            names = ("ratio", "speakers", "variation", "draws", "shares")
            record = dict(zip(names, (*key, done[key]), strict=True))
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        if not number:
            print("| true ratio | speakers | variation | " + " | ".join(done[key]) + " |")
            print("| --- " * (3 + len(done[key])) + "|")
        figures = " | ".join(f"{100 * share:.1f}" for share in done[key].values())
        print(f"| {ratio} | {n} | {variation} | {figures} |", flush=True)


if __name__ == "__main__":
    main()

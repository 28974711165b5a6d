"""The page of the coverage simulation: tables in Markdown, and where the goal is missed, in words.

Takes the rows of `simulate_coverage.run` and computes nothing but what is printed from them.
"""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

GOALS = ((20, 0.93, 0.97), (0, 0.91, 1.0))
"""Least number of speakers, and the coverage wanted from there on (lowest, highest)."""

OURS = ("rate", "ratio", "difference", "gap", "no gap", "gap: worst/best", "no gap: worst/best")
HEADINGS = {
    "gap: worst/best": "worst/best",
    "no gap: worst/best": "worst/best without a gap",
    "gap": "gap",
    "no gap": "gap where there is none",
}


def page(rows: Sequence[dict[str, Any]], draws: int, seed: int, replicates: int) -> str:
    """The whole page."""
    gamma = [row for row in rows if row["shape"] == "gamma"]
    lognormal = [row for row in rows if row["shape"] == "lognormal"]
    error = 100 * math.sqrt(0.95 * 0.05 / draws)
    packages = ", ".join(f"{name} {version(name)}" for name in ("speechfair", "numpy", "scipy"))
    peers = [f"{name}: {method}" for name in OURS[:3] for method in ("BCa", "percentile", "rows")]
    parts = [
        "# Do the intervals cover what they promise?",
        "This page is written by `make simulate`; do not edit it. Each figure is the share (percent) of "
        f"{draws:,} simulated corpora in which a nominal 95 % interval holds the truth. Seed {seed}, "
        f"{replicates} bootstrap replicates; {packages}, Python {platform.python_version()}. "
        f"Monte-Carlo standard error {error:.1f} points at 95 %, more further down.",
        "Speakers differ: their error rates are gamma-distributed with a coefficient of variation of 0.5 or 0.9, "
        "errors are Poisson given the speaker, talk time differs between speakers (1 + Poisson utterances with a "
        "gamma mean of shape 2 and mean 20) and so do the groups' sizes. Rate 0.18 against a reference of "
        "35 speakers with rate 0.12; gaps over four groups of n, 2n, n and 1.5n speakers with rates 0.12, 0.15, "
        "0.15 and 0.20, or all 0.15.",
        "## The intervals that speechfair reports",
        _table(gamma, OURS),
        "## The goal: 93–97 % from 20 speakers on, at least 91 % below",
        *_misses(gamma),
        "Why a gap's interval is too wide where there is a gap: it must also hold where there is none, and then "
        "noise alone makes a gap. So its lower limit is that of all pairs at once, and its upper limit is the largest "
        "of any pair. The more the true gap exceeds the noise, the closer it comes to 95 %.",
        "## The usual bootstraps, on the same corpora",
        "`rows` draws utterances as if they were independent; `percentile` and `BCa` draw whole speakers.",
        _table(gamma, peers),
        "What the effective number of speakers does for the degrees of freedom: with `n - 1` instead, the same "
        "jackknife is too narrow where talk time differs.",
        _table(gamma, ("rate", "rate: n - 1")),
        "The percentile bootstrap of a gap (expanded by t as in `bootstrap_estimate`): it cannot hold a gap of 0.",
        _table(gamma, ("gap: percentile", "no gap: percentile")),
        "## Speakers with a heavier tail",
        "The same with log-normal speakers, which the goal does not ask for:",
        _table(lognormal, OURS[:3]),
        *_misses(lognormal, OURS[:3]),
        "## Verdicts on one comparison",
        "Share of corpora (percent) in which the whole interval of the ratio lies above a limit of 1.25 although "
        "the groups do not differ (false fail), or at or below it although the true ratio is 1.5 (false pass). "
        "Both should be at most 5.",
        _table(rows, ("false fail", "false pass"), shape=True),
    ]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[dict[str, Any]], names: Sequence[str], *, shape: bool = False) -> str:
    heads = [*(["speakers' rates"] if shape else []), "speakers", "CV", *(HEADINGS.get(n, n) for n in names)]
    lines = ["| " + " | ".join(heads) + " |", "|" + " ---: |" * len(heads)]
    for row in rows:
        cells = [
            str(row["speakers"]),
            str(row["variation"]),
            *(f"{100 * row['shares'][n]:.1f}" for n in names),
        ]
        lines.append("| " + " | ".join([*([row["shape"]] if shape else []), *cells]) + " |")
    return "\n".join(lines)


def _misses(rows: Sequence[dict[str, Any]], names: Sequence[str] = OURS) -> list[str]:
    low: list[str] = []
    high: list[str] = []
    for name in names:
        for row in rows:
            least, most = next((a, b) for n, a, b in GOALS if row["speakers"] >= n)
            share = row["shares"][name]
            where = f"{row['speakers']} speakers, CV {row['variation']}"
            place = f"- {HEADINGS.get(name, name)}, {where}: {100 * share:.1f}"
            if share < least:
                low.append(place)
            elif share > most:
                high.append(place)
    found = []
    if low:
        found += ["Missed, since the interval is **too narrow**:", "\n".join(low)]
    if high:
        found += [
            "Missed on the safe side: these intervals are **wider than they need be**. They can hide a "
            "difference, and do not invent one:",
            "\n".join(high),
        ]
    return found or [f"Met in all {len(rows) * len(names)} cells."]

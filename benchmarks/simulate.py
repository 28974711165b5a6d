"""Every simulation, block by block, and the page of their results: `make simulate`.

`python -m benchmarks.simulate --draws 1000` takes hours on two cores. It prints what is there and what is to do. What
is there already is not run again, so it can be stopped and started at any time. `--seconds` begins no block after so
long, `--only` names simulations, `--page` only writes docs/results/coverage.md from the blocks that are there.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import simulate_adjusted, simulate_coverage, simulate_gaps, simulate_gate, simulate_worlds
from benchmarks.coverage_page import page
from benchmarks.data_files import write_pages
from benchmarks.simulated_rows import BLOCK

PAGE = Path(__file__).parent.parent / "docs" / "results" / "coverage.md"
MORE = (
    "Where the goal is missed, and the code behind each cell",
    ("Outside 93–97 %", "Which code made which cell"),
)
"""The title of the second page, and its sections."""
Rows = list[dict[str, Any]]
SIMULATIONS: dict[str, Callable[..., Rows]] = {
    "coverage": simulate_coverage.run,
    "worlds": simulate_worlds.run,
    "gaps": simulate_gaps.run,
    "gate": simulate_gate.run,
    "adjusted": simulate_adjusted.run,
}
"""In the order in which they are run."""
CODES: dict[str, Callable[[], set[str]]] = {
    "coverage": simulate_coverage.codes,
    "worlds": simulate_worlds.codes,
    "gaps": simulate_gaps.codes,
    "gate": simulate_gate.codes,
    "adjusted": simulate_adjusted.codes,
}
"""Digests of the present code of each."""


def plan(draws: int, names: Sequence[str]) -> str:
    """What is there of each simulation, and what is to do."""
    lines = [f"plan: {draws:,} simulated corpora a cell, in blocks of {BLOCK}"]
    for name in names:
        rows = SIMULATIONS[name](draws, compute=False)
        full = sum(row["draws"] >= draws for row in rows)
        lines.append(f"  {name}: {full} of {len(rows)} cells have so many, by this or by earlier code")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--draws", type=int, default=1_000, help=f"per cell, in blocks of {BLOCK}")
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no block after so long")
    parser.add_argument("--only", nargs="+", choices=list(SIMULATIONS), default=list(SIMULATIONS))
    parser.add_argument("--page", action="store_true", help="only write the page from what is there")
    given = parser.parse_args()
    if given.draws < BLOCK or given.draws % BLOCK:
        parser.error(f"--draws must be a multiple of {BLOCK}")
    until = time.monotonic() + given.seconds
    print(plan(given.draws, given.only), flush=True)
    for name in [] if given.page else given.only:
        for draws in range(BLOCK, given.draws + 1, BLOCK):  # all cells gain draws together
            SIMULATIONS[name](draws, until=until)
    found = {name: run(given.draws, compute=False) for name, run in SIMULATIONS.items()}
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    write_pages(page(**found, present={name: of() for name, of in CODES.items()}), PAGE, *MORE)
    print(f"written to {PAGE}")


if __name__ == "__main__":
    main()

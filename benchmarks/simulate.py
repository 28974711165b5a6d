"""Every simulation, block by block, and the page of their results: `make simulate`.

`python -m benchmarks.simulate --draws 2000` takes hours on two cores; what is there already is not run again, so it can
be stopped and started at any time. `--page` only writes docs/results/coverage.md from the blocks that are there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import simulate_adjusted, simulate_coverage, simulate_gaps, simulate_gate
from benchmarks.coverage_page import page
from benchmarks.simulated_rows import BLOCK

PAGE = Path(__file__).parent.parent / "docs" / "results" / "coverage.md"
SIMULATIONS: dict[str, Callable[..., list[dict[str, Any]]]] = {
    "gaps": simulate_gaps.run,
    "coverage": simulate_coverage.run,
    "adjusted": simulate_adjusted.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--draws", type=int, default=2_000, help=f"per row, in blocks of {BLOCK}")
    parser.add_argument("--page", action="store_true", help="only write the page from what is there")
    given = parser.parse_args()
    if given.draws < BLOCK or given.draws % BLOCK:
        parser.error(f"--draws must be a multiple of {BLOCK}")
    steps = [given.draws] if given.page else range(BLOCK, given.draws + 1, BLOCK)
    found: dict[str, list[dict[str, Any]]] = {}
    for draws in steps:
        found = {name: run(draws, compute=not given.page) for name, run in SIMULATIONS.items()}
    found["gate"] = simulate_gate.run(given.draws, compute=not given.page)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(**found), encoding="utf-8")
    print(f"written to {PAGE}")


if __name__ == "__main__":
    main()

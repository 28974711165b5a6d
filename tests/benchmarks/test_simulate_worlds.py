from __future__ import annotations

import pytest

from benchmarks import simulate_worlds
from benchmarks.simulate_worlds import WORLDS, group_cell, pooled_truth, rate_cell
from benchmarks.worlds_page import OVER_ALL, SINGLE, outside, section


@pytest.mark.parametrize("name", [name for name in WORLDS if name not in ("25", "50")])
def test_a_block_counts_each_statistic_and_what_it_holds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate_worlds, "REPLICATES", 250)
    singles = rate_cell(name, 20, draws=2)
    assert all(singles.get(what, 0) <= singles[f"{what}: n"] <= 2 for what in SINGLE)
    overall = group_cell(name, 20, draws=1)
    assert all(overall.get(what, 0) <= overall.get(f"{what}: n", 0) <= 1 for what in OVER_ALL)


def test_who_errs_more_and_talks_less_lowers_the_pooled_rate() -> None:
    assert pooled_truth("usual") == 1
    assert 0.5 < pooled_truth("slow") < 1


def test_cells_outside_the_goal_come_first() -> None:
    sums = {f"{what}: n": 1000.0 for what in SINGLE} | dict.fromkeys(SINGLE, 950.0)
    rows = [
        {"cell": "rate_cell", "world": "tail", "speakers": 20, "sums": sums | {"rate": 900.0}},
        {"cell": "rate_cell", "world": "1 %", "speakers": 20, "sums": sums | {"ratio": 990.0}},
        {"cell": "rate_cell", "world": "usual", "speakers": 20, "sums": sums | {"rate": 925.0}},
    ]
    rows = [row | {"draws": 1000, "code": "abcdef123"} for row in rows]
    assert "| 1,000 | 1,000 | abcdef |" in section(rows)
    text = "\n".join(outside(rows))
    assert (
        "rate, log-normal speakers, CV 0.9, 20 speakers: 90.0, **too narrow** – few speakers of a heavy"
        in text
    )
    assert "four groups, 20 speakers: 92.5, **too narrow** (within two standard errors)" in text
    assert "ratio: 1 of 3 cells above 97 (99.0 to 99.0)" in text

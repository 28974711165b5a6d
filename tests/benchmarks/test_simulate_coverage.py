"""The programs behind docs/results/coverage.md: the page says where a goal is missed, and its cells are real runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import simulate_adjusted, simulate_coverage, simulate_gaps
from benchmarks.coverage_page import GAPS, OURS, page
from benchmarks.simulated_rows import BLOCK, Rows, shares
from speechfair.metrics import pooled_rate

PAGE = Path(__file__).parents[2] / "docs" / "results" / "coverage.md"


def rates(change: dict[str, float] | None = None) -> list[dict[str, Any]]:
    methods = [f"{name}: {way}" for name in OURS for way in ("BCa", "percentile", "rows")]
    found = dict.fromkeys([*OURS, *methods, "rate: n - 1"], 0.95) | dict.fromkeys(
        ["false fail", "false pass"], 0.01
    )
    made = [
        {"shape": shape, "variation": 0.5, "speakers": n, "shares": dict(found), "draws": 2_000}
        for shape in ("gamma", "lognormal")
        for n in (8, 20)
    ]
    made[1]["shares"].update(change or {})  # type: ignore[attr-defined]
    return made


def gaps(change: dict[str, float] | None = None) -> list[dict[str, Any]]:
    found = dict.fromkeys([*GAPS, "percentile"], 0.95) | (change or {})
    return [{"world": "gap", "variation": 0.9, "speakers": 20, "shares": found, "draws": 1_000}]


def adjusted(bias: float = 0.001) -> list[dict[str, Any]]:
    figures = {"raw bias": 0.14, "adjusted bias": bias, "adjusted error": 0.004}
    figures |= {"adjusted coverage": 0.95, "adjusted undefined": 0.0}
    return [{"setting": "20 speakers", "ratio": 1.25, "draws": 500} | figures]


def test_the_page_says_plainly_where_a_goal_is_missed() -> None:
    met = page(rates(), gaps(), adjusted(), [])
    assert met.count("Met in all") == 4
    assert "Missed" not in met
    assert "meet it in 6 of 6 cells" in met
    low = page(rates({"rate": 0.9299}), gaps(), adjusted(), [])
    assert (
        "**too narrow**:\n\n- rate, 20 speakers, CV 0.5: 93.0 (within two standard errors of the goal)\n"
        in low
    )
    assert "- rate, 20 speakers, CV 0.5: 91.0\n" in page(rates({"rate": 0.91}), gaps(), adjusted(), [])
    assert "meet it in 5 of 6 cells" in low
    high = page(rates(), gaps({"gap": 0.981}), adjusted(0.021), [])
    assert "**wider than they need be**" in high
    assert "- gap (four groups, gap 8 points), 20 speakers, CV 0.9: 98.1" in high
    assert "**Missed** (bias of 2 % or more): 20 speakers, 1.25." in high
    for fact in (
        "2,000 simulated corpora",
        "1,000 simulated corpora",
        "500 simulated corpora",
        "numpy",
        "+14.0 %",
    ):
        assert fact in met
    assert "(not run)" in page([], [], [], [])


def test_a_cell_is_repeatable_and_its_bootstraps_are_narrower_than_ours() -> None:
    one, again = (simulate_coverage.cell(12, 0.9, "gamma", 3, 20) for _ in "ab")
    assert one == again
    assert one != simulate_coverage.cell(12, 0.9, "gamma", 4, 20)
    assert one["rate: rows"] < 16 < one["rate"]
    assert set(one) == set(rates()[0]["shares"])


@pytest.mark.parametrize("variation", [0.5, 0.9])
@pytest.mark.parametrize("world", ["gap", "no gap", "ties"])
def test_gaps_are_held_whether_there_is_one_or_none(world: str, variation: float) -> None:
    draws = 120
    found = simulate_gaps.cell(world, 20, variation, 0, draws)
    least = 0.93 - 3 * (0.93 * 0.07 / draws) ** 0.5  # the goal, less three binomial standard errors
    assert min(found[name] for name in GAPS) / draws >= least, found
    if world == "no gap":
        assert found["percentile"] == 0


@pytest.mark.parametrize("ratio", simulate_adjusted.RATIOS)
def test_planted_ratios_are_recovered_while_the_raw_ones_are_off(ratio: float) -> None:
    corpora = 60
    found = simulate_adjusted.figures(simulate_adjusted.cell("20 speakers an accent", ratio, 0, corpora))
    assert abs(found["adjusted bias"]) < 0.02 + 3 * found["adjusted error"]
    assert found["raw bias"] > 0.05 + 3 * found["raw error"]
    assert found["adjusted undefined"] == 0
    assert found["adjusted coverage"] > 0.85


def test_blocks_are_kept_and_those_of_other_code_are_not(tmp_path: Path) -> None:
    path, calls = tmp_path / "results" / "some.jsonl", []

    def make(block: int) -> dict[str, float]:
        calls.append(block)
        return {"rate": BLOCK - block}

    def total(code: str, draws: int, *, compute: bool = True) -> dict[str, float]:
        return Rows(path, code, compute=compute).total(["gamma", 0.5], draws, make)

    assert total("a", BLOCK, compute=False) == {}
    assert shares(total("a", BLOCK)) == {"rate": 1.0}
    assert total("a", 2 * BLOCK) == {"rate": 2 * BLOCK - 1, "draws": 2 * BLOCK}
    assert calls == [0, 1], "the first block was there"
    assert total("a", 8 * BLOCK, compute=False)["draws"] == 2 * BLOCK
    assert total("b", BLOCK)["draws"] == BLOCK
    assert calls == [0, 1, 0], "a block of other code is made again"
    assert [json.loads(line)["code"] for line in path.read_text("utf-8").splitlines()] == ["a", "a", "b"]


def test_the_digest_changes_with_the_functions_that_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    before = simulate_coverage.code()
    monkeypatch.setattr(simulate_coverage, "REPLICATES", 998)
    assert simulate_coverage.code() != before


def test_the_peers_are_what_they_are_called() -> None:
    group, table = simulate_coverage.draw(np.random.default_rng(1), 30, 0.2, 0.5, "s")
    assert table[:, 0].sum() == group.errors.sum()
    # Without bias and skewness BCa limits are the percentiles.
    replicates = np.linspace(-1, 1, 4_001)
    plain = simulate_coverage.bca(replicates, 0.0, np.array([-1.0, 1.0]))
    assert plain == pytest.approx(np.quantile(replicates, [0.025, 0.975]), abs=2e-3)
    by_row = simulate_coverage.row_rates(np.random.default_rng(2), table)
    assert by_row.mean() == pytest.approx(group.rate, rel=0.03)
    ours = pooled_rate(group)
    assert ours.low is not None
    narrow = simulate_coverage.plain_t(group)
    assert narrow[0] > ours.low


def test_the_published_page_is_a_run_of_this_code_in_which_the_goal_for_rates_is_met() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text.split("## Rates, ratios and differences")[1].split("##")[0]
    assert "2,000 simulated corpora" in table
    cells = [
        [float(x) for x in line.strip("| ").split("|")] for line in re.findall(r"^\| \d.*$", table, re.M)
    ]
    assert {int(row[0]) for row in cells} == {8, 12, 20, 35, 100, 200}
    assert len(cells) == 12
    for n_speakers, _, *found in cells:
        assert min(found) >= (93 if n_speakers >= 20 else 91)
        assert max(found) <= 97
    stored = simulate_coverage.run(2_000, compute=False)
    if "were made by the version before this one" in text:
        return  # the page itself says that its tables are older than the code; `make simulate` makes them again
    assert all(row["draws"] == 2_000 for row in stored), "coverage.jsonl is of other code: make simulate"
    of_gaps = simulate_gaps.run(2_000, ("gap", "no gap"), compute=False)
    assert sum(row["draws"] >= BLOCK for row in of_gaps) >= 23, "gaps.jsonl is of other code: make simulate"

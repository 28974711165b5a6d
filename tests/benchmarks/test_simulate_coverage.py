"""The programs behind docs/results/coverage.md: the page says where a goal is missed, and its cells are real runs."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import simulate_adjusted, simulate_coverage, simulate_gaps
from benchmarks.coverage_page import GAPS, OURS, page
from benchmarks.simulated_rows import BLOCK, Rows, Total
from speechfair.metrics import pooled_rate

PAGE = Path(__file__).parents[2] / "docs" / "results" / "coverage.md"
RATES = "coverage-rates-ratios-and-differences-the.csv"


def rates(change: dict[str, float] | None = None) -> list[dict[str, Any]]:
    methods = [f"{name}: {way}" for name in OURS for way in ("BCa", "percentile", "rows")]
    found = dict.fromkeys([*OURS, *methods, "rate: n - 1"], 0.95) | dict.fromkeys(
        ["false fail", "false pass"], 0.01
    )
    made = [
        {
            "shape": shape,
            "variation": 0.5,
            "speakers": n,
            "shares": dict(found),
            "draws": 2_000,
            "code": "aaaaaaaa",
        }
        for shape in ("gamma", "lognormal")
        for n in (8, 20)
    ]
    made[1]["shares"].update(change or {})  # type: ignore[attr-defined]
    return made


def gaps(change: dict[str, float] | None = None) -> list[dict[str, Any]]:
    found = dict.fromkeys([*GAPS, "percentile"], 0.95) | (change or {})
    row = {
        "world": "gap",
        "variation": 0.9,
        "speakers": 20,
        "shares": found,
        "draws": 1_000,
        "code": "bbbbbbbb",
    }
    return [row]


def adjusted(bias: float = 0.001) -> list[dict[str, Any]]:
    figures = {"raw bias": 0.14, "adjusted bias": bias, "adjusted error": 0.004}
    figures |= {"adjusted coverage": 0.95, "adjusted undefined": 0.0}
    return [{"setting": "20 speakers", "ratio": 1.25, "draws": 500, "code": "cccccccc"} | figures]


def made(
    of_rates: list[dict[str, Any]], of_gaps: list[dict[str, Any]], of_adjusted: list[dict[str, Any]]
) -> str:
    return page(of_rates, [], of_gaps, [], of_adjusted, {"coverage": {"aaaaaaaa"}})


def test_the_page_says_at_its_top_which_cells_miss_the_goal_and_who_made_them() -> None:
    met = made(rates(), gaps(), adjusted())
    assert "- none" in met.split("## The goals")[0]
    assert "meet it in 6 of 6 cells" in met
    low = made(rates({"rate": 0.9299}), gaps(), adjusted())
    told = low.split("## The goals")[0]
    assert (
        "- rate (gamma speakers), 20 speakers, CV 0.5: 93.0, **too narrow** (within two standard errors"
        in told
    )
    assert "few speakers" in told
    assert "CV 0.5: 91.0, **too narrow** – " in made(rates({"rate": 0.91}), gaps(), adjusted())
    assert "meet it in 5 of 6 cells" in low
    high = made(rates(), gaps({"gap": 0.981}), adjusted(0.021))
    assert re.search(r"- gap: \d of \d cells too high \(98\.1 to 98\.1\), wider than need be", high)
    assert "**Missed** (bias of 2 % or more): 20 speakers, 1.25." in high
    for fact in (
        "2,000 simulated corpora",
        "1,000 simulated corpora",
        "500 simulated corpora",
        "numpy",
        "+14.0 %",
        "| coverage | aaaaaa | the present code | 4 | 2,000 |",
        "| gaps | bbbbbb | earlier code | 1 | 1,000 |",
    ):
        assert fact in met
    assert "(not run)" in made([], [], [])


def test_a_cell_is_repeatable_and_its_bootstraps_are_narrower_than_ours() -> None:
    one, again = (simulate_coverage.cell(12, 0.9, "gamma", 3, 20) for _ in "ab")
    assert one == again
    assert one != simulate_coverage.cell(12, 0.9, "gamma", 4, 20)
    first = simulate_coverage.cell(12, 0.9, "gamma", 0, 20)
    assert first["rate: rows"] < 16 < first["rate"]
    assert set(first) - {"bootstraps: n"} == set(rates()[0]["shares"])


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

    def total(code: str, draws: int, *, compute: bool = True) -> Total:
        return Rows(path, code, compute=compute).total(["gamma", 0.5], draws, make)

    assert total("a", BLOCK, compute=False).draws == 0
    assert total("a", BLOCK).shares() == {"rate": 1.0}
    assert total("a", 2 * BLOCK) == Total({"rate": 2 * BLOCK - 1}, 2 * BLOCK, "a")
    assert calls == [0, 1], "the first block was there"
    assert total("a", 8 * BLOCK, compute=False).draws == 2 * BLOCK
    shown = total("b", 2 * BLOCK, compute=False)
    assert (shown.draws, shown.code) == (2 * BLOCK, "a"), "the figures of earlier code stand, as its own"
    assert total("b", BLOCK).code == "b"
    assert calls == [0, 1, 0], "a block of other code is made again"
    assert total("b", 2 * BLOCK, compute=False).code == "a", "until there are as many"
    assert [json.loads(line)["code"] for line in path.read_text("utf-8").splitlines()] == ["a", "a", "b"]
    stopped = Rows(path, "c", until=0.0).total(["gamma", 0.5], BLOCK, make)
    assert stopped.code == "b", (
        "no block is begun after the time is up, and the latest code that has so many stands"
    )


def test_what_is_counted_in_fewer_draws_has_its_own_number() -> None:
    found = Total({"rate": 90.0, "rate: BCa": 8.0, "bootstraps: n": 10.0, "p": 1.0, "p: n": 4.0}, 100, "a")
    assert found.shares() == {"rate": 0.9, "rate: BCa": 0.8, "p": 0.25}


def test_the_digest_changes_with_the_functions_that_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    before = simulate_coverage.codes()
    monkeypatch.setattr(simulate_coverage, "REPLICATES", 998)
    assert simulate_coverage.codes() != before


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


def test_the_published_page_holds_the_goal_for_rates_and_says_which_code_made_it() -> None:
    cells = list(csv.reader((PAGE.parent / RATES).read_text(encoding="utf-8").splitlines()))[1:]
    codes = PAGE.with_name("coverage-more.md").read_text(encoding="utf-8")
    assert {int(row[0]) for row in cells} == {8, 12, 20, 35, 100, 200}
    assert len(cells) == 12
    for n_speakers, _, draws, code, *found in cells:
        assert int(draws.replace(",", "")) >= 1_000
        assert f"| coverage | {code} |" in codes
        assert min(map(float, found)) >= (93 if int(n_speakers) >= 20 else 91)
        assert max(map(float, found)) <= 97

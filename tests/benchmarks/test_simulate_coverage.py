"""The program behind docs/results/coverage.md: its page says where the goal is missed, and its cells are real runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import simulate_coverage
from benchmarks.coverage_page import OURS, page
from speechfair.metrics import pooled_rate

PAGE = Path(__file__).parents[2] / "docs" / "results" / "coverage.md"


def rows(change: dict[str, float] | None = None) -> list[dict[str, Any]]:
    methods = [f"{name}: {way}" for name in OURS[:3] for way in ("BCa", "percentile", "rows")]
    others = ["rate: n - 1", "gap: percentile", "no gap: percentile", "false fail", "false pass"]
    shares = dict.fromkeys([*OURS, *methods, *others], 0.95)
    made = [
        {"shape": shape, "variation": 0.5, "speakers": n, "shares": dict(shares)}
        for shape in ("gamma", "lognormal")
        for n in (8, 20)
    ]
    made[1]["shares"].update(change or {})
    return made


def test_the_page_says_plainly_where_the_goal_is_missed() -> None:
    met = page(rows(), 2_000, 1, 999)
    assert met.count("Met in all") == 2
    assert "Missed" not in met
    low = page(rows({"rate": 0.9299}), 2_000, 1, 999)
    assert "**too narrow**:\n\n- rate, 20 speakers, CV 0.5: 93.0\n" in low
    high = page(rows({"gap": 0.981}), 2_000, 1, 999)
    assert "**wider than they need be**" in high
    assert "- gap, 20 speakers, CV 0.5: 98.1" in high
    for fact in ("Seed 7", "99 bootstrap replicates", "1,000 simulated corpora", "error 0.7 points", "numpy"):
        assert fact in page(rows(), 1_000, 7, 99)


def test_a_cell_is_repeatable_and_its_bootstraps_are_narrower_than_ours() -> None:
    one, again = (simulate_coverage.cell(12, 0.9, "gamma", 12) for _ in "ab")
    assert one == again
    assert one["rate: rows"] < 0.8 < one["rate"]
    assert one["no gap: percentile"] < 0.5 < one["no gap"]
    assert set(one) == set(rows()[0]["shares"])


def test_rows_are_kept_and_those_of_other_code_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(*key: Any) -> dict[str, float]:
        calls.append(key)
        return {"rate": 0.5}

    monkeypatch.setattr(simulate_coverage, "RESULTS", tmp_path / "results" / "coverage.jsonl")
    monkeypatch.setattr(simulate_coverage, "cell", counted)
    first = simulate_coverage.run(3, (8,))
    assert simulate_coverage.run(3, (8,)) == first
    assert len(calls) == 4
    monkeypatch.setattr(simulate_coverage, "code_digest", lambda: "other")
    simulate_coverage.run(3, (8,))
    assert len(calls) == 8
    lines = (tmp_path / "results" / "coverage.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["key"][0] for line in lines} == {json.loads(lines[0])["key"][0], "other"}


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


def test_the_published_page_is_a_full_run_in_which_the_goal_for_rates_is_met() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "2,000 simulated corpora" in text
    table = text.split("## The intervals that speechfair reports")[1].split("##")[0]
    cells = [
        [float(x) for x in line.strip("| ").split("|")] for line in re.findall(r"^\| \d.*$", table, re.M)
    ]
    assert {int(row[0]) for row in cells} == {8, 12, 20, 35, 100, 200}
    assert len(cells) == 12
    for n_speakers, _, *shares in cells:
        least = 93 if n_speakers >= 20 else 91
        assert min(shares) >= least
        assert max(shares[:3]) <= 97

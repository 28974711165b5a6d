"""The rule of diagnosis: three states, the lowest level, and few false alarms over many simulated runs."""

from __future__ import annotations

import numpy as np
import pytest

from speechfair.probes.grounding.diagnosis import Deficit, diagnose, judge
from speechfair.probes.items import Level
from speechfair.probes.statistics import difference_with_p, sums_of
from speechfair.types import Estimate

LEVELS: tuple[Level, ...] = (1, 2, 3, 4)


def deficit(value: float, low: float | None, high: float | None, p: float | None) -> Deficit:
    reason = None if low is not None else "fewer than 5 speakers (3): no interval"
    return Deficit(Estimate(value, low, high, 0.95, 100, 8, "m", reason), p)


def test_three_states() -> None:
    found = judge(
        {
            "g": {
                1: deficit(0.01, -0.02, 0.04, 0.4),
                2: deficit(0.3, 0.2, 0.4, 1e-4),
                3: deficit(0.1, -0.05, 0.25, 0.2),
                4: deficit(0.2, None, None, None),
            }
        }
    )["g"]
    assert [found[level].state for level in LEVELS] == ["even", "behind", "undetermined", "undetermined"]
    assert found[2].p_holm == pytest.approx(3e-4)
    verdict = diagnose(found)
    assert (verdict.verdict, verdict.level, verdict.behind) == ("behind", 2, [2])


def test_a_lower_level_that_is_open_is_said() -> None:
    levels = {1: deficit(0.1, -0.05, 0.25, 0.2), 2: deficit(0.3, 0.2, 0.4, 1e-6)}
    verdict = diagnose(judge({"g": levels})["g"])  # type: ignore[dict-item]
    assert verdict.level == 2
    assert "L1 not settled, so it may begin lower" in verdict.reason


def test_better_than_the_reference_is_not_behind() -> None:
    found = judge({"g": {1: deficit(-0.3, -0.4, -0.2, 1e-6)}})["g"]
    assert found[1].state == "even"


def test_a_clear_deficit_within_the_margin_is_even() -> None:
    assert judge({"g": {1: deficit(0.04, 0.02, 0.06, 1e-6)}})["g"][1].state == "even"


def test_one_open_level_keeps_a_group_from_being_even() -> None:
    levels = {1: deficit(0.0, -0.02, 0.02, 1.0), 2: deficit(0.0, None, None, None)}
    verdict = diagnose(judge({"g": levels})["g"])  # type: ignore[dict-item]
    assert verdict.verdict == "undetermined"
    assert verdict.reason == "L2: fewer than 5 speakers (3): no interval"


def test_no_level_is_undetermined() -> None:
    assert diagnose({}).verdict == "undetermined"


def simulated(rng: np.random.Generator, *, drop: float, level: int) -> dict[str, dict[Level, Deficit]]:
    """Two accents with 8 speakers who differ, 24 scenes; `drop` at `level` in the second."""
    speakers = rng.gamma(4, 1 / 4, 8)
    found: dict[str, dict[Level, Deficit]] = {"even": {}, "dropped": {}}
    for at in LEVELS:
        chances = {"reference": 0.05, "even": 0.05, "dropped": 0.05 + drop * (at == level)}
        rows = {
            name: sums_of(
                (f"v{i}", 1 - float(rng.random() < min(1, chance * factor)), 1.0)
                for i, factor in enumerate(speakers)
                for _ in range(30)
            )
            for name, chance in chances.items()
        }
        for name, levels in found.items():
            levels[at] = Deficit(*difference_with_p(rows["reference"], rows[name]))
    return found


def test_false_alarms_are_rare_and_planted_levels_are_found() -> None:
    rng = np.random.default_rng(3)
    runs, alarms, hits, elsewhere = 100, 0, 0, 0
    for run in range(runs):
        level = 1 + run % 4
        judged = judge(simulated(rng, drop=0.3, level=level))
        alarms += diagnose(judged["even"]).verdict == "behind"
        verdict = diagnose(judged["dropped"])
        hits += verdict.behind == [level]
        elsewhere += bool(set(verdict.behind) - {level})
    assert alarms + elsewhere <= 0.05 * runs
    assert hits >= 0.9 * runs

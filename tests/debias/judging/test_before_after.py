"""What changed for whom, against sums by hand, and verdicts that never pass by accident."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from speechfair.debias.judging.before_after import GroupChange, macro_change, overall_verdict
from speechfair.debias.judging.worst import worst_change
from speechfair.metrics.pairing import Pair, pair_by_group
from speechfair.types import Estimate


def scores(rates: dict[str, float], speakers: int, seed: int) -> pl.DataFrame:
    """Ten words an utterance, four utterances a speaker, errors binomial at the group's rate."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        [
            {"utterance_id": f"{g}{s}-{u}", "speaker": f"{g}{s}", "group": g, "reference_length": 10, "deletions": 0,
             "substitutions": int(rng.binomial(10, rate)), "insertions": 0}
            for g, rate in rates.items() for s in range(speakers) for u in range(4)
        ]
    )  # fmt: skip


def pairs(
    before: dict[str, float], after: dict[str, float], speakers: int = 20, seed: int = 0
) -> dict[str, Pair]:
    return pair_by_group(scores(before, speakers, seed), scores(after, speakers, seed + 1), "group")


def change(harmed: bool | None, **about: Any) -> GroupChange:
    nothing = Estimate(value=0, low=-1, high=1, level=0.95, n_utterances=1, n_speakers=1, method="m")
    return GroupChange(
        evaluation=about.get("evaluation", "target"), protected=False, axis=about.get("axis"),
        group=about.get("group", "everyone"), n_utterances=1, n_speakers=1, rate_before=0.1, rate_after=0.1,
        change=nothing, ratio=nothing, scale="ratio", limit=1.1, harmed=harmed,
        reason="too few speakers" if harmed is None else None, runaways_before=0, runaways_after=0, failed_before=0,
        failed_after=0, change_without_runaways=nothing,
    )  # fmt: skip


def test_one_harmed_group_is_harm_and_one_open_group_is_no_pass() -> None:
    assert overall_verdict([change(False), change(False)]) == ("no harm", [])
    assert overall_verdict([change(False), change(None, axis="accent", group="x")]) == (
        "undetermined",
        ["target, accent=x: too few speakers"],
    )
    verdict, reasons = overall_verdict([change(None), change(True, evaluation="native"), change(False)])
    assert verdict == "harm"
    assert reasons == ["native, everyone got worse by more than the margin"]


def test_macro_is_the_mean_of_the_groups_changes() -> None:
    groups = pairs({"x": 0.2, "y": 0.5}, {"x": 0.1, "y": 0.2})
    found = macro_change(groups, np.random.default_rng(0), 0.95)
    by_hand = sum(pair.rates[1] - pair.rates[0] for pair in groups.values()) / 2
    assert found.value == pytest.approx(by_hand)
    assert found.low is not None
    assert found.high is not None
    assert found.low < by_hand < found.high < 0
    assert (found.n_speakers, found.n_utterances) == (40, 160)


def test_worst_is_whichever_group_is_worst_then() -> None:
    groups = pairs({"x": 0.3, "y": 0.5}, {"x": 0.4, "y": 0.1})
    found = worst_change(groups, 0.95)
    before, after = ([pair.rates[side] for pair in groups.values()] for side in (0, 1))
    assert found.value == pytest.approx(max(after) - max(before))
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


def test_the_worst_groups_interval_holds_the_truth_where_groups_swap() -> None:
    """True change of the worst rate is 0: x and y only change places."""
    covered = 0
    for seed in range(0, 200, 2):
        found = worst_change(pairs({"x": 0.2, "y": 0.3}, {"x": 0.3, "y": 0.2}, 8, seed), 0.9)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0 <= found.high
    assert covered >= 85


def test_a_group_of_few_speakers_leaves_no_interval() -> None:
    found = worst_change(pairs({"x": 0.2, "y": 0.3}, {"x": 0.1, "y": 0.2}, speakers=1), 0.95)
    assert found.value is not None
    assert found.low is None
    assert "speaker" in (found.reason or "")


def test_a_group_that_is_surely_not_the_worst_does_not_widen_the_interval() -> None:
    """The better group gets no better; the worst one does, and stays the worst."""
    groups = pairs({"x": 0.1, "y": 0.8}, {"x": 0.1, "y": 0.5})
    found = worst_change(groups, 0.95)
    assert found.value == pytest.approx(groups["y"].rates[1] - groups["y"].rates[0])
    assert found.high is not None
    assert found.high < -0.1


def test_a_group_that_may_be_the_worst_does() -> None:
    groups = pairs({"x": 0.5, "y": 0.5}, {"x": 0.5, "y": 0.2}, speakers=6)
    found = worst_change(groups, 0.95)
    assert found.low is not None
    assert found.high is not None
    assert found.low < -0.2
    assert found.high > 0


def test_two_groups_that_end_alike_do_not_hide_the_gain_of_the_worst() -> None:
    """Who is worst after is open, who was worst before is not, and neither group is then as bad."""
    groups = pairs({"x": 0.2, "y": 0.9}, {"x": 0.2, "y": 0.2})
    found = worst_change(groups, 0.95)
    assert found.low is not None
    assert found.high is not None
    assert found.low < -0.65 < found.high < -0.5

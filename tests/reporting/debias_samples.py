"""The result of a debiasing run by hand: a group that gained, one that lost, and one whose change is not known."""

from __future__ import annotations

from typing import Any

from speechfair.debias.judging.before_after import AxisChange, DebiasResult, GroupChange
from speechfair.types import Estimate

NONE = Estimate(None, None, None, 0.95, 10, 1, "paired", "fewer than 5 speakers (1): no interval")


def change(group: str, value: float, **more: Any) -> GroupChange:
    given: dict[str, Any] = {
        "evaluation": "target", "protected": False, "axis": "accent", "group": group, "n_utterances": 40,
        "n_speakers": 8, "rate_before": 0.5, "rate_after": 0.5 + value,
        "change": Estimate(value, value - 0.05, value + 0.05, 0.95, 40, 8, "paired"), "ratio": NONE,
        "scale": "difference", "limit": 0.01, "harmed": None, "reason": "fewer than 5 speakers (1): no interval",
        "runaways_before": 0, "runaways_after": 0, "failed_before": 0, "failed_after": 0,
        "change_without_runaways": NONE,
    }  # fmt: skip
    return GroupChange(**{**given, **more})


def debias_result(group: str) -> DebiasResult:
    """Of a run in which `group` gained."""
    rates = {"groups": {group: 0.5, "y": 0.4}, "macro": 0.45, "worst": 0.5, "protected": 0.1}
    return DebiasResult(
        verdict="undetermined",
        reasons=[f"target, accent={group}: fewer than 5 speakers (1): no interval"],
        groups=[change(group, -0.2), change("y", 0.1), change("z", 0.0, change=NONE, evaluation="native")],
        axes=[AxisChange(evaluation="target", axis="accent", macro=NONE, worst=NONE, gap=NONE)],
        training={
            "groups": [group, "y"], "steps": 4, "kept_step": 2, "window_s": 10.0, "seconds": 90.0, "device": "cpu",
            "development_before": rates, "development_after": rates, "chosen_by": "worst-group development rate",
            "finish": {"share": 0.5, "curve": [{"share": 0.5, "development": rates}]},
        },
        data=[{"group": "y", "train_utterances": 3, "train_speakers": 2, "train_hours": 0.1, "dev_utterances": 1,
               "dev_speakers": 1, "dev_hours": 0.1}],
        unused={"no reference text": 3},
        notes=[f"evaluated but not trained on: accent={group}"],
    )  # fmt: skip

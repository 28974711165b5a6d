"""As many more speakers as are asked for do settle it."""

from __future__ import annotations

import math

import pytest

from speechfair.gating.judge import judge
from tests.gate_support import X, Y, criteria, facts, like, only, rows


@pytest.mark.parametrize("metric", ["rate", "rate_ratio", "rate_difference", "speaker_mean_rate"])
@pytest.mark.parametrize("mean", [22, 23, 27, 28])
def test_that_many_more_speakers_settle_it(metric: str, mean: int) -> None:
    limit = {"rate_ratio": 1.25, "rate_difference": 0.05}.get(metric, 0.25)
    file = criteria(metric=metric, limit=limit, groups=["y"])
    spread = [mean + d for d in (-14, -7, 0, 7, 14)] * 8
    base = [20 + d for d in (-14, -7, 0, 7, 14)] * 8
    found = only(judge(file, facts(rows("x", base), rows("y", spread))))
    assert found.verdict == "undetermined"
    assert found.more_speakers is not None
    assert "if the estimate stayed" in (found.more_speakers_reason or "")
    factor = (40 + found.more_speakers) / 40

    def at(growth: float) -> str:
        n = math.ceil(8 * growth)
        tables = [rows(g, e[:5] * n) for g, e in (("x", base), ("y", spread))]
        return only(judge(file, facts(*tables))).verdict

    assert at(1.1 * factor) == ("pass" if mean < 25 else "fail")
    assert at(0.75 * factor) == "undetermined"


def test_no_number_settles_an_estimate_on_the_limit() -> None:
    found = only(judge(criteria(), facts(rows("x", [20] * 40), rows("y", [25] * 40))))
    assert found.verdict == "undetermined"
    assert found.more_speakers is None
    assert "sits on the limit" in (found.more_speakers_reason or "")


def test_without_any_error_the_limit_falls_with_the_number() -> None:
    file = criteria(metric="failure_rate", limit=0.05, groups=["y"])
    found = only(judge(file, facts(X, Y)))
    assert (found.verdict, found.more_speakers) == ("undetermined", 32)
    more = rows("y", like(20, 72))
    assert only(judge(file, facts(X, more))).verdict == "pass"
    assert only(judge(file, facts(X, more[:-1]))).verdict == "undetermined"


def test_too_few_speakers_say_how_many_are_lacking() -> None:
    found = only(judge(criteria(), facts(rows("x", like(20, 30)), rows("y", like(20, 12)))))
    assert (found.guard, found.more_speakers) == ("min_speakers", 23)
    assert "not known yet" in (found.more_speakers_reason or "")

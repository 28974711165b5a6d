"""A pass needs a limit on errors and on failures for every group, and answers; what was lost or left out is listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from speechfair.gating.cases import RunFacts
from speechfair.gating.completeness import group_shares, requirements
from speechfair.gating.criteria import CriteriaFile, read_criteria, shipped_criteria
from speechfair.gating.gate_result import GroupShares, overall
from speechfair.gating.judge import judge
from tests.gate_support import IN_ORDER, X, Y, criteria, facts, like, rows

RATE: dict[str, Any] = {"metric": "rate", "limit": 0.5}
FAILURES: dict[str, Any] = {"metric": "failure_rate", "limit": 0.5}


def strict(*items: Mapping[str, Any]) -> CriteriaFile:
    return criteria(*items).model_copy(update={"without_absolute": None, "without_failure_rate": None})


def found(file: CriteriaFile, run: RunFacts) -> dict[str, tuple[str, str]]:
    return {r.name: (r.verdict, r.reason) for r in requirements(file, run, group_shares(file, run))}


def verdict(file: CriteriaFile, run: RunFacts) -> str:
    return overall([c.verdict for c in judge(file, run)] + [r[0] for r in found(file, run).values()])  # type: ignore[arg-type]


def shipped(run_axis: str = "accent") -> CriteriaFile:
    file = read_criteria(shipped_criteria())
    own = [c.model_copy(update={"axis": run_axis}) for c in file.criteria]
    return file.model_copy(update={"criteria": own, "normalizer": "basic"})


def test_all_three_kinds_pass_together() -> None:
    assert verdict(strict({}, RATE, FAILURES), facts(X, Y)) == "pass"


@pytest.mark.parametrize(
    ("items", "lacking"),
    [
        (({}, FAILURES), "absolute_criterion"),
        (({}, RATE), "failure_criterion"),
        (({}, {**RATE, "groups": ["y"]}, FAILURES), "absolute_criterion"),
        (({}, RATE, {**FAILURES, "groups": ["x"]}), "failure_criterion"),
        (({}, {**RATE, "metric": "rate_difference"}, FAILURES), "absolute_criterion"),
    ],
)
def test_without_one_of_them_nothing_passes(items: tuple[Mapping[str, Any], ...], lacking: str) -> None:
    file = strict(*items)
    assert {c.verdict for c in judge(file, facts(X, Y))} == {"pass"}
    assert found(file, facts(X, Y))[lacking][0] == "undetermined"
    assert verdict(file, facts(X, Y)) == "undetermined"


def test_what_is_not_limited_is_named() -> None:
    reason = found(strict({}, {**RATE, "groups": ["y"]}, FAILURES), facts(X, Y))["absolute_criterion"][1]
    assert "accent=x" in reason
    two = strict({}, {**RATE, "groups": ["y"]}, {**RATE, "groups": ["x"]}, FAILURES)
    assert verdict(two, facts(X, Y)) == "pass", "two criteria may share the groups"


def test_a_reason_stands_in_the_result() -> None:
    file = strict({}).model_copy(
        update={"without_absolute": "only the ratio is ours", "without_failure_rate": "counted elsewhere"}
    )
    assert verdict(file, facts(X, Y)) == "pass"
    assert "only the ratio is ours" in found(file, facts(X, Y))["absolute_criterion"][1]


def test_the_shipped_criteria_pass_a_good_run_of_enough_speakers() -> None:
    assert verdict(shipped(), facts(X, rows("y", like(18)))) == "pass"


def test_a_model_that_returns_nothing_fails() -> None:
    silent = facts(*(t.with_columns(hypothesis=pl.lit(""), substitutions=0, deletions=100) for t in (X, Y)))
    assert verdict(shipped(), silent) == "fail"
    assert found(criteria(), silent)["answers"][0] == "fail", "even where the file waives a limit"
    partly = silent.counted.with_columns(failed=pl.int_range(pl.len()) % 2 == 0)
    assert found(criteria(), facts(partly))["answers"][0] == "fail"


def test_a_run_of_which_half_failed_fails() -> None:
    half = pl.int_range(pl.len()) % 2 == 0
    broken = facts(
        *(
            t.with_columns(
                failed=half,
                hypothesis=pl.when(half).then(pl.lit("")).otherwise("hypothesis"),
                substitutions=pl.when(half).then(100).otherwise("substitutions"),
            )
            for t in (X, Y)
        )
    )
    assert verdict(shipped(), broken) == "fail"
    assert verdict(criteria(), broken) == "undetermined", "even where the file waives both limits"
    assert "20 failed" in found(criteria(), broken)["answers"][1]


def test_a_group_that_was_mostly_excluded_settles_nothing() -> None:
    gone = Y.with_columns(utterance_id=pl.col("utterance_id") + "-gone", excluded=pl.lit("no audio"))
    run = facts(X, Y, gone)
    state, reason = found(criteria(), run)["answers"]
    assert state == "undetermined"
    assert "40 of 80" in reason
    assert found(criteria(), facts(X, Y, gone.head(4)))["answers"][0] == "pass"
    state, reason = found(criteria(), facts(X, Y, gone.head(5)))["answers"]
    assert state == "undetermined"
    assert "5 of 45 rows were excluded, and 10 % are accepted" in reason
    accepted = criteria().model_copy(update={"accept_excluded": 0.49})
    assert found(accepted, facts(X, Y, gone.head(38)))["answers"][0] == "pass"


def unread(n: int) -> pl.DataFrame:
    return rows("", like(20, n)).with_columns(
        excluded=pl.lit("not JSON"), utterance_id=pl.col("utterance_id") + "-bad"
    )


@pytest.mark.parametrize(
    ("n", "state"), [(1, "pass"), (8, "pass"), (9, "undetermined"), (300, "undetermined")]
)
def test_excluded_rows_without_a_label_are_a_share_of_all(n: int, state: str) -> None:
    """9 of 89 are more than a tenth."""
    verdict, reason = found(criteria(), facts(X, Y, unread(n)))["answers"]
    assert verdict == state, reason
    assert state == "pass" or f"accent: {n} of {80 + n} rows were excluded and have no label" in reason
    accepted = criteria().model_copy(update={"accept_excluded": 0.2})
    assert (found(accepted, facts(X, Y, unread(n)))["answers"][0] == "pass") == (n < 20)


def test_unlabelled_rows_that_failed_still_settle_nothing() -> None:
    silent = rows("", like(20, 4)).with_columns(failed=pl.lit(True))
    file = criteria({"accept_unlabelled": True})
    assert found(file, facts(X, Y, silent, unread(3)))["answers"][0] == "undetermined"


def test_a_group_that_no_criterion_judges_may_lose_a_few_rows() -> None:
    other = rows("z", like(20, 9)).with_columns(
        excluded=pl.when(pl.int_range(pl.len()) < 1).then(pl.lit("no audio"))
    )
    assert found(criteria(groups=["y"]), facts(X, Y, other))["answers"][0] == "pass"
    assert found(criteria(), facts(X, Y, other))["answers"][0] == "undetermined"


def test_every_group_is_accounted_for() -> None:
    excluded = rows("z", like(20, 3)).with_columns(excluded=pl.lit("no text"))
    run = facts(X, Y, excluded, rows("w", like(20)), rows("", like(20, 7)))
    shares = group_shares(criteria(groups=["y"]), run)
    assert {s.group: (s.n_rows, s.excluded, s.judged_by) for s in shares} == {
        "unknown": (7, 0, []),
        "w": (40, 0, []),
        "x": (40, 0, ["c0"]),
        "y": (40, 0, ["c0"]),
        "z": (3, 3, []),
    }
    assert run.scores is not None
    assert sum(s.n_rows for s in shares) == run.scores.height
    assert all(isinstance(s, GroupShares) for s in shares)


def test_nothing_is_required_of_a_run_without_counts() -> None:
    assert requirements(strict({}), facts(), []) == []
    assert group_shares(strict({}), facts()) == []
    assert group_shares(criteria(axis="none", groups=["y"]), facts(X, Y)) == []


@pytest.mark.parametrize("kind", ["late", "never", "changed"])
def test_frozen_too_late_still_says_what_would_have_failed(kind: Any) -> None:
    late = replace(IN_ORDER, problem=(kind, "frozen too late"))
    run = facts(X, rows("y", like(60)), rows("z", like(20)), standing=late)
    y, z = judge(criteria(), run)
    assert (y.verdict, y.would_fail, z.verdict, z.would_fail) == ("undetermined", True, "undetermined", False)
    assert "frozen in time it would have failed: the whole" in y.reason
    assert "would" not in z.reason, "that it would have passed is nobody's to say"

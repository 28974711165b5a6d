"""A limit on the error rate of a whole population, whose groups are not as large as the corpus's."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from speechfair.errors import InputError
from speechfair.gating.completeness import group_shares, requirements
from speechfair.gating.criteria import read_criteria
from speechfair.gating.judge import judge
from speechfair.metrics import pooled_rate, speaker_sums
from tests.gate_support import criteria, facts, like, only, rows, write

GOOD, BAD = rows("x", like(10)), rows("y", like(40))
POPULATION: dict[str, Any] = {"metric": "post_stratified_rate", "multiplicity": "none"}


def test_the_population_decides_and_not_the_corpus() -> None:
    run = facts(GOOD, BAD)
    for weights, limit, verdict in (
        ({"x": 0.9, "y": 0.1}, 0.2, "pass"),
        ({"x": 1.0, "y": 9.0}, 0.2, "fail"),
        ({"x": 0.5, "y": 0.5}, 0.25, "undetermined"),
    ):
        found = only(judge(criteria(weights=weights, limit=limit, **POPULATION), run))
        assert found.verdict == verdict, found.reason
        assert found.group == "all groups"
        rates = {
            "x": pooled_rate(speaker_sums(GOOD)).value or 0,
            "y": pooled_rate(speaker_sums(BAD)).value or 0,
        }
        assert found.estimate is not None
        expected = sum(weights[name] * rates[name] for name in rates) / sum(weights.values())
        assert found.estimate.value == pytest.approx(expected)


def test_the_level_that_is_stated_is_used() -> None:
    run = facts(GOOD, BAD)
    for metric, more in (
        ("post_stratified_rate", {"weights": {"x": 1.0, "y": 1.0}}),
        ("gap", {}),
        ("rate_ratio", {}),
        ("rate", {"groups": ["x"]}),
    ):
        widths = []
        for level in (0.8, 0.95, 0.999):
            file = criteria(
                metric=metric,
                level=level,
                limit=5.0 if "ratio" in metric else 0.9,
                multiplicity="none",
                **more,
            )
            found = only(judge(file, run)).estimate
            assert found is not None
            assert found.high is not None
            assert found.low is not None
            # gap: its two tails are unequal, so each has the whole error of one tail
            assert found.level == pytest.approx((1 + level) / 2 if metric == "gap" else level)
            widths.append(found.high - found.low)
        assert widths[0] < widths[1] < widths[2]


def test_a_group_that_is_not_there_or_a_shared_speaker_is_no_pass() -> None:
    missing = only(judge(criteria(weights={"x": 1.0, "z": 1.0}, limit=0.9, **POPULATION), facts(GOOD, BAD)))
    assert missing.verdict == "error"
    assert "'z'" in missing.reason
    twice = facts(GOOD, BAD.with_columns(GOOD["speaker"]))
    shared = only(judge(criteria(weights={"x": 1.0, "y": 1.0}, limit=0.9, **POPULATION), twice))
    assert shared.verdict == "undetermined"
    assert "a speaker is in two groups" in shared.reason


def test_it_does_not_stand_in_for_a_limit_on_every_group() -> None:
    file = criteria(weights={"x": 1.0}, limit=0.9, **POPULATION).model_copy(update={"without_absolute": None})
    run = facts(GOOD, BAD)
    shares = group_shares(file, run)
    assert {one.group: one.judged_by for one in shares} == {"x": ["c0"], "y": []}
    absolute = next(one for one in requirements(file, run, shares) if one.name == "absolute_criterion")
    assert absolute.verdict == "undetermined"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metric: post_stratified_rate, axis: a, limit: 0.2", "belong together"),
        ("metric: rate, axis: a, limit: 0.2, weights: {x: 1.0}", "belong together"),
        ("metric: post_stratified_rate, axis: a, limit: 0.2, weights: {x: 0.0}", "above 0"),
        ("metric: post_stratified_rate, axis: a, limit: 0.2, weights: {x: -1.0}", "above 0"),
        (
            "metric: post_stratified_rate, axis: a, limit: 0.2, weights: {x: 1.0}, groups: [x]",
            "leave 'groups' out",
        ),
        ("metric: post_stratified_rate, axis: a, limit: 20, weights: {x: 1.0}", "not percent"),
        ("metric: post_stratified_rate, axis: a, limit: 0.2, weights: {unknown: 1.0}", "label is missing"),
    ],
)
def test_bad_weights_are_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read_criteria(write(tmp_path / "criteria.yaml", f"- {{id: r, {text}}}"))


def test_the_sentence_names_the_shares() -> None:
    (criterion,) = criteria(weights={"x": 0.6, "y": 0.4}, limit=0.2, **POPULATION).criteria
    assert "weighted over x (0.6), y (0.4) on accent is at most 0.2" in criterion.sentence
    assert math.isclose(sum((criterion.weights or {}).values()), 1.0)

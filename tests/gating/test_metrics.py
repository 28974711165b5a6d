"""Criteria on any registered metric: every statistic of each, and nothing that passes because it was not counted."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from speechfair.errors import InputError
from speechfair.gating.completeness import group_shares, requirements
from speechfair.gating.criteria import read_criteria
from speechfair.gating.judge import judge
from speechfair.metrics import load_metric
from speechfair.metrics.metric import measure, metric_sums
from speechfair.metrics.metric_estimates import metric_rate, metric_ratio
from speechfair.registry import metrics
from tests.gate_support import criteria, facts, only, rows

HEAD = "schema: speechfair/criteria/1\nnormalizer: basic\ntokens: words\ncriteria:\n"


def timed(group: str, seconds: float, errors: int = 20) -> pl.DataFrame:
    """Forty speakers, each with one utterance that took about so long."""
    table = rows(group, [errors + i % 5 for i in range(40)])
    jitter = pl.int_range(pl.len()) % 5 * 0.01 + 1
    return table.with_columns(seconds=seconds * jitter, duration_s=pl.lit(2.0))


def criterion(text: str, tmp_path: Path) -> str:
    path = tmp_path / "criteria.yaml"
    path.write_text(f"{HEAD}- {{id: r, axis: accent, {text}}}\n", encoding="utf-8")
    return read_criteria(path).criteria[0].sentence


def test_the_verdict_rests_on_the_metric() -> None:
    run = facts(timed("x", 1.0), timed("y", 2.0))
    for limit, verdict in ((1.5, "fail"), (2.5, "pass")):
        found = only(judge(criteria(metric="rate_ratio", of="latency", limit=limit), run))
        assert found.verdict == verdict
        assert found.metric == "rate_ratio of latency"
        assert found.estimate is not None
        assert found.estimate.value == pytest.approx(2.0)


@pytest.mark.parametrize("name", metrics().names())
def test_every_metric_can_be_gated_and_its_numbers_are_the_audits(name: str) -> None:
    metric = load_metric(name)
    parts = [timed("x", 1.0), timed("y", 2.0, errors=30)]
    run = facts(*parts)
    sums = [metric_sums(measure(metric, part, "words").table) for part in parts]
    wanted = {"rate": metric_rate(metric, sums[1]), "rate_ratio": metric_ratio(metric, sums[1], sums[0])}
    rest = ("speaker_mean_rate", "rate_difference", "gap", "worst_best_ratio")
    for statistic in (*wanted, *(rest if name in ("latency", "sentence_error_rate") else ())):
        limit = 1.5 if "ratio" in statistic else 0.9
        found = judge(criteria(metric=statistic, of=name, limit=limit), run)
        assert all(comparison.metric == f"{statistic} of {name}" for comparison in found)
        for comparison in found:
            if comparison.group == "y" and statistic in wanted and comparison.estimate is not None:
                assert comparison.estimate.value == wanted[statistic].value
            if comparison.estimate is None or comparison.estimate.value is None:
                assert comparison.verdict in ("undetermined", "error"), comparison


def test_a_group_of_which_nothing_is_counted_is_undetermined() -> None:
    unmeasured = timed("y", 1.0).with_columns(seconds=pl.lit(0.0))
    found = judge(criteria(metric="rate", of="latency", limit=2.0), facts(timed("x", 1.0), unmeasured))
    assert {c.group: c.verdict for c in found} == {"x": "pass", "y": "undetermined"}


def test_a_limit_on_another_metric_is_no_limit_on_errors() -> None:
    file = criteria(metric="rate", of="latency", limit=2.0).model_copy(
        update={"without_absolute": None, "without_failure_rate": None}
    )
    run = facts(timed("x", 1.0), timed("y", 1.0))
    found = requirements(file, run, group_shares(file, run))
    assert {r.name for r in found if r.verdict == "undetermined"} == {
        "absolute_criterion",
        "failure_criterion",
    }


def test_the_sentence_names_the_metric(tmp_path: Path) -> None:
    text = criterion("metric: rate_ratio, of: sentence_error_rate, limit: 1.3", tmp_path)
    assert text.startswith(
        "sentence error rate / reference group's (utterances with an error among utterances)"
    )
    text = criterion("metric: gap, of: latency, limit: 3", tmp_path)
    assert text.startswith("largest compute time per utterance - smallest")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metric: rate, of: sentence_errors, limit: 0.1", "did you mean 'sentence_error_rate'"),
        ("metric: failure_rate, of: latency, limit: 0.1", "leave 'of' out"),
        ("metric: rate, of: sentence_error_rate, limit: 15", "fraction and not percent"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        criterion(text, tmp_path)

"""Criteria files are read strictly: what is wrong is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.errors import InputError
from speechfair.gating.criteria import read_criteria, shipped_criteria
from tests.gate_support import ONE, write


@pytest.fixture
def criteria(tmp_path: Path) -> Path:
    return write(tmp_path / "criteria.yaml")


def test_the_shipped_file_has_the_defaults_of_the_documentation() -> None:
    content = read_criteria(shipped_criteria())
    only, rate, failures = content.criteria
    assert (rate.metric, rate.limit, failures.metric, failures.limit) == ("rate", 0.3, "failure_rate", 0.2)
    assert (content.without_absolute, content.without_failure_rate) == (None, None)
    assert (only.metric, only.limit, only.level) == ("rate_ratio", 1.25, 0.95)
    assert (only.min_speakers, only.multiplicity, only.groups) == (35, "holm", "all")
    assert not only.accept_confounded
    assert not only.accept_unlabelled
    text = shipped_criteria().read_text(encoding="utf-8")
    assert "own defaults" in text
    assert "overridden" in text


def test_the_examples_in_the_shipped_file_are_valid(tmp_path: Path) -> None:
    text = shipped_criteria().read_text(encoding="utf-8").replace("  # - {", "  - {")
    assert text.count("  - {") == 2
    path = tmp_path / "all.yaml"
    path.write_text(text, encoding="utf-8")
    assert len(read_criteria(path).criteria) == 5


def test_what_is_left_out_is_the_default_of_the_shipped_file(criteria: Path) -> None:
    ours = read_criteria(criteria).criteria[0]
    theirs = read_criteria(shipped_criteria()).criteria[0]
    assert ours.model_copy(update={"id": theirs.id, "axis": theirs.axis}) == theirs


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("limit: .nan", "limit: Input should be a finite number"),
        ("limit: .inf", "limit: Input should be a finite number"),
        ("limit: '1.25'", "limit: Input should be a valid number"),
        ("limit: 0.5", "a ratio's limit is at least 1"),
        ("limit: -1", "greater than or equal to 0"),
        ("limt: 1.25", "did you mean 'limit'"),
        ("level: 0.9", "'criteria.0.limit' is missing"),
        ("limit: 1.25, groups: cmn", "write all, or a list"),
        ("limit: 1.25, groups: []", "at least 1 item"),
        ("limit: 1.25, groups: [no, a]", "valid string"),
        ("limit: 1.25, groups: [a, a]", "names 'a' twice"),
        ("limit: 1.25, groups: [unknown]", "where a label is missing"),
        ("limit: 1.25, reference: a+unknown", "where a label is missing"),
        ("limit: 1.25, groups: [a], reference: a", "compared with itself"),
        ("limit: 1.25, min_speakers: 4", "at least 5"),
        ("limit: 1.25, level: 95", "less than 1"),
        ("limit: 1.25, multiplicity: bonferroni", "'holm' or 'none'"),
        ("limit: 1.25, accept_confounded: 1", "valid boolean"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path / "c.yaml", f"- {{id: r, metric: rate_ratio, axis: accent, {line}}}")
    with pytest.raises(InputError, match="line 5") as caught:
        read_criteria(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        ("metric: rate, limit: 15", "fraction and not percent"),
        ("metric: rate_ratio, limit: 125", "a factor and not percent"),
        ("metric: worst_best_ratio, limit: 110", "a factor and not percent"),
        ("metric: rate, limit: 0.2, reference: a", "compares with no reference"),
        ("metric: failure_rate, limit: 0", "never happens"),
        ("metric: gap, limit: 0.1, groups: [a]", "at least two groups"),
        ("metric: ratio, limit: 2", "'rate_ratio'"),
        ("metric: faas, limit: 0.5", "'rate_ratio'"),
    ],
)
def test_metrics_and_limits_must_fit(tmp_path: Path, criterion: str, message: str) -> None:
    path = write(tmp_path / "c.yaml", f"- {{id: r, axis: accent, {criterion}}}")
    with pytest.raises(InputError) as caught:
        read_criteria(path)
    assert message in str(caught.value)


def test_no_worse_than_the_reference_is_a_criterion(tmp_path: Path) -> None:
    path = write(tmp_path / "c.yaml", "- {id: r, metric: rate_difference, axis: accent, limit: 0}")
    assert read_criteria(path).criteria[0].limit == 0


def test_whole_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two criteria have the id 'r'"):
        read_criteria(write(tmp_path / "a.yaml", ONE, ONE))
    with pytest.raises(InputError, match="did you mean 'basic'"):
        read_criteria(write(tmp_path / "b.yaml", normalizer="basik"))
    with pytest.raises(InputError, match="at least 1 item"):
        read_criteria(write(tmp_path / "c.yaml", "  []"))
    with pytest.raises(InputError, match="cannot be read"):
        read_criteria(tmp_path / "none.yaml")


def test_a_sentence_says_it_all(tmp_path: Path) -> None:
    path = write(
        tmp_path / "c.yaml",
        "- {id: r, metric: rate_ratio, axis: accent, groups: [b, c], reference: a, limit: 1.3,",
        "   accept_confounded: true}",
    )
    sentence = read_criteria(path).criteria[0].sentence
    for part in (
        "b, c",
        "accent",
        "1.3",
        "reference: a",
        "95 %",
        "35 speakers",
        "Holm",
        "confounded accepted",
    ):
        assert part in sentence


def test_the_guide_tells_of_every_metric_and_setting() -> None:
    from typing import get_args

    from speechfair.gating.criteria import Criterion, Metric

    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "gate.md").read_text(encoding="utf-8")
    shipped = shipped_criteria().read_text(encoding="utf-8")
    assert not [metric for metric in get_args(Metric) if f"`{metric}`" not in guide]
    assert not [name for name in Criterion.model_fields if f"{name}:" not in shipped]

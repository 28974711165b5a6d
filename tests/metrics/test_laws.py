"""What holds for every statistic on any finite counts: no exception, no NaN, the interval holds its estimate, and more.

`CHECKS` has one function for each public statistic; a walk over the public names finds one that has none.
`make laws` tries more corpora, and others each time.
"""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given

from speechfair import metrics
from speechfair.errors import SpeechfairError
from tests.metrics import statistics_checked as checked
from tests.metrics.random_corpora import Corpus, corpora, every_corpus

TOGETHER = {
    "judge_no_harm": checked.check_non_inferiority,
    "worst_group": checked.check_ranking,
    "worst_groups_apart": checked.check_ranking,
    "gaps_apart": checked.check_ranking,
    **dict.fromkeys(
        ("calibration_error", "overconfidence", "accepted", "held_out"), checked.check_calibration
    ),
    **dict.fromkeys(
        (
            "metric_rate",
            "metric_speaker_mean",
            "metric_ratio",
            "metric_difference",
            "metric_change",
            "metric_gap",
            "metric_worst_best",
            "metric_post_stratified",
        ),
        checked.check_metric_estimates,
    ),
}
"""Statistics whose check has another name, or serves several."""
CHECKS = {
    name.removeprefix("check_"): found for name, found in vars(checked).items() if name.startswith("check_")
} | TOGETHER
ELSEWHERE = {
    "count_errors": "counts texts; tests/metrics/test_error_counts.py",
    "load_metric": "gives a metric; tests/contracts/test_metrics.py",
    "population_rate": "post_stratified_rate of a run; tests/reporting/test_figure_files.py",
    "overall_estimate": "puts numbers into an Estimate",
    "adjust_axis": "adjusted_ratios for an axis of a run; tests/auditing/test_adjusting.py",
    "axis_change": "paired statistics for an axis of two runs; tests/comparing/test_compare_models.py",
    "silence_of": "pooled_rate of words on silence",
    "worst_first": "sorts groups",
}
"""Public functions that the walk finds and that have no law here, with the reason."""


def public_statistics() -> set[str]:
    """Functions that `speechfair.metrics` offers, and all public ones of four rooms whose result holds estimates."""
    names = {name for name in metrics.__all__ if inspect.isfunction(getattr(metrics, name))}
    package = Path(str(metrics.__file__)).parents[1]
    rooms = ("metrics", "auditing", "comparing", "exploring")
    modules = [path for room in rooms for path in (package / room).glob("*.py")]
    parts = [node for path in modules for node in ast.parse(path.read_text(encoding="utf-8")).body]
    results = {"Estimate"} | {
        node.name
        for node in parts
        if isinstance(node, ast.ClassDef)
        and any(
            re.search(r"Estimate|p_value", ast.unparse(field))
            for field in node.body
            if isinstance(field, ast.AnnAssign)
        )
    }
    return names | {
        node.name
        for node in parts
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and node.returns
        and set(re.findall(r"\w+", ast.unparse(node.returns))) & results
    }


def test_no_public_statistic_is_forgotten() -> None:
    found = public_statistics()
    assert {"pooled_rate", "judge_no_harm", "worst_group", "for_other_texts"} <= found
    forgotten = found - CHECKS.keys() - ELSEWHERE.keys()
    assert not forgotten, "give each a check, or say where its laws are tested"
    assert not CHECKS.keys() & ELSEWHERE.keys()
    assert ELSEWHERE.keys() <= found


@pytest.fixture(autouse=True)
def _loud() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


@pytest.mark.parametrize("check", dict.fromkeys(CHECKS.values()), ids=lambda check: check.__name__)
@every_corpus
@given(corpus=corpora)
def test_every_statistic_keeps_the_laws(check: Callable[[Corpus], None], corpus: Corpus) -> None:
    try:
        check(corpus)
    except SpeechfairError as problem:
        pytest.fail(f"refused a corpus of finite counts: {problem}")

"""Changes of registered metrics between two runs: paired, in JSON, table and page, and no part of the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair import audit, compare
from speechfair.comparing.comparison import Comparison
from speechfair.errors import InputError
from speechfair.metrics import load_metric
from speechfair.metrics.metric import measure, metric_sums
from speechfair.reporting.compare_html import write_comparison
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from tests.support import scripted_texts, small_corpus

ASKED = ["sentence_error_rate", "failure_rate", "runaway_share", "latency"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("runs")
    corpus = small_corpus(folder / "corpus")
    for name, wrong in (("old", {"x": 0, "y": 2}), ("new", {"x": 0, "y": 0})):
        model = Scripted(scripted_texts(corpus, wrong), name=name, failures={"s01-1": "broken"})
        audit(corpus, model, ["accent"], out=folder / name)
    return folder / "old", folder / "new"


@pytest.fixture(scope="module")
def found(runs: tuple[Path, Path]) -> Comparison:
    return compare(*runs, metrics=ASKED)


def test_the_change_is_after_minus_before_and_paired(runs: tuple[Path, Path], found: Comparison) -> None:
    sentences = found.metrics[0]
    assert [metric.name for metric in found.metrics] == ASKED
    for group in [sentences.overall, *sentences.groups]:
        assert group.before.value is not None
        assert group.after.value is not None
        assert group.difference.value == pytest.approx(group.after.value - group.before.value)
        assert group.difference.low is not None
    rates = []
    for run in runs:
        folder = RunFolder(run)
        (path,) = (run / "scores").glob("*.parquet")
        table = folder.read_table(path.relative_to(run).as_posix(), "score")
        rates.append(metric_sums(measure(load_metric("sentence_error_rate"), table, "words").table).rate)
    assert [sentences.overall.before.value, sentences.overall.after.value] == rates


def test_what_cannot_be_paired_says_why(found: Comparison) -> None:
    by_name = {metric.name: metric.overall for metric in found.metrics}
    assert by_name["failure_rate"].difference.value == 0
    for name in ("runaway_share", "latency"):
        assert by_name[name].difference.value is None
        assert by_name[name].difference.reason


def test_table_and_page_show_it_and_the_verdict_does_not_move(
    runs: tuple[Path, Path], found: Comparison, tmp_path: Path
) -> None:
    text = str(found.table())
    page = write_comparison(found, tmp_path / "page.html").read_text(encoding="utf-8")
    for shown in (text, page):
        assert "Sentence error rate by accent" in shown
    plain = compare(*runs)
    assert plain.metrics == []
    assert (plain.verdict, plain.groups, plain.axes) == (found.verdict, found.groups, found.axes)


def test_utterances_that_are_not_compared_have_no_change(runs: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="empty reference"):
        compare(*runs, metrics=["words_on_silence"])
    with pytest.raises(InputError, match="did you mean 'latency'"):
        compare(*runs, metrics=["latancy"])

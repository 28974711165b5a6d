"""Metrics that an audit is asked for: in audit.json, table and page; verified, refused and left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair import verify
from speechfair.auditing.result import AuditResult, read_audit
from speechfair.auditing.run import audit, score
from speechfair.errors import InputError, RunFolderError
from speechfair.reporting.from_run import report
from speechfair.testing import Scripted
from tests.support import scripted_texts, small_corpus

ASKED = ["word_error_rate", "sentence_error_rate", "failure_rate", "latency"]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, AuditResult]:
    folder = tmp_path_factory.mktemp("metrics")
    corpus = small_corpus(folder / "corpus")
    model = Scripted(scripted_texts(corpus, {"x": 0, "y": 2}), failures={"s01-1": "broken"})
    result = audit(corpus, model, ["accent"], out=folder / "run", metrics=ASKED)
    report(folder / "run")
    return folder / "run", result


def test_the_result_has_them_in_order_and_keeps_them(done: tuple[Path, AuditResult]) -> None:
    run, result = done
    assert [metric.name for metric in result.metrics] == ASKED
    assert read_audit(run / "audit.json") == result
    words, sentences, failures, latency = result.metrics
    rates = [(g.value, g.rate.value, g.rate.low) for g in words.groups_of("accent")]
    assert rates == [(g.value, g.rate.value, g.rate.low) for g in result.groups]
    assert [(g.value, g.events, g.trials) for g in sentences.groups_of("accent")] == [
        ("y", 18, 18),
        ("x", 6, 18),
    ]
    assert failures.overall.events == 1
    assert failures.overall.trials == 36
    assert failures.overall.rate.high is not None
    assert latency.overall.rate.value is None
    assert latency.overall.rate.reason == "there are no utterances with a measured time"


def test_the_main_figures_do_not_move(done: tuple[Path, AuditResult]) -> None:
    run, result = done
    assert score(run, ["accent"]).groups == result.groups
    again = score(run, ["accent"], metrics=ASKED)
    assert again.metrics == result.metrics
    assert again.axes == result.axes
    report(run)


def test_table_and_page_show_them(done: tuple[Path, AuditResult]) -> None:
    run, result = done
    text = str(result.table())
    page = (run / "report.html").read_text(encoding="utf-8")
    notebook = result.table()._repr_html_()
    for shown in (text, page, notebook):
        assert "Sentence error rate by accent" in shown
        assert "there are no utterances with a measured time" in shown
    assert 'id="metrics"' in page


def test_verify_recomputes_them(done: tuple[Path, AuditResult]) -> None:
    run, _ = done
    score(run, ["accent"], metrics=ASKED)
    report(run)
    assert verify(run).ok, verify(run).differences
    path = run / "audit.json"
    text = path.read_text(encoding="utf-8")
    start = text.index('"metrics"')
    path.write_text(
        text[:start] + text[start:].replace('"events": 18.0', '"events": 17.0', 1), encoding="utf-8"
    )
    assert any("metrics" in line for line in verify(run).differences)
    path.write_text(text, encoding="utf-8")


def test_an_unknown_or_repeated_metric_is_refused(done: tuple[Path, AuditResult]) -> None:
    run, _ = done
    with pytest.raises(InputError, match="did you mean 'sentence_error_rate'"):
        score(run, ["accent"], metrics=["sentence_errors_rate"])
    with pytest.raises(InputError, match="twice"):
        score(run, ["accent"], metrics=["failure_rate", "failure_rate"])


def test_asking_for_another_metric_is_another_recipe(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "corpus", speakers=2, per_speaker=1)
    model = Scripted(scripted_texts(corpus, {"x": 0, "y": 2}))
    assert audit(corpus, model, ["accent"], out=tmp_path / "run").metrics == []
    with pytest.raises(RunFolderError, match="metrics"):
        audit(corpus, model, ["accent"], out=tmp_path / "run", metrics=["failure_rate"])


def test_without_axes_all_utterances_are_one_group(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "corpus", speakers=2, per_speaker=1)
    model = Scripted(scripted_texts(corpus, {"x": 0, "y": 2}))
    result = audit(corpus, model, metrics=["sentence_error_rate"])
    assert "Sentence error rate\n" in str(result.table())

"""The page of a confidence report holds its numbers, no script and no connection, and is safe against hostile names."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.auditing.run import audit
from speechfair.cli.main import app
from speechfair.exploring.confidence import ConfidenceReport, confidence
from speechfair.reporting.confidence_figures import rejection_chart, reliability_chart, threshold_chart
from speechfair.reporting.confidence_html import confidence_findings, confidence_sections, write_confidence
from speechfair.testing import Scripted
from speechfair.types import Label, Utterance
from tests.support import small_corpus

HOSTILE = "<script>alert(1)</script>&\"'"
TEXT = "one two three four five six seven eight nine ten"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accent y claims .9 and has .6 right; x claims .9 and has .9 right; both know their bad fourth utterance.

    A third group is one speaker with a hostile name, whose utterances all failed.
    """
    folder = tmp_path_factory.mktemp("confidence")
    corpus = small_corpus(folder / "wav", speakers=21, per_speaker=4)
    texts, confidences = {}, {}
    rows: list[Utterance] = []
    for row in corpus:
        assert isinstance(row, Utterance)
        if row.speaker == "s20":
            rows.append(replace(row, labels=(Label("accent", HOSTILE, "corpus"),)))
            continue
        rows.append(row)
        doubtful = row.id.endswith("-3")
        wrong = (1 if row.labels[0].value == "x" else 4) + (4 if doubtful else 0)
        texts[row.id] = " ".join(["uh"] * wrong + TEXT.split()[wrong:])
        confidences[row.id] = 0.5 if doubtful else 0.9
    corpus.rows = rows
    failing = {row.id: "broken" for row in rows if row.speaker == "s20"}
    model = Scripted(texts, name=f"m{HOSTILE}", confidences=confidences, failures=failing)
    audit(corpus, model, ["accent"], out=folder / "run")
    return folder / "run"


@pytest.fixture(scope="module")
def found(run: Path) -> ConfidenceReport:
    return confidence(run, target_error=0.3)


@pytest.fixture(scope="module")
def page(found: ConfidenceReport, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_confidence(found, tmp_path_factory.mktemp("page") / "c.html").read_text(encoding="utf-8")


def test_one_threshold_for_all_is_shown_to_treat_groups_unlike(found: ConfidenceReport) -> None:
    claims, usual, own = confidence_findings(found)
    assert (claims.verdict, usual.verdict) == ("difference", "difference")
    assert "y claims too much (+30.0 [" in claims.text
    assert "x is not shown to claim too much or too little" in claims.text
    assert "one threshold for all, 0.900" in usual.text
    assert "x 10.0 [" in usual.text
    assert "y 40.0 [" in usual.text
    assert own.verdict == "unclear"
    assert "none was found for" in own.text, "no threshold brings y to 30 %"
    assert found.common_threshold is None


def test_without_any_own_threshold_nothing_is_said_of_the_target(found: ConfidenceReport) -> None:
    bare = [group.model_copy(update={"own": None}) for group in found.groups]
    own = confidence_findings(found.model_copy(update={"groups": bare}))[-1]
    assert own.verdict == "unclear"
    assert "nothing is known" in own.text
    assert "exceed the target" not in own.text


def test_it_holds_the_numbers_and_the_uncertainty(found: ConfidenceReport, page: str) -> None:
    text = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page))
    for group in found.groups:
        for point in group.curve[:1]:
            if point.error_rate is not None and point.error_rate.value is not None:
                assert f"{100 * point.error_rate.value:.1f}" in text
    y = next(group for group in found.groups if group.value == "y")
    assert y.overconfidence.low is not None
    assert f"[{100 * y.overconfidence.low:.1f}," in text
    assert "no words with a confidence" in text
    assert "Not known from this" in text
    assert found.audit_sha256 in text
    assert found.model_record.digest in text


def test_it_runs_nothing_and_connects_to_nothing(page: str) -> None:
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", page)
    assert "&lt;script&gt;" in page


def test_the_charts_show_every_group_that_has_a_number(found: ConfidenceReport) -> None:
    groups = [found.overall, *found.groups]
    for chart in (
        reliability_chart(groups, "words"),
        rejection_chart(groups, 0.3, "words"),
        threshold_chart(groups, 0.3),
    ):
        assert chart is not None
        for name in ("all speakers", ">x<", ">y<"):
            assert name in chart.svg, f"{name} in {chart.title}"
        assert "<script" not in chart.svg
    silent = [group for group in found.groups if group.value not in ("x", "y")]
    assert reliability_chart(silent, "words") is None
    assert rejection_chart(silent, 0.3, "words") is None
    reliable = reliability_chart(groups, "words")
    assert reliable is not None
    assert "claimed 90.0 %, right 60.0 % of 300 words" in reliable.svg


def test_sections_have_a_cell_for_every_column(found: ConfidenceReport) -> None:
    for section in confidence_sections(found):
        assert {len(row) for row in section.rows} == {len(section.headers)}, section.title
        assert len(set(section.headers)) == len(section.headers)
        assert len(section.rows) == 1 + len(found.groups)


def test_without_groups_the_page_speaks_of_all_speakers(found: ConfidenceReport, tmp_path: Path) -> None:
    bare = found.model_copy(update={"groups": []})
    text = write_confidence(bare, tmp_path / "c.html").read_text(encoding="utf-8")
    assert "Over all speakers" in text
    assert "By accent" not in text


def test_the_command_writes_it(run: Path, tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["confidence", str(run), "--html", str(tmp_path / "c.html")])
    assert shown.exit_code == 0, shown.output
    assert (tmp_path / "c.html").read_text(encoding="utf-8").startswith("<!doctype html>")

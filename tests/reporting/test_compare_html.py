"""The page of a comparison holds its numbers, no script and no connection, and is safe against hostile names."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from speechfair import compare
from speechfair.auditing.run import audit
from speechfair.comparing.comparison import Comparison
from speechfair.reporting.compare_html import change_chart, write_comparison
from speechfair.testing import Scripted
from speechfair.types import Label, Utterance
from tests.support import scripted_texts, small_corpus

HOSTILE = "<script>alert(1)</script>&\"'"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Two groups of which one gets worse, and one of a single speaker with a hostile name."""
    folder = tmp_path_factory.mktemp("runs")
    corpus = small_corpus(folder / "wav", speakers=13, text=" ".join(f"word{i}" for i in range(40)))
    scripts = [scripted_texts(corpus, wrong) for wrong in ({"x": 4, "y": 9}, {"x": 3, "y": 20})]
    corpus.rows = [
        replace(row, labels=(Label("accent", HOSTILE, "corpus"),))
        if isinstance(row, Utterance) and row.speaker == "s12"
        else row
        for row in corpus.rows
    ]
    for name, script in zip(("old", "new"), scripts, strict=True):
        audit(corpus, Scripted(script, name=f"{name}{HOSTILE}"), ["accent"], out=folder / name)
    return compare(folder / "old", folder / "new")


@pytest.fixture(scope="module")
def page(found: Comparison, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_comparison(found, tmp_path_factory.mktemp("page") / "c.html").read_text(encoding="utf-8")


def test_it_holds_the_numbers(found: Comparison, page: str) -> None:
    text = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page))
    for group in (g for g in found.groups if g.n_speakers > 1):
        assert group.difference is not None
        assert group.difference.low is not None
        assert group.difference.high is not None
        assert f"[{100 * group.difference.low:+.1f}, {100 * group.difference.high:+.1f}]" in text
        assert group.no_harm.reason in text
    assert found.verdict == "fail"
    assert found.reason == "worse by more than the margin: overall, accent=y"
    assert "Fail worse by more than the margin: overall, y (accent)" in text
    assert "fewer than 5 speakers (1): no interval" in text
    assert f"z = {found.mapsswe.z:.2f}" in text


def test_it_runs_nothing_and_connects_to_nothing(page: str) -> None:
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", page)
    assert "&lt;script&gt;" in page


def test_the_chart_shows_every_group_that_has_a_number(found: Comparison) -> None:
    drawn = change_chart(found.groups)
    assert drawn is not None
    assert "<desc>" in drawn
    for words in ("y\u2069 · 6 speakers", "x\u2069 · 6 speakers", "· fail", "· pass", "· undetermined"):
        assert words in drawn, words
    assert "<script" not in drawn
    assert change_chart([]) is None
    assert change_chart([found.groups[0].model_copy(update={"difference": None})]) is None


def test_a_comparison_without_groups_is_a_page_too(found: Comparison, tmp_path: Path) -> None:
    bare = found.model_copy(update={"axes": [], "groups": []})
    assert "All utterances" in write_comparison(bare, tmp_path / "c.html").read_text(encoding="utf-8")

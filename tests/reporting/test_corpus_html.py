"""The page of a corpus check: all that was found, escaped, without script and network."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from speechfair.curating.corpus_check import check_corpus
from speechfair.reporting.corpus_html import write_corpus_page
from speechfair.types import Exclusion, Label, Utterance
from tests.support import ListCorpus, small_corpus


def page(corpus: ListCorpus, path: Path, **options: bool) -> str:
    return write_corpus_page(check_corpus(corpus, **options), "calls & <more>", path).read_text(
        encoding="utf-8"
    )  # type: ignore[arg-type]


def test_a_page_holds_groups_and_findings(tmp_path: Path) -> None:
    text = page(small_corpus(tmp_path / "tones"), tmp_path / "check.html")
    assert "calls &amp; &lt;more&gt;" in text
    assert re.search(r"<bdi>x</bdi></th><td class=\"num\">6</td><td class=\"num\">18</td>", text)
    assert "No problem was found" in text
    assert "<script" not in text
    assert "default-src 'none'" in text
    assert not re.findall(r"(?:src|href)=", text)


def test_problems_exclusions_and_hostile_values(tmp_path: Path) -> None:
    sound = small_corpus(tmp_path / "tones")
    first = sound.rows[0]
    assert isinstance(first, Utterance)
    evil = "<img src=x onerror=alert(1)>\x1b[31m"
    rows = [
        *sound.rows,
        replace(first, text=evil, labels=(Label("accent", evil, "corpus"),)),
        Exclusion("e", evil, "there"),
    ]
    text = page(ListCorpus(rows, sound.root), tmp_path / "check.html", audio=False)
    assert "What makes a comparison wrong or impossible" in text
    assert "duplicate-id" in text
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;\\x1b[31m" in text
    assert "audio was not opened" in text
    assert f"{len(rows)} rows" in text

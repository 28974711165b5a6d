"""The checklist page: both languages, self-contained, hostile text harmless, and nothing on it that is not so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from speechfair.process.init import Start, init
from speechfair.process.status import read_state
from speechfair.reporting.checklist_html import _pretty, render_checklist, write_checklist

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def page(tmp_path: Path) -> str:
    start = {"name": HOSTILE, "aifl": 1, "languages": ["jpn"], "language": "ja"}
    init(tmp_path / "process", Start.model_validate(start))
    return write_checklist(tmp_path / "process").read_text(encoding="utf-8")


def test_every_item_is_there_in_both_languages_with_its_status_and_clauses(tmp_path: Path, page: str) -> None:
    state = read_state(tmp_path / "process")
    for each in state.items:
        assert f'id="{each.item.id}"' in page
        for text in (each.item.title, each.item.demand, each.reason):
            assert re.sub("&[^;]+;", "", text.ja.split("'")[0])[:20] in page
    assert page.count('class="en" lang="en"') == page.count('class="ja" lang="ja"')
    musts = sum(each.must for each in state.items)
    assert musts >= 35
    assert f"0 of {musts} must-items are met." in page
    assert f"必須 {musts} 項目のうち 0 項目を満たす。" in page
    assert "project default, not from a guideline" in page
    answered = {key for item in state.material.catalogue.items for key in item.clauses}
    for key in answered:
        assert state.material.catalogue.guidelines[key].title.ja[:8] in page


def test_the_page_opens_in_the_plan_s_language_and_needs_no_network_and_no_script(page: str) -> None:
    assert '<html lang="ja">' in page
    assert 'id="lang-ja" checked' in page
    assert "<script" not in page.replace("&lt;script", "")
    assert not re.search(r'(src|href)="https?:', page)
    assert "default-src &#39;none&#39;" in page


def test_hostile_text_stays_text(page: str) -> None:
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


def test_a_ledger_that_does_not_hold_is_said_at_the_top(tmp_path: Path, page: str) -> None:
    path = tmp_path / "process" / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"aifl":1', b'"aifl":2'))
    text = render_checklist(read_state(tmp_path / "process"))
    assert "The ledger does not hold." in text
    assert "was edited" in text


def test_values_that_were_found_are_in_lines_and_what_cannot_be_printed_is_escaped() -> None:
    shown = _pretty({"a": [1, "x\u202ey"], "語": "\x7f"})
    assert shown == '{\n "a": [\n  1,\n  "x\\u202ey"\n ],\n "語": "\\x7f"\n}'

"""Every kind of page in headless Chromium: it fits every screen, runs no text, and says what ``audit.json`` says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from speechfair.auditing.findings import findings
from speechfair.auditing.result import read_audit
from tests.reporting.every_page import KINDS

SIZES = (1400, 820, 390)
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter(e => !e.closest('.scroll, .vh, nav, pre, .skip'))
  .filter(e => e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 90))"""

SMALL = """() => [...document.querySelectorAll('svg.chart text')]
  .filter(e => e.getBoundingClientRect().width > 0)
  .filter(e => parseFloat(getComputedStyle(e).fontSize) * Math.abs(e.getScreenCTM().a || e.getScreenCTM().b) < 9.5)
  .map(e => e.textContent)"""
"""Texts of charts that are smaller than can be read."""


@pytest.fixture(scope="module")
def pages(run: Path, japanese_pages: dict[str, Path]) -> dict[str, Path]:
    return {"audit": run / "report.html", **japanese_pages}


def opened(browser: Any, path: Path, width: int, scheme: str, faults: list[str]) -> Any:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("name", ["audit", *KINDS])
def test_nothing_is_wider_than_the_screen_and_axe_finds_nothing(
    browser: Any, pages: dict[str, Path], name: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    faults: list[str] = []
    for scheme in ("light", "dark") if name == "audit" else ("dark",):
        page = opened(browser, pages[name], SIZES[0], scheme, faults)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        for width in SIZES:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
            assert not page.evaluate(TOO_WIDE), (name, width)
            if page.locator(".slim").count():
                shown = page.locator("svg.chart:visible").first
                assert shown.evaluate("e => e.classList.contains('narrow')") == (width == 390)
            if width == 390:
                assert page.evaluate(SMALL) == [], name
        wrong = axe.run(page).response["violations"]
        assert not [(one["id"], [node["html"][:90] for node in one["nodes"][:3]]) for one in wrong], scheme
        assert page.evaluate("window.hacked") is None
        page.close()
    assert faults == []


def test_the_first_screen_and_the_table_say_what_the_audit_says(
    browser: Any, pages: dict[str, Path], run: Path
) -> None:
    page = opened(browser, pages["audit"], 1400, "light", [])
    result = read_audit(run / "audit.json")
    stored = json.loads((run / "audit.json").read_text())
    said = [(one.verdict, one.text) for one in findings(result)]
    items = page.locator("li.finding").all()
    assert [
        (one.get_attribute("class").split()[1], one.locator(".say").inner_text()) for one in items
    ] == said
    rows = page.locator("table.sortable").first.locator("tbody tr").all()
    shown = {row.locator("th").get_attribute("data-sort"): row for row in rows}
    for group in stored["groups"]:
        cells = [cell.get_attribute("data-sort") for cell in shown[group["value"]].locator("td").all()]
        assert cells[:3] == [
            str(group["n_speakers"]),
            str(group["n_utterances"]),
            str(group["rate"]["value"]),
        ]
        if group["ratio"] is not None:
            assert cells[3] == str(group["ratio"]["value"])
    page.close()


def test_sorting_and_filtering_work(browser: Any, pages: dict[str, Path]) -> None:
    page = opened(browser, pages["audit"], 1400, "light", [])
    table = page.locator("table.sortable").first
    names = "e => [...e.tBodies[0].rows].map(r => r.cells[0].dataset.sort)"
    table.locator("button.sort").first.click()
    assert table.evaluate(names) == ["eng", "jpn"]
    table.locator("button.sort").first.click()
    assert table.evaluate(names) == ["jpn", "eng"]
    page.select_option("#filter", label="English")
    visible = page.locator("li.utt:visible").count()
    assert page.locator("#shown").inner_text().startswith(f"{visible} of ")
    assert 0 < visible < page.locator("li.utt").count()
    page.close()


@pytest.mark.parametrize("name", ["audit", *KINDS])
def test_a_page_fits_on_paper_and_prints_what_is_folded_in(
    browser: Any, pages: dict[str, Path], name: str
) -> None:
    """A4 less its margins is 695 px wide; what is wider than the paper is lost, since paper does not scroll."""
    page = opened(browser, pages[name], 695, "light", [])
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    lost = page.evaluate(
        """() => [...document.querySelectorAll('main :is(table, svg, p, pre, dd)')]
          .filter(e => e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().right > innerWidth + 1)
          .map(e => e.outerHTML.slice(0, 90))"""
    )
    assert lost == []
    folded = "[...document.querySelectorAll('details:not(.long)')].filter(d => !d.lastElementChild.checkVisibility())"
    assert page.evaluate(f"{folded}.length") == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    if name in ("audit", "report"):
        assert page.locator("details[open]").count() == 0
    page.close()

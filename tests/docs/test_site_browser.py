"""The built site in headless Chromium: search finds, pages fit a wide and a narrow screen, axe finds nothing."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

KINDS = (
    "index.html",
    "start/debias.html",
    "start/notebook.html",
    "how-to/gate.html",
    "read/report.html",
    "reference/criteria.html",
    "explanation/gaps.html",
    "glossary.html",
    "results/debias.html",
    "ja/read/report.html",
)
"""A page of each kind: program blocks, a figure, tables, a picture, definitions, an SVG, Japanese."""
LONGEST = "reference/cli.html"
"""Only measured: axe needs as long for its thousands of cells as for all other pages; they are of the same kinds."""
SCREENS = ((1400, "light"), (390, "dark"))
SERIOUS = {"serious", "critical"}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that prints nothing."""

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    found = browser.new_page(viewport={"width": 1400, "height": 900})
    found.set_default_timeout(60_000)
    yield found
    found.close()


@pytest.mark.parametrize(
    ("start", "words", "expected"),
    [
        ("index.html", "undetermined", "explanation/undetermined.html"),
        ("index.html", "L2-ARCTIC", "how-to/corpus-recipes.html"),
        ("ja/index.html", "判定不能", "ja/"),
    ],
)
def test_search_finds(page: Any, address: str, start: str, words: str, expected: str) -> None:
    page.goto(f"{address}/{start}")
    page.fill("input.md-search__input", words)
    # results come one by one
    page.wait_for_selector(f'.md-search-result__link[href*="{expected}"]', state="attached")


def test_pages_fit_and_are_accessible(browser: Any, address: str) -> None:
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    axe = (Path(package.__path__[0]) / "axe.min.js").read_text("utf-8")
    faults = []
    for width, scheme in SCREENS:
        # a new page each time, since the site keeps the scheme that it chose first
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.set_default_timeout(60_000)
        for name in (*KINDS, LONGEST):
            page.goto(f"{address}/{name}")
            page.add_style_tag(content="* { transition: none !important; animation: none !important; }")
            expected = {"light": "default", "dark": "slate"}[scheme]
            assert page.evaluate("document.body.dataset.mdColorScheme") == expected, (name, scheme)
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert over <= 0, (name, width)
            if name == LONGEST:
                continue
            page.evaluate(axe)
            for found in page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]:
                if found["impact"] in SERIOUS:
                    node = found["nodes"][0]
                    faults.append((name, width, found["id"], node["html"][:200], node["failureSummary"]))
        page.close()
    assert not faults, faults

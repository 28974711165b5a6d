"""The pages in headless Chromium: they fit every screen, say the audit's figures, and run no text that they show."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from speechfair.viewing.bundle import write_bundle
from speechfair.wording import interval, percent
from tests.viewing.viewed_runs import Pair

uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")

SCREENS = {
    "runs": "#/",
    "run": "#/run/before",
    "group": "#/run/before/group?axis=accent&value=y",
    "utterances": "#/run/before/utterances?q=s01",
    "utterance": "#/run/before/utterance/4?at=1",
    "compare": "#/compare?before=before&after=after",
}
SIZES = (1400, 820, 390)


@dataclass
class Watched:
    """A page, and everything that it complained about."""

    page: Any
    base: str
    faults: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        self.page.goto(self.base + address)
        self.page.wait_for_selector(f"main[aria-busy=false] .page[data-at={json.dumps(address)}]")

    def figures(self) -> str:
        return " ".join(self.page.inner_text("main").split())


@pytest.fixture(scope="module")
def served(pair: Pair) -> Iterator[str]:
    from speechfair.viewing.server import viewer_app

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(viewer_app(pair.shelf(), "t"), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/t/"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def bundled(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bundle") / "pages"
    return write_bundle(pair.shelf(), folder, audio=3, permission="our own tones").as_uri()


def watched(browser: Any, base: str) -> Iterator[Watched]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    found = Watched(page, base)
    page.set_default_timeout(20_000)
    page.on("console", lambda message: found.faults.append(message.text))
    page.on("pageerror", lambda error: found.faults.append(str(error)))
    page.on("requestfailed", lambda request: found.faults.append(request.url))
    yield found
    page.close()
    assert not found.faults


@pytest.fixture
def viewer(browser: Any, served: str) -> Iterator[Watched]:
    yield from watched(browser, served)


@pytest.fixture
def files(browser: Any, bundled: str) -> Iterator[Watched]:
    yield from watched(browser, bundled)


def audit_of(pair: Pair) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((pair.before / "audit.json").read_text("utf-8"))
    return found


def test_every_screen_fits_and_is_accessible(viewer: Watched) -> None:
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    axe = (Path(package.__path__[0]) / "axe.min.js").read_text("utf-8")
    for address in SCREENS.values():
        for language in ("", "ja"):
            whole = address + (("&" if "?" in address else "?") + "lang=ja" if language else "")
            viewer.open(whole)
            assert viewer.page.get_attribute("html", "lang") == (language or "en")
            assert viewer.page.evaluate("document.querySelectorAll('main h1').length") == 1
            for width in SIZES:
                viewer.page.set_viewport_size({"width": width, "height": 900})
                over = viewer.page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert over <= 0, (whole, width)
            if language:
                continue
            viewer.page.evaluate(axe)
            for theme, only in (("light", ""), ("dark", ", runOnly: ['color-contrast']")):
                viewer.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
                asked = f"axe.run(document, {{resultTypes: ['violations']{only}}})"
                found = viewer.page.evaluate(asked)["violations"]
                faults = [
                    (v["id"], v["nodes"][0]["html"][:200], v["nodes"][0]["failureSummary"]) for v in found
                ]
                assert not faults, (address, theme, faults)


def test_every_screen_fits_on_paper(files: Watched) -> None:
    files.page.set_viewport_size({"width": 720, "height": 1000})
    files.page.emulate_media(media="print")
    for address in SCREENS.values():
        files.open(address)
        assert files.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        assert not files.page.is_visible("#bar")


def test_figures_on_the_page_are_those_of_the_audit(viewer: Watched, files: Watched, pair: Pair) -> None:
    from speechfair.types import Estimate

    audit = audit_of(pair)
    for page in (viewer, files):
        page.open(SCREENS["run"])
        shown = page.figures()
        for group in [audit["overall"], *audit["groups"]]:
            rate = Estimate(**group["rate"])
            text = percent(rate.value) + (f" {limits}" if (limits := interval(rate, "percent")) else "")
            assert text in shown, group["value"]
        for axis in audit["axes"]:
            assert percent(axis["gap"]["value"]) in shown


def test_hostile_texts_are_shown_and_not_run(viewer: Watched, files: Watched) -> None:
    for page in (viewer, files):
        page.open("#/run/before/utterances?sort=row&order=asc")
        page.open("#/run/before/utterance/0")
        assert "<script>window.hacked=1</script>" in page.figures()
        page.open("#/run/before/utterance/2")
        assert "\\u202eto left\\u202c" in page.figures()
        page.open("#/run/before/utterance/4")
        assert "40,0" in page.page.inner_text(".verbatim")
        for text in ('<b onclick="window.hacked=1">z', "nobody"):
            page.page.goto(page.base + "#/run/before/group?axis=accent&value=" + text.replace("<", "%3C"))
            page.page.wait_for_selector("main[aria-busy=false] h1")
        assert page.page.evaluate("window.hacked") is None
    viewer.faults.clear()  # Chromium reports the 404 of a group that is not there


def test_search_filter_sort_and_keys(viewer: Watched, files: Watched) -> None:
    for page in (viewer, files):
        found = page.page
        page.open("#/run/before/utterances")
        found.keyboard.press("/")
        found.keyboard.type("WAN")
        found.wait_for_selector("main[aria-busy=false] .page[data-at*='q=WAN']")
        assert found.evaluate("document.activeElement.id") == "search"
        n = int(found.inner_text("#count").split(" ")[0])
        assert 0 < n < 40
        assert len(found.query_selector_all(".utterances tbody tr")) == n
        found.select_option("#kind", "deletions")
        found.wait_for_selector(".page[data-at*='kind=deletions']")
        found.click("text=Length, s")
        found.wait_for_selector(".page[data-at*='sort=duration_s']")
        lengths = found.evaluate(
            "[...document.querySelectorAll('.utterances tbody tr')].map(r => +r.children[5].innerText)"
        )
        assert lengths == sorted(lengths, reverse=True)
        found.focus("main")
        found.keyboard.press("j")
        found.keyboard.press("Enter")
        found.wait_for_selector("article.answer")
        assert {one.get_attribute("data-key") for one in found.query_selector_all("article.answer")} == {
            "before",
            "after",
        }
        first = found.get_attribute(".page", "data-at")
        found.focus("main")
        found.keyboard.press("n")
        found.wait_for_selector(f".page:not([data-at={json.dumps(first)}])")
        found.go_back()
        found.wait_for_selector(f".page[data-at={json.dumps(first)}]")


def test_audio_plays_and_tables_and_figures_are_saved(viewer: Watched, files: Watched, pair: Pair) -> None:
    for page in (viewer, files):
        found = page.page
        page.open("#/run/before/utterances")
        found.click(".utterances tbody th a >> nth=0")
        found.wait_for_selector("svg.wave path")
        picture = found.wait_for_selector("svg.wave image")
        assert picture.get_attribute("href").startswith("data:image/png;base64,")
        with found.expect_download() as saved:
            found.click("main .sound button:has-text('Data') >> nth=1")
        header, first, *_ = Path(saved.value.path()).read_text("utf-8-sig").splitlines()
        assert header == "s,hz,db"
        assert -70 <= float(first.split(",")[2]) <= 0
        length = found.evaluate(
            "new Promise((done, no) => {const a = document.querySelector('audio');"
            "a.onloadedmetadata = () => done(a.duration); a.onerror = () => no(a.error.message); a.load()})"
        )
        assert 0.2 < length < 0.6
        page.open(SCREENS["run"])
        for name, end in (("SVG", ".svg"), ("PNG", ".png"), ("Data", ".csv"), ("Save as CSV", ".csv")):
            with found.expect_download() as saved:
                found.click(f"main button:has-text('{name}') >> nth=0")
            path = Path(saved.value.path())
            assert saved.value.suggested_filename.endswith(end)
            assert path.stat().st_size > 200
        table = path.read_text("utf-8-sig")
        assert "'=cmd" in table
        worst = max(g["rate"]["value"] for g in audit_of(pair)["groups"] if g["axis"] == "accent")
        assert str(worst) in table


def test_levels_are_shown_by_the_server_and_in_a_bundle(viewer: Watched, files: Watched) -> None:
    for page in (viewer, files):
        page.open(SCREENS["group"])
        page.page.wait_for_function("!document.querySelector('.two [role=status]')")
        assert page.page.locator("figcaption:has-text('Level, dB')").count() == 1


def test_the_order_of_a_table_is_in_its_address(viewer: Watched) -> None:
    viewer.open(SCREENS["run"])
    rows = "[...document.querySelector('section table').querySelectorAll('tbody tr')]"
    column = f"{rows}.map(row => row.cells[7].innerText)"
    viewer.page.click("section table >> nth=0 >> text=Insertions")
    order = [int(text) for text in viewer.page.evaluate(column)]
    assert order == sorted(order, reverse=True)
    address = viewer.page.evaluate("location.hash")
    assert "order." in address
    viewer.page.goto("about:blank")
    viewer.open(address)
    assert [int(text) for text in viewer.page.evaluate(column)] == order
    assert viewer.page.get_attribute("th[aria-sort=descending] >> nth=0", "scope") == "col"


@pytest.mark.parametrize("size", SIZES)
def test_every_column_is_in_sight_and_sorts_on_every_screen(viewer: Watched, size: int) -> None:
    viewer.page.set_viewport_size({"width": size, "height": 900})
    try:
        heads = {"runs": "Verdict", "run": "Speakers", "utterances": "Errors", "compare": "Verdict"}
        for screen, column in heads.items():
            viewer.open(SCREENS[screen])
            hidden = viewer.page.evaluate(
                """() => [...document.querySelectorAll(".cards tbody tr:first-child > *")]
                .filter((cell) => { const box = cell.getBoundingClientRect();
                  return box.width < 1 || box.right > innerWidth + 1 || box.left < 0; }).length"""
            )
            assert hidden == 0, (screen, size)
            viewer.page.click(f".cards thead button:has-text('{column}') >> nth=0")
            viewer.page.wait_for_selector(".cards th[aria-sort=ascending], .cards th[aria-sort=descending]")
    finally:
        viewer.page.set_viewport_size({"width": 1400, "height": 900})


@pytest.mark.parametrize("size", SIZES)
def test_a_chart_shows_its_figures_on_every_screen(viewer: Watched, size: int) -> None:
    """Every line has its name and its figures, in the picture and over no other text."""
    viewer.page.set_viewport_size({"width": size, "height": 900})
    try:
        for screen in ("run", "compare"):
            viewer.open(SCREENS[screen])
            figures = viewer.page.evaluate(
                """() => [...document.querySelectorAll("svg.chart:has(.label)")].map((svg) => {
                  const frame = svg.getBoundingClientRect();
                  const box = (text) => text.getBoundingClientRect();
                  const boxes = [...svg.querySelectorAll(".label, .value, .tick")].map(box);
                  const crossing = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3
                    && b.top < a.bottom - 3;
                  return {names: svg.querySelectorAll(".label").length,
                    values: [...svg.querySelectorAll(".value")].map((t) => t.textContent),
                    out: boxes.filter((b) => b.left < frame.left - 1 || b.right > frame.right + 1).length,
                    over: boxes.filter((a, i) => boxes.some((b, j) => i < j && crossing(a, b))).length};
                })"""
            )
            assert figures
            for figure in figures:
                assert len(figure["values"]) == figure["names"] > 0
                assert all(re.search("[0-9]", text) for text in figure["values"]), figure
                assert (figure["out"], figure["over"]) == (0, 0), (screen, size, figure)
    finally:
        viewer.page.set_viewport_size({"width": 1400, "height": 900})


def test_groups_have_their_names_on_the_screens_of_utterances(files: Watched) -> None:
    files.open("#/run/before/utterances?lang=ja&speaker=s01")
    assert "女性" in files.page.inner_text(".utterances td.groups >> nth=0")
    files.open("#/run/before/utterance/4?lang=ja")
    assert "女性" in files.page.inner_text(".facts")


def test_before_and_after(viewer: Watched, files: Watched) -> None:
    for page in (viewer, files):
        page.open(SCREENS["compare"])
        won, lost, same = (
            int(one.inner_text().split("\n")[0]) for one in page.page.query_selector_all(".tile dd")
        )
        assert won + lost + same == 39
        page.page.click(".tile a >> nth=0")
        page.page.wait_for_selector("#count")
        assert page.page.inner_text("#count").startswith(f"{won} ")

"""Draw the numbered pictures of *Read a report* from the example pages: ``python docs/annotated.py`` (needs Chromium).

Build the site first, since it makes the example pages.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

__all__ = ["PICTURES", "draw"]

FOLDER = Path(__file__).resolve().parent
WIDTH = 1120
REPORT = (
    ".tile.lead",
    ".tiles > .tile:nth-child(4)",
    "#findings",
    "#axis-1 figure:nth-of-type(1)",
    "#axis-1 figure:nth-of-type(2)",
    "#axis-1 figure:nth-of-type(3)",
)
PICTURES: dict[str, tuple[int, tuple[str, ...]]] = {
    "report": (1760, REPORT),
    "report-ja": (1760, REPORT),
    "compare": (1240, ("#verdict", "#verdict table", "figure", "dl.gap")),
    "leaderboard": (940, ("main section ul", "figure", "main section table")),
    "debias": (2040, ("h1", "figure", "main section table", "#training", "#selection")),
}
"""Of each page: the height of the picture in pixels, and what carries the numbers 1, 2, 3, …"""

MARK = """(node, number) => {
  const box = node.getBoundingClientRect(), mark = document.createElement('div');
  mark.textContent = number;
  mark.style.cssText = `position:absolute;left:${Math.max(4, box.left - 34)}px;top:${box.top + scrollY}px;
    width:28px;height:28px;border-radius:50%;background:#b3261e;color:#fff;font:bold 16px/28px sans-serif;
    text-align:center;z-index:9`;
  document.body.append(mark);
}"""


def draw() -> None:
    """Write ``images/read-NAME.png`` for each page."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (height, places) in PICTURES.items():
            page = browser.new_page(viewport={"width": WIDTH, "height": height})
            page.goto((FOLDER / "examples" / f"{name}.html").as_uri())
            page.evaluate("document.body.style.paddingLeft = '44px'")
            for number, place in enumerate(places, start=1):
                page.locator(place).first.evaluate(MARK, str(number))
            shot = Image.open(io.BytesIO(page.screenshot()))
            shot.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(
                FOLDER / "images" / f"read-{name}.png", optimize=True
            )
        browser.close()


if __name__ == "__main__":
    draw()

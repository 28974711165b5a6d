"""Every block of the README and the pages that a reader may copy is run by a test, or says why not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT, DOCS, SHOWN, Block, blocks, written_pages
from tests.docs.running import parse
from tests.docs.test_guides import GUIDES
from tests.docs.test_start import IN_ORDER

RUN_BY = {
    "README.md": "tests/test_readme.py",
    "CONTRIBUTING.md": "tests/test_contributing.py",
    "docs/how-to/own-data.md": "tests/test_own_data_guide.py",
    "docs/how-to/view.md": "tests/test_view_guide.py",
    "docs/how-to/corpus-recipes.md": "tests/docs/test_corpus_recipes.py",
    **{f"docs/{page}": "tests/docs/test_guides.py" for page in GUIDES},
    **{f"docs/{page}": "tests/docs/test_start.py" for page in IN_ORDER},
}
"""The test that runs the blocks of each page; all blocks of other pages are marked."""

PAGES = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *written_pages()]


def shown() -> list[tuple[str, Block]]:
    return [
        (page.relative_to(CHECKOUT).as_posix(), block)
        for page in PAGES
        for block in blocks(page)
        if block.language in SHOWN and not block.file
    ]


def test_every_block_is_run_or_says_why_not() -> None:
    assert not [
        (page, block.text)
        for page, block in shown()
        if page not in RUN_BY and not re.match(r"not run: .{10,}", block.remark)
    ]
    for page, test in RUN_BY.items():
        assert (CHECKOUT / page).exists(), page
        assert (CHECKOUT / test).exists(), test


def test_every_fence_names_its_language() -> None:
    for page in PAGES:
        fences = re.findall(r"^ *```.*$", page.read_text("utf-8"), flags=re.MULTILINE)
        assert len(fences) % 2 == 0, page
        assert all(fence.strip() != "```" for fence in fences[::2]), page


def commands() -> list[tuple[str, str]]:
    """The speechfair commands of all console blocks, without what the shell does."""
    return [
        (page, re.split(r" [|>] | #", line)[0])
        for page, block in shown()
        if block.language == "console"
        for line in block.commands
        if line.startswith("speechfair ") and "$(" not in line
    ]


def test_the_program_knows_every_verb_and_option_that_is_shown() -> None:
    found = commands()
    assert len(found) > 80
    for page, line in found:
        try:
            parse(shlex.split(line.replace("…", "placeholder"))[1:])
        except Exception as error:
            pytest.fail(f"{page}: {line}\n{error}")


def test_an_unknown_option_is_noticed() -> None:
    with pytest.raises(Exception, match="--byte"):
        parse(["audit", "corpus", "--byte", "3"])


def test_both_languages_show_the_same_commands() -> None:
    for page in DOCS.rglob("*.ja.md"):
        english = Path(str(page).replace(".ja.md", ".md"))
        kept = [[b.text for b in blocks(each) if b.language == "console"] for each in (page, english)]
        assert kept[0] == kept[1], page.name

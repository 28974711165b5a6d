"""Every block of the README and the pages that a reader may copy is run by a test, or says why not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT, DOCS, SHOWN, Block, blocks, blocks_to_run, written_pages
from tests.docs.running import parse
from tests.docs.test_guides import GUIDES
from tests.docs.test_start import IN_ORDER

EVERY_BLOCK_RUN_BY = {
    "docs/how-to/own-data.md": "tests/test_own_data_guide.py",
    "docs/how-to/view.md": "tests/test_view_guide.py",
    "docs/how-to/corpus-recipes.md": "tests/docs/test_corpus_recipes.py",
    **{f"docs/{page}": "tests/docs/test_guides.py" for page in GUIDES},
    **{f"docs/{page}": "tests/docs/test_start.py" for page in IN_ORDER},
}
"""The test of each page that goes through `blocks_to_run` of the page, so that a block added there is run."""

CORPUS = "tests/test_readme.py::test_the_corpus_of_the_guide_passes_the_contract_test"
RUN_BY = {
    (
        "README.md",
        "from speechfair import evaluate",
    ): "tests/test_readme.py::test_the_example_from_transcripts_runs",
    (
        "README.md",
        "speechfair gate runs/calls/vendor --criteria examples/criteria/accent.yaml",
    ): "tests/test_readme.py::test_a_table_gets_a_page_and_a_verdict_with_two_commands",
    ("CONTRIBUTING.md", "from collections.abc import Iterator"): CORPUS,
    ("CONTRIBUTING.md", "from pathlib import Path"): CORPUS,
    **{
        ("CONTRIBUTING.md", f"# {file}"): f"tests/test_contributing.py::{test}"
        for file, test in {
            "mostly_wrong.py": "test_the_metric_and_the_model_are_listed_audited_and_shown",
            "beeps.py": "test_the_metric_and_the_model_are_listed_audited_and_shown",
            "root_weight.py": "test_the_debiasing_method_is_planned_and_weighs",
        }.items()
    },
}
"""The test that runs each block of other pages, by the page and the first line of the block."""

PAGES = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *written_pages()]


def shown() -> list[tuple[str, Block]]:
    return [
        (page.relative_to(CHECKOUT).as_posix(), block)
        for page in PAGES
        for block in blocks(page)
        if block.language in SHOWN and not block.file
    ]


def runner(page: str, block: Block) -> str | None:
    """The test that runs the block. A Japanese page has the blocks of the English one, as another test checks."""
    page = page.replace(".ja.md", ".md")
    return EVERY_BLOCK_RUN_BY.get(page) or RUN_BY.get((page, block.text.splitlines()[0]))


def test_every_block_is_run_or_says_why_not() -> None:
    for page, block in shown():
        marked = block.remark.startswith("not run: ")
        assert marked or runner(page, block), (page, block.text)
        if marked:
            assert re.fullmatch(r"not run: .{10,}", block.remark), (page, block.remark)


def test_the_tests_that_are_named_run_the_blocks() -> None:
    for page, test in EVERY_BLOCK_RUN_BY.items():
        assert blocks_to_run(CHECKOUT / page), page
        assert "blocks_to_run(" in (CHECKOUT / test).read_text("utf-8"), test
    assert RUN_BY.keys() <= {(page, block.text.splitlines()[0]) for page, block in shown()}
    for test in set(RUN_BY.values()):
        file, function = test.split("::")
        assert f"\ndef {function}(" in (CHECKOUT / file).read_text("utf-8"), test


def test_a_block_that_nobody_runs_is_noticed() -> None:
    added = Block("", "console", "", "speechfair doctor")
    assert runner("README.md", added) is None
    assert runner("docs/how-to/probe.md", added) is None
    assert runner("docs/start/transcripts.ja.md", added) == "tests/docs/test_start.py"


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


def test_both_languages_show_the_same_blocks() -> None:
    """Comments of programs are translated, reasons and what commands print are left to the page."""
    for page in DOCS.rglob("*.ja.md"):
        english = Path(str(page).replace(".ja.md", ".md"))
        japanese, original = (
            [
                (
                    b.language,
                    b.file,
                    b.remark,
                    b.text if b.language == "console" else re.sub(r" *#.*", "", b.text),
                )
                for b in blocks(each)
                if b.file or b.language in SHOWN
            ]
            for each in (page, english)
        )
        assert japanese == original, page.name

"""Long tables of a page of results become data files without losing a cell."""

from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.data_files import LONGEST, write_page, write_pages


def page(rows: int) -> str:
    lines = [f"| a\\|{n} | **{n}** | `x\\_y` |" for n in range(rows)]
    return "\n".join(
        [
            "# Page",
            "",
            "## A table of it",
            "",
            "| p | q | r |",
            "| --- | ---: | --- |",
            *lines,
            "",
            "End.",
            "",
        ]
    )


def test_a_long_table_is_a_data_file_and_a_short_one_stays(tmp_path: Path) -> None:
    write_page(page(LONGEST), tmp_path / "short.md")
    assert (tmp_path / "short.md").read_text() == page(LONGEST)
    write_page(page(LONGEST + 1), tmp_path / "long.md")
    text = (tmp_path / "long.md").read_text()
    assert "(long-a-table-of-it.csv) has 9 rows with the columns `p`, `q`, `r`." in text
    assert text.startswith("# Page\n")
    assert text.endswith("\nEnd.\n")
    with (tmp_path / "long-a-table-of-it.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["p", "q", "r"]
    assert rows == [[f"a|{n}", str(n), "x_y"] for n in range(LONGEST + 1)]


def test_cells_that_a_page_leaves_blank_are_written_out(tmp_path: Path) -> None:
    rows = [f"| {'a' if n == 0 else ''} | {n} | {'' if n % 2 else 'x'} |" for n in range(LONGEST + 1)]
    write_page(
        "\n".join(["# T", "", "| p | q | r |", "| --- | --- | --- |", *rows, ""]), tmp_path / "page.md"
    )
    with (tmp_path / "page-t.csv").open(newline="") as file:
        assert list(csv.reader(file))[1:] == [["a", str(n), "" if n % 2 else "x"] for n in range(LONGEST + 1)]


def test_a_named_section_is_a_page_of_its_own(tmp_path: Path) -> None:
    text = "# Page\n\nTop.\n\n## One\n\n1\n\n## Two\n\n2\n"
    write_pages(text, tmp_path / "results.md", "The second", ["Two"])
    first, second = ((tmp_path / f"results{end}.md").read_text() for end in ("", "-more"))
    assert first == "# Page\n\nTop.\n\nMore: [The second](results-more.md).\n\n## One\n\n1\n\n"
    assert second.startswith("# The second\n")
    assert second.endswith("## Two\n\n2\n")

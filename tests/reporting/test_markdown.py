"""The Markdown summary shows every comparison, worst first, and no name can break out of its cell."""

from __future__ import annotations

import re

from speechfair.reporting.markdown import escaped, markdown, markdown_of_error
from tests.reporting.gate_samples import EVERY, NASTY, comparison, result


def cells(line: str) -> list[str]:
    """The cells of a table row, as GitHub divides it: at every | that no backslash precedes."""
    return re.split(r"(?<!\\)\|", line)[1:-1]


def table(text: str) -> list[list[str]]:
    return [cells(line) for line in text.splitlines() if line.startswith("|")][2:]


def test_worst_first_with_counts_and_notes() -> None:
    text = markdown(EVERY)
    assert text.startswith("## speechfair gate: ❌ fail\n")
    assert "2 pass, 1 fail, 1 undetermined, 1 error" in text
    marks = [row[0].split()[1] for row in table(text)]
    assert marks == ["fail", "error", "undetermined", "pass", "pass"]
    assert "37 more speakers if the estimate stayed" in text
    assert "abababababababab…" in text
    assert "- a note" in text


def test_a_name_stays_in_its_cell() -> None:
    text = markdown(result(comparison("fail", NASTY), notes=(NASTY,)))
    (row,) = table(text)
    assert len(row) == 7
    assert "<script>" not in text
    assert "@all" not in text
    assert "\x1b" not in text
    assert not re.search(r"(?<!\\)\]\(", text), "no link"
    assert len(text.splitlines()) == 9, "no line break from a name"


def test_escaping_leaves_plain_words_alone() -> None:
    assert escaped("no-group-much-worse 1.25 (x / y)") == "no-group-much-worse 1.25 (x / y)"


def test_an_error_of_the_gate_itself() -> None:
    assert markdown_of_error("no | run") == "## speechfair gate: ⛔ error\n\nno \\| run\n"
